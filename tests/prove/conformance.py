"""Our requests and our reading of prices against the brokers' own clients, and damaged frames, in full counts."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from tests.conformance import kite_frames, kite_requests, upstox_frames, upstox_requests
from tests.conformance.sdks import KITE, UPSTOX

CALLS, FRAMES, DAMAGED = 400, 10_000, 100_000


class Proof(NamedTuple):
    """What was compared, by a name and how often, and what differed."""

    counts: dict[str, int]
    failures: list[str]


def is_set_up() -> bool:
    """Whether both clients are there."""
    return KITE.is_set_up and UPSTOX.is_set_up


def run(seed: int) -> Proof:
    """Everything, for both brokers."""
    counts: dict[str, int] = {}
    failures: list[str] = []
    for name, compare in (("zerodha", kite_requests.compare), ("upstox", upstox_requests.compare)):
        result = asyncio.run(compare(CALLS, seed))
        counts[f"{name}_calls"] = result.count
        failures += result.differences
    counts["zerodha_frames"] = counts["upstox_frames"] = FRAMES
    counts["zerodha_ticks"], said = kite_frames.compare(FRAMES, seed)
    messages = upstox_frames.compare(FRAMES, seed)
    counts["upstox_rows"] = messages.rows
    failures += [*said, *messages.differences]
    for name, fuzz in (("zerodha", kite_frames.fuzz), ("upstox", upstox_frames.fuzz)):
        outcomes = fuzz(DAMAGED, seed)
        counts[f"{name}_damaged"] = outcomes.total()
        counts[f"{name}_refused"] = outcomes["refused"]
    return Proof(counts, failures)
