"""The market that paper accounts trade on: practice, or a recording; which book it belongs to and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from terminal_app.app.options import Options
from terminal_app.app.paths import RESOURCES
from terminal_app.app.resources import read_table
from terminal_app.brokers.paper.config import DEFAULT_SEED
from terminal_app.domain.clock import IST, ist
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.margins import MarginTable
from terminal_app.simulator.clocks import PracticeClock, ReplayClock
from terminal_app.simulator.contracts import ContractTables
from terminal_app.simulator.exchange import SimulatedExchange
from terminal_app.simulator.faults import Faults
from terminal_app.simulator.synthetic import SyntheticMarket

if TYPE_CHECKING:  # imported where a recording is played: a start without one should not wait for it
    from terminal_app.services.replay import ReplayService
    from terminal_app.simulator.replay import ReplayMarket

PRACTICE = "practice"


class Standing(Struct, frozen=True):
    """Where a book was left, aware UTC.

    The exchange had played up to ``exchange``; an order may carry a later time, and ``clock`` is the latest of all. What lies between
    them is played again with the accounts open, so that no print is missed and no time runs backwards.
    """

    exchange: datetime
    clock: datetime


class ClockMemory(Protocol):
    """Where the books were left."""

    async def load(self, book: str) -> Standing | None:
        """Where a book was left; None for a new one."""
        ...


class Tables(Struct, frozen=True):
    """The dated tables that a simulated market needs."""

    hours: MarketHours
    margins: MarginTable
    contracts: ContractTables

    @classmethod
    def read(cls, folder: Path = RESOURCES / "data") -> Tables:
        """Read them. Raises ConfigError naming a file."""
        return cls(
            MarketHours.from_tables(read_table("holidays", folder), read_table("sessions", folder)),
            MarginTable.from_tables(read_table("margins", folder)),
            ContractTables.read(folder),
        )


class World(Struct, frozen=True):
    """One market with its clock. ``book`` is what its orders, fills and points are kept under."""

    book: str
    name: str
    tables: Tables
    exchange: SimulatedExchange
    clock: PracticeClock | ReplayClock
    replay: ReplayService | None


async def practice_world(tables: Tables, memory: ClockMemory, seed: int = DEFAULT_SEED) -> World:
    """The practice market, going on from where it stood last."""
    standing = await memory.load(PRACTICE)
    clock = PracticeClock(tables.hours, standing.clock if standing is not None else None)
    start = standing.exchange if standing is not None else clock.now()
    market = SyntheticMarket(tables.hours, tables.contracts, seed, start)
    exchange = SimulatedExchange(market, tables.hours, tables.margins, Faults())
    return World(PRACTICE, "practice market", tables, exchange, clock, None)


async def replay_world(options: Options, tables: Tables, memory: ClockMemory) -> World:
    """The market of the recorded files, going on from where it stood; begun again once it was played to its end.

    Raises ReplayError naming file, line and column, ConfigError where a name or ``--from`` does not fit.
    """
    from terminal_app.services.replay import ReplayService

    market = load_recording(options.replay, dict(options.instrument_names), tables)
    start = _start(market, options)
    book, standing = await _unfinished_book(market, start, memory)
    exchange = SimulatedExchange(market, tables.hours, tables.margins, Faults())
    standing = standing or Standing(start, start)
    if standing.exchange > market.start:
        exchange.advance(standing.exchange)
    clock = ReplayClock(standing.clock, market.end, options.speed, windows=market.windows)
    return World(
        book, market.name, tables, exchange, clock, ReplayService(market.name, market.start, market.end, clock)
    )


def load_recording(files: Sequence[Path], names: Mapping[str, str], tables: Tables) -> ReplayMarket:
    """Read and check the files. Raises ReplayError, ConfigError."""
    from terminal_app.simulator.replay import ReplayMarket

    ids = {token: InstrumentId.parse(text) for token, text in names.items()}
    auction = frozenset(row["symbol"] for row in tables.contracts.synthetic_market["stocks"])
    return ReplayMarket.load(files, tables.hours, tables.contracts, ids, auction)


def _start(market: ReplayMarket, options: Options) -> datetime:
    """The recording's own beginning, or the time of ``--from`` on its first day."""
    if options.replay_from is None:
        return market.start
    first = ist(market.start)
    at = datetime.combine(first.date(), options.replay_from, tzinfo=IST).astimezone(market.start.tzinfo)
    if not at < market.end:
        raise ConfigError(
            "--from", f"The recording ends at {ist(market.end):%H:%M}; choose an earlier time for --from."
        )
    return max(at, market.start)


async def _unfinished_book(market: ReplayMarket, start: datetime, memory: ClockMemory) -> tuple[str, Standing | None]:
    """The first book of this recording that is new, or stands between ``start`` and the recording's end."""
    number = 1
    while True:
        book = f"replay:{market.name}" + (f"#{number}" if number > 1 else "")
        standing = await memory.load(book)
        if standing is None:
            return book, None
        if start <= standing.exchange < market.end:
            return book, standing
        number += 1
