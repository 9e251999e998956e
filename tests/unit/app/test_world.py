"""Which book a market belongs to, and where it goes on."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from terminal_app.app.options import parse
from terminal_app.app.world import PRACTICE, Standing, Tables, practice_world, replay_world
from terminal_app.domain.clock import at_ist
from terminal_app.domain.errors import ConfigError

ROWS = [f"SBIN,2026-06-01 {9 + (15 + n) // 60:02}:{(15 + n) % 60:02}:00,800,801,799,800.5,60" for n in range(375)]


class Memory:
    """Books by name; what is not there is new."""

    def __init__(self, **books: Standing) -> None:
        self.books = {f"replay:{name}": standing for name, standing in books.items()}

    async def load(self, book: str) -> Standing | None:
        return self.books.get(book)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "day.csv"
    path.write_text("\n".join(["symbol,datetime,open,high,low,close,volume", *ROWS]) + "\n")
    return path


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables.read()


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return at_ist(2026, 6, 1, hour, minute, second)


async def test_a_new_recording_begins_at_its_first_bar_or_at_the_time_asked_for(
    recording: Path, tables: Tables
) -> None:
    world = await replay_world(parse(["--replay", str(recording), "--speed", "0"]), tables, Memory())
    assert (world.book, world.clock.now()) == ("replay:day", at(9, 15))
    later = await replay_world(parse(["--replay", str(recording), "--speed", "0", "--from", "10:30"]), tables, Memory())
    assert (later.clock.now(), later.exchange.now) == (at(10, 30), at(10, 30))


async def test_what_lies_between_the_exchange_and_the_youngest_order_is_left_to_be_played(
    recording: Path, tables: Tables
) -> None:
    left = Standing(at(10, 0), at(10, 0, 30))
    world = await replay_world(parse(["--replay", str(recording), "--speed", "0"]), tables, Memory(day=left))
    assert (world.book, world.exchange.now, world.clock.now()) == ("replay:day", left.exchange, left.clock)


async def test_a_recording_that_was_played_to_its_end_is_begun_again_in_a_book_of_its_own(
    recording: Path, tables: Tables
) -> None:
    over = Standing(at(15, 30), at(15, 30))
    world = await replay_world(parse(["--replay", str(recording), "--speed", "0"]), tables, Memory(day=over))
    assert (world.book, world.clock.now()) == ("replay:day#2", at(9, 15))


async def test_a_later_time_than_the_book_reached_begins_another_book(recording: Path, tables: Tables) -> None:
    left = Standing(at(12, 0), at(12, 0))
    options = parse(["--replay", str(recording), "--speed", "0", "--from", "13:00"])
    assert (await replay_world(options, tables, Memory(day=left))).book == "replay:day#2"


async def test_a_time_after_the_recording_is_refused(recording: Path, tables: Tables) -> None:
    with pytest.raises(ConfigError, match="ends at 15:30"):
        await replay_world(parse(["--replay", str(recording), "--from", "16:00"]), tables, Memory())


async def test_practice_goes_on_where_it_was_left_and_never_goes_back(tables: Tables) -> None:
    left = Standing(at_ist(2026, 11, 23, 11, 0), at_ist(2026, 11, 23, 11, 0, 5))
    kept = Memory()
    kept.books = {PRACTICE: left}
    world = await practice_world(tables, kept)
    assert world.exchange.now == left.exchange
    assert left.clock <= world.clock.now() < left.clock + timedelta(seconds=30)
