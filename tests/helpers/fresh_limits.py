"""Each test begins with nothing called: budgets of calls outlive the accounts that they belong to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from terminal_app.brokers import ratelimit


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Forget every client's budget afterwards."""
    yield
    ratelimit._shared.clear()
