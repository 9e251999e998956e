"""A scripted Kite and an account on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from terminal_app.brokers.zerodha.broker import ZerodhaBroker
from tests.unit.brokers.zerodha.kite import Kite, kite


@pytest.fixture
async def server() -> AsyncIterator[Kite]:
    async with kite() as opened:
        yield opened


@pytest.fixture
async def broker(server: Kite) -> AsyncIterator[ZerodhaBroker]:
    opened = server.open()
    yield opened
    await opened.aclose()
