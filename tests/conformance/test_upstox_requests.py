"""Our requests to Upstox are those of upstox-python-sdk, field by field."""

from __future__ import annotations

import random

import pytest

from tests.conformance import upstox_requests
from tests.conformance.sdks import UPSTOX
from tests.helpers.counts import proving, runs

CALLS = 400


@pytest.fixture(autouse=True, scope="module")
def upstox_python_sdk() -> None:
    UPSTOX.require()


async def test_every_request_is_the_official_clients() -> None:
    seed = random.SystemRandom().randrange(2**31) if proving() else 20261122
    result = await upstox_requests.compare(runs(CALLS), seed)
    assert result.differences == [], f"seed {seed}: {len(result.differences)} differences"
    assert result.count == runs(CALLS)
    assert len(result.kinds) >= 13
    assert result.used == set(upstox_requests.ALLOWED), "an allowance that nothing needs"
