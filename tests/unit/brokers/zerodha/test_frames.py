"""Kite's binary frames: the vectors of its documentation, recorded packets, every layout and segment, and garbage."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.zerodha.batches import conflate
from terminal_app.brokers.zerodha.frames import DIVISORS, PACKETS, read_frame
from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch

IDS = [InstrumentId.equity(Exchange.NSE, name) for name in ("A", "B", "C")]
LTP = "0001000800063a01000266ba"
INDEX_FULL = "000100200003e9090023cac60023dbb000238d900023b4a00023acd000001df66955e6b4"
COUNTS = st.integers(0, 2**32 - 1)
PRICES = st.integers(-(2**31), 2**31 - 1)


def one(packet: bytes, token: int) -> TickBatch:
    batch = read_frame(bundle([packet]), {token: 0}, IDS, 7)
    assert batch is not None
    assert len(batch) == 1
    return batch


def bundle(packets: Sequence[bytes]) -> bytes:
    return struct.pack(">H", len(packets)) + b"".join(struct.pack(">H", len(one)) + one for one in packets)


def full(token: int, price: int = 100, **numbers: int) -> bytes:
    values = [numbers.get(f"v{place}", place) for place in range(14)]
    head = struct.pack(">Ii" + "Ii" + "III" + "iiii" + "IIIII", token, price, *values)
    levels = b"".join(struct.pack(">IiHH", 10 + level, price - level, 1 + level, 0) for level in range(10))
    return head + levels


def test_the_documented_last_price() -> None:
    batch = read_frame(bytes.fromhex(LTP), {408065: 2}, IDS, 7)
    assert batch is not None
    assert (batch.index.tolist(), batch.last_price.tolist(), batch.received_ns) == ([2], [1573.70], 7)
    assert (batch.last_quantity.tolist(), batch.volume.tolist(), batch.time_ns.tolist()) == ([-1], [-1], [0])
    assert (batch.ohlc, batch.bid_price, batch.open_interest, batch.average_price) == (None, None, None, None)


def test_the_documented_index_in_its_own_order_of_fields() -> None:
    batch = read_frame(bytes.fromhex(INDEX_FULL), {256265: 0}, IDS, 7)
    assert batch is not None
    assert batch.ohlc is not None
    assert batch.last_price.tolist() == [23456.70]
    assert batch.ohlc.tolist() == [[23400.0, 23500.0, 23300.0, 23380.0]]
    assert batch.time_ns.tolist() == [1767237300 * 10**9]
    assert batch.volume.tolist() == [-1]
    assert batch.bid_price is None


@pytest.mark.shared
def test_the_shared_frame_of_two_packets(shared: Path) -> None:
    fixtures = json.loads((shared / "brokers/fixtures/zerodha_fixtures.json").read_text(encoding="utf-8"))
    frame, wanted = bytes.fromhex(fixtures["ws_frame_full_plus_ltp_hex"]), fixtures["ws_frame_expected"]["full"]
    batch = read_frame(frame, {738561: 1}, IDS, 7)
    assert batch is not None
    assert batch.index.tolist() == [1, 1]
    assert batch.last_price.tolist() == [1234.55, 1234.55]
    assert row(batch, 0) == {
        "last_price": wanted["last_price"],
        "last_quantity": wanted["last_quantity"],
        "average_price": wanted["average_price"],
        "volume": wanted["volume"],
        "ohlc": [wanted["open"], wanted["high"], wanted["low"], wanted["close"]],
        "time_ns": wanted["exchange_timestamp"] * 10**9,
        "open_interest": 0,
        "bid": wanted["best_bid"],
        "ask": wanted["best_ask"],
    }
    assert batch.bid_price is not None
    assert np.isnan(batch.bid_price[1]).all()


def row(batch: TickBatch, place: int) -> dict[str, Any]:
    assert batch.ohlc is not None
    assert batch.average_price is not None
    assert batch.open_interest is not None
    best = {}
    for side in ("bid", "ask"):
        columns = [getattr(batch, f"{side}_{name}") for name in ("quantity", "price", "orders")]
        best[side] = [column[place, 0].item() for column in columns]
    return {
        "last_price": batch.last_price[place].item(),
        "last_quantity": batch.last_quantity[place].item(),
        "average_price": batch.average_price[place].item(),
        "volume": batch.volume[place].item(),
        "ohlc": batch.ohlc[place].tolist(),
        "time_ns": batch.time_ns[place].item(),
        "open_interest": batch.open_interest[place].item(),
        **best,
    }


@pytest.mark.shared
@pytest.mark.parametrize("mode", ["full", "quote"])
def test_recorded_packets_read_as_kites_own_client_read_them(shared: Path, mode: str) -> None:
    folder = shared / "data/feeds/kite"
    packet = base64.b64decode((folder / f"ticker_{mode}.packet").read_text(encoding="ascii"))
    wanted = json.loads((folder / f"ticker_{mode}.json").read_text(encoding="utf-8"))
    batch = one(packet, wanted["instrument_token"])
    assert batch.ohlc is not None
    assert batch.average_price is not None
    assert batch.last_price.tolist() == [wanted["last_price"]]
    assert batch.average_price.tolist() == [wanted["average_price"]]
    assert (batch.last_quantity[0], batch.volume[0]) == (wanted["last_quantity"], wanted["volume"])
    assert batch.ohlc[0].tolist() == [wanted["ohlc"][name] for name in ("open", "high", "low", "close")]
    if mode == "full":
        assert batch.bid_price is not None
        assert batch.ask_orders is not None
        assert batch.bid_price[0].tolist() == [level["price"] for level in wanted["depth"]["buy"]]
        assert batch.ask_orders[0].tolist() == [level["orders"] for level in wanted["depth"]["sell"]]


@pytest.mark.parametrize("segment", sorted(DIVISORS))
def test_each_segment_has_its_own_scale(segment: int) -> None:
    token = 0x123400 | segment
    batch = one(full(token, price=8_512_5000), token)
    assert batch.last_price[0] == 8_512_5000 / DIVISORS[segment]
    assert batch.bid_price is not None
    assert batch.bid_price[0, 1] == (8_512_5000 - 1) / DIVISORS[segment]
    assert batch.ask_price is not None
    assert batch.ask_price[0, 0] == (8_512_5000 - 5) / DIVISORS[segment]


def test_an_unknown_segment_is_named() -> None:
    with pytest.raises(ProtocolError, match="segment 77"):
        read_frame(bundle([full(0x1200 | 77)]), {0x1200 | 77: 0}, IDS, 7)


def test_prices_have_a_sign_and_counts_have_none() -> None:
    batch = one(full(0x101, price=-250, v0=2**32 - 1, v2=2**31), 0x101)
    assert batch.last_price[0] == -2.5
    assert batch.last_quantity[0] == 2**32 - 1
    assert batch.volume[0] == 2**31


@pytest.mark.parametrize("heartbeat", [b"", b"\x00", b"\x00\x00"])
def test_a_heartbeat_brings_nothing(heartbeat: bytes) -> None:
    assert read_frame(heartbeat, {1: 0}, IDS, 7) is None


def test_instruments_that_nobody_wants_and_packets_of_new_lengths_are_left_out() -> None:
    new = struct.pack(">I", 0x201) + bytes(60)
    ltp = struct.pack(">Ii", 0x301, 4200)
    frame = bundle([full(0x101), new, ltp, full(0x401), ltp])
    batch = read_frame(frame, {0x101: 0, 0x201: 1, 0x301: 2}, IDS, 7)
    assert batch is not None
    assert batch.index.tolist() == [0, 2, 2]
    assert batch.last_price.tolist() == [1.0, 4200 / 10**7 if 0x301 & 0xFF == 3 else 42.0, 42.0]
    assert read_frame(frame, {0x501: 0}, IDS, 7) is None


def test_a_frame_may_be_overwritten_after_it_was_read() -> None:
    frame = bytearray(bundle([full(0x101), full(0x201)]))
    batch = read_frame(memoryview(frame), {0x101: 0, 0x201: 1}, IDS, 7)
    frame[:] = bytes(len(frame))
    assert batch is not None
    assert batch.last_price.tolist() == [1.0, 1.0]
    assert batch.bid_quantity is not None
    assert batch.bid_quantity[1].tolist() == [10, 11, 12, 13, 14]


def test_frames_of_one_kind_and_of_mixed_kinds_read_alike() -> None:
    uniform = read_frame(bundle([full(0x101, 500), full(0x201, 600)]), {0x101: 0, 0x201: 1}, IDS, 7)
    mixed = read_frame(
        bundle([full(0x101, 500), struct.pack(">Ii", 0x301, 1), full(0x201, 600)]), {0x101: 0, 0x201: 1}, IDS, 7
    )
    assert uniform is not None
    assert mixed is not None
    for name in uniform.__struct_fields__:
        assert np.array_equal(getattr(uniform, name), getattr(mixed, name)), name


@given(st.data(), st.sampled_from(sorted(PACKETS)), st.lists(st.tuples(COUNTS, PRICES), min_size=1, max_size=6))
def test_a_frame_cut_short_or_prolonged_is_refused(
    data: st.DataObject, length: int, heads: list[tuple[int, int]]
) -> None:
    frame = bundle([struct.pack(">Ii", *head) + bytes(length - 8) for head in heads])
    cut = data.draw(st.integers(2, len(frame) - 1))
    wanted = {token: 0 for token, _ in heads}
    with pytest.raises(ProtocolError):
        read_frame(frame[:cut], wanted, IDS, 7)
    with pytest.raises(ProtocolError):
        read_frame(frame + b"\x00" * data.draw(st.integers(1, 9)), wanted, IDS, 7)


@given(st.binary(max_size=600), st.integers(0, 3))
def test_garbage_is_read_or_refused_and_nothing_else(garbage: bytes, count: int) -> None:
    frame = struct.pack(">H", count) + garbage
    tokens = {int.from_bytes(frame[at : at + 4], "big"): 0 for at in range(len(frame))}
    with suppress(ProtocolError):
        batch = read_frame(frame, tokens, IDS, 7)
        assert batch is None or 0 < len(batch) <= count


def test_many_batches_become_one_with_the_newest_row_of_each() -> None:
    rows = {0x101: 0, 0x201: 1}
    frames = [
        bundle([full(0x101, 500)]),
        bundle([struct.pack(">Ii", 0x201, 900)]),
        bundle([full(0x101, 700), struct.pack(">Ii", 0x201, 901)]),
        bundle([struct.pack(">Ii", 0x101, 800)]),
    ]
    merged = conflate([batch for frame in frames if (batch := read_frame(frame, rows, IDS, 7)) is not None])
    assert merged.index.tolist() == [1, 0]
    assert merged.last_price.tolist() == [9.01, 8.0]
    assert merged.bid_price is not None
    assert np.isnan(merged.bid_price).all()
    assert merged.volume.tolist() == [-1, -1]
