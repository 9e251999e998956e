"""The brokers' lists of instruments: fetched once a trading day, checked, kept when a fetch fails."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from terminal_app.app.dumps import DumpFolder
from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import BrokerUnavailable, ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump, RejectedRow
from tests.helpers.log_guard import LogGuard

MORNING = at_ist(2026, 11, 20, 9, 0)


class Watch:
    """A clock that a test sets."""

    label = ""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


class Source:
    """A broker's list; ``error`` is raised instead."""

    def __init__(self, count: int = 4) -> None:
        self.calls = 0
        self.error: Exception | None = None
        self.count = count

    async def fetch(self) -> InstrumentDump:
        self.calls += 1
        if self.error is not None:
            raise self.error
        shares = [InstrumentId.equity(Exchange.NSE, f"SHARE{number}") for number in range(self.count)]
        listed = tuple(Instrument(one, one.symbol, 1, Decimal("0.05"), broker_token="7") for one in shares)
        return InstrumentDump(listed, (RejectedRow(9, "x", "not a share"),))


async def test_a_list_is_fetched_once_a_day_and_outlives_the_program(tmp_path: Path) -> None:
    source, clock = Source(), Watch(MORNING)
    first, warning = await DumpFolder(tmp_path, clock).load("zerodha", source.fetch)
    again, _ = await DumpFolder(tmp_path, clock).load("zerodha", source.fetch)
    assert (again, warning, source.calls) == (first, "", 1)


async def test_the_list_of_yesterday_is_replaced_from_half_past_eight(tmp_path: Path) -> None:
    source, clock = Source(), Watch(MORNING)
    folder = DumpFolder(tmp_path, clock)
    await folder.load("zerodha", source.fetch)
    clock.time = MORNING + timedelta(hours=23, minutes=15)
    await folder.load("zerodha", source.fetch)
    assert source.calls == 1
    clock.time = MORNING + timedelta(hours=23, minutes=31)
    await folder.load("zerodha", source.fetch)
    assert source.calls == 2


@pytest.mark.parametrize("trouble", ["fails", "is cut short", "is empty"])
async def test_the_old_list_stays_where_the_new_one(tmp_path: Path, trouble: str) -> None:
    source, clock = Source(), Watch(MORNING)
    old, _ = await DumpFolder(tmp_path, clock).load("zerodha", source.fetch)
    clock.time = MORNING + timedelta(days=1)
    source.error = BrokerUnavailable("Zerodha did not answer") if trouble == "fails" else None
    source.count = {"fails": 4, "is cut short": 1, "is empty": 0}[trouble]
    dump, warning = await DumpFolder(tmp_path, clock).load("zerodha", source.fetch)
    assert dump == old
    assert "The one of 20 Nov 09:00 is used" in warning


async def test_without_any_list_the_brokers_own_words_come_through(tmp_path: Path) -> None:
    source = Source()
    source.error = BrokerUnavailable("Zerodha did not answer")
    with pytest.raises(BrokerUnavailable, match="did not answer"):
        await DumpFolder(tmp_path, Watch(MORNING)).load("zerodha", source.fetch)
    with pytest.raises(ProtocolError, match="is empty"):
        await DumpFolder(tmp_path, Watch(MORNING)).load("zerodha", Source(0).fetch)


async def test_a_damaged_file_counts_as_none(tmp_path: Path, expected_logs: LogGuard) -> None:
    source, clock = Source(), Watch(MORNING)
    await DumpFolder(tmp_path, clock).load("zerodha", source.fetch)
    next(tmp_path.iterdir()).write_bytes(b"\x93no list")  # noqa: ASYNC240 - a file of the test
    expected_logs("the kept instrument list of zerodha cannot be read")
    await DumpFolder(tmp_path, clock).load("zerodha", source.fetch)
    assert source.calls == 2
