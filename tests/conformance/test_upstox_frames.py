"""Our reading of Upstox's frames is that of upstox-python-sdk, field by field; damaged frames raise our error."""

from __future__ import annotations

import random
from typing import Any

import pytest

from terminal_app.brokers.upstox.proto import market_feed_pb2
from tests.conformance import upstox_frames
from tests.conformance.sdks import UPSTOX
from tests.helpers.counts import proving, runs

MESSAGES = 10_000
DAMAGED = 100_000

VECTORS = (
    "080218fbc4d6c58834220c0a0a0a064e53455f45511002",
    "080112340a134e53455f45517c494e45303032413031303138121d0a1b0900000000004a93401080c4d6c58834180a21000000000038934018fbc4d6c58834",
    (
        "080112ba010a0c4e53455f464f7c343534353012a90112a4010aa1010a1b090000000000505a401080c4d6c58834184b210000000000005940121a0a1808960111"
        "cdcccccccc4c5a4018e101213333333333535a4022350a330a023164110000000000405940190000000000805b40210000000000e05840290000000000505a4030"
        "c0843d38c0b0bcbb8834296666666666065a4030c0843d390000000080840e4141333333333333c33f49000000000088b34051000000000070b740200118fbc4d6"
        "c58834"
    ),
)
"""A market_info, a last price, and an option with depth, as the documentation of the wire gives them."""


@pytest.fixture(autouse=True, scope="module")
def upstox_python_sdk() -> None:
    UPSTOX.require()


@pytest.fixture
def seed() -> int:
    return random.SystemRandom().randrange(2**31) if proving() else 20261122


def test_our_schema_has_the_official_clients_messages_and_fields() -> None:
    theirs = UPSTOX.run("schema", [])[0]["messages"]
    ours: dict[str, Any] = {}

    def tell(message: Any) -> None:
        ours[message.name] = {field.name: [field.number, field.type, field.is_repeated] for field in message.fields}
        for nested in message.nested_types:
            tell(nested)

    for message in market_feed_pb2.DESCRIPTOR.message_types_by_name.values():
        tell(message)
    wrapper = ours.pop("DoubleValue")
    assert wrapper == {"value": [1, 1, False]}, "protobuf's own wrapper, spelled out"
    assert ours == theirs


def test_whole_messages_are_read_and_merged_alike_and_every_field_came(seed: int) -> None:
    result = upstox_frames.compare(runs(MESSAGES), seed)
    assert result.differences[:3] == [], f"seed {seed}: {len(result.differences)} differences"
    assert result.rows > runs(MESSAGES)
    messages = UPSTOX.run("schema", [])[0]["messages"]
    of_maps = {name for name in messages if name.endswith("Entry")}
    wanted = {field for name, row in messages.items() if name not in of_maps for field in row}
    assert wanted - set(result.fields) == set()


def test_documented_frames_are_read_alike() -> None:
    frames = [bytes.fromhex(text) for text in VECTORS]
    assert [upstox_frames.ours(one) for one in frames] == upstox_frames.theirs(frames)


def test_a_damaged_frame_is_read_or_refused_and_raises_nothing_else(seed: int) -> None:
    outcomes = upstox_frames.fuzz(runs(DAMAGED), seed)
    assert outcomes.total() == runs(DAMAGED)
    assert outcomes["refused"] > runs(DAMAGED) // 4
