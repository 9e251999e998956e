"""Upstox on loopback, and an account on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from terminal_app.brokers.upstox.broker import UpstoxBroker
from tests.unit.brokers.upstox.upstox import Upstox, opened, upstox


@pytest.fixture
async def server() -> AsyncIterator[Upstox]:
    async with upstox() as listening:
        yield listening


@pytest.fixture
async def broker(server: Upstox) -> AsyncIterator[UpstoxBroker]:
    async with opened(server) as account:
        yield account
