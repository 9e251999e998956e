"""Our reading of Kite's frames is that of kiteconnect's ticker, field by field; damaged frames raise our error."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest

from tests.conformance import kite_frames
from tests.conformance.kite_frames import HEARTBEAT, SEGMENTS, Row, Table, joined, packet
from tests.conformance.sdks import KITE
from tests.helpers.counts import proving, runs

FRAMES = 10_000
DAMAGED = 100_000
INFY = 408065


@pytest.fixture
def seed() -> int:
    return random.SystemRandom().randrange(2**31) if proving() else 20261122


def test_whole_frames_of_every_mode_and_segment_are_read_alike(seed: int) -> None:
    KITE.require()
    ticks, differences = kite_frames.compare(runs(FRAMES), seed)
    assert differences[:5] == [], f"seed {seed}: {len(differences)} frames differ"
    assert ticks > runs(FRAMES)


@pytest.fixture(scope="module")
def by_segment() -> dict[str, tuple[list[list[Row]], list[list[Row] | str]]]:
    """Frames of one packet and of many, of one segment each: what we make of them, and what the official parser does."""
    KITE.require()
    chance = random.Random(1)
    table = Table(chance)
    frames: list[bytes] = []
    for code in SEGMENTS.values():
        tokens = [token for token in table.tokens if token & 0xFF == code]
        for count in (1, 60):
            frames += [joined([packet(chance, chance.choice(tokens)) for _ in range(count)]) for _ in range(20)]
    ours, theirs = [table.read(one) for one in frames], kite_frames.theirs(frames)
    places = {name: slice(number * 40, number * 40 + 40) for number, name in enumerate(SEGMENTS)}
    return {name: (ours[place], theirs[place]) for name, place in places.items()}


@pytest.mark.parametrize("segment", SEGMENTS)
def test_each_segment_is_read_alike(
    by_segment: dict[str, tuple[list[list[Row]], list[list[Row] | str]]], segment: str
) -> None:
    ours, theirs = by_segment[segment]
    assert ours == theirs
    assert {row.token & 0xFF for frame in ours for row in frame} == {SEGMENTS[segment]}


def test_a_heartbeat_is_no_tick() -> None:
    assert Table(random.Random(1)).read(HEARTBEAT) == []


@pytest.mark.shared
def test_recorded_packets_are_read_alike(shared: Path) -> None:
    KITE.require()
    files = sorted((shared / "data" / "feeds" / "kite").glob("*.packet"))
    packets = [base64.b64decode(path.read_text()) for path in files]
    table = Table(random.Random(1), INFY)
    frames = [joined([one]) for one in packets] + [joined(packets)]
    read = [table.read(one) for one in frames]
    assert read == kite_frames.theirs(frames)
    assert [len(one) for one in read] == [1, 1, 2]


def test_a_damaged_frame_is_read_or_refused_and_raises_nothing_else(seed: int) -> None:
    outcomes = kite_frames.fuzz(runs(DAMAGED), seed)
    assert outcomes.total() == runs(DAMAGED)
    assert outcomes["refused"] > runs(DAMAGED) // 4
