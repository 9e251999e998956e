"""The instrument list of one account: loaded once, shared by all who wait for it, and read anew when a contract is missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable

from terminal_app.brokers.zerodha.codes import CASH_EXCHANGES, MARKETS
from terminal_app.brokers.zerodha.instruments import InstrumentBook, split_series
from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import BrokerError, OrderRejected, ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump

_RELOAD_AFTER_S = 900.0
"""A contract that is not listed makes the list be read again, but no more often than this."""

NOT_LISTED = "INSTRUMENT"
"""The code of an order for something that Zerodha does not list."""


class Listing:
    """``load`` downloads and reads the list."""

    def __init__(
        self, load: Callable[[], Awaitable[InstrumentDump]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.book = InstrumentBook()
        self._load = load
        self._clock = clock
        self._loading: asyncio.Task[InstrumentDump] | None = None
        self._tasks: set[asyncio.Task[InstrumentDump]] = set()
        self._loaded_at_s: float | None = None
        self._given: InstrumentDump | None = None

    def use(self, dump: InstrumentDump) -> None:
        """Take a list that somebody else has kept; it is looked into when it is needed."""
        if dump is not self.book.dump:
            self._given = dump

    async def ready(self) -> InstrumentBook:
        """The book, loaded if it was not. Raises BrokerError."""
        if self._given is not None:
            given, self._given = self._given, None
            await self._alone(self._take(given))
        elif self.book.dump is None:
            await self.reload()
        return self.book

    async def reload(self) -> InstrumentDump:
        """Read the list now; callers at the same time share one download. Raises BrokerError."""
        if self._loading is None or self._loading.done():
            return await self._alone(self._read())
        return await asyncio.shield(self._loading)

    async def find(self, id: InstrumentId) -> Instrument | None:
        """The instrument, if Zerodha lists it today. Raises BrokerError."""
        book = await self.ready()
        return book.get(id)

    async def tradable(self, id: InstrumentId) -> Instrument:
        """The instrument for an order. Raises OrderRejected where there is none to trade, BrokerError."""
        found = await self.find(id)
        if found is None:
            raise OrderRejected(f"Zerodha does not list {id} today: nothing was sent.", NOT_LISTED)
        if not found.is_tradable:
            raise OrderRejected(f"{found.label} is an index and cannot be traded: nothing was sent.", NOT_LISTED)
        return found

    async def knowing(self, symbols: Iterable[tuple[str, str]]) -> InstrumentBook:
        """The book; read anew where it lacks one of these contracts, since new ones can be listed during the day."""
        book = await self.ready()
        lacks = any(exchange in MARKETS and _identity(book, exchange, symbol) is None for exchange, symbol in symbols)
        if lacks and (self._loaded_at_s is None or self._clock() - self._loaded_at_s > _RELOAD_AFTER_S):
            try:
                await self.reload()
            except BrokerError:
                # What is missing is named by the caller; the older list stays.
                self._loaded_at_s = self._clock()
        return self.book

    async def aclose(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _alone(self, work: Coroutine[None, None, InstrumentDump]) -> InstrumentDump:
        """Do this in a task of its own, which those who come meanwhile wait for."""
        task = self._loading = asyncio.get_running_loop().create_task(work, name="zerodha instruments")
        self._tasks.add(task)
        task.add_done_callback(self._note_outcome)
        return await asyncio.shield(task)

    def _note_outcome(self, task: asyncio.Task[InstrumentDump]) -> None:
        """Whoever waited has had the error; where all of them went away nobody needs it."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _read(self) -> InstrumentDump:
        dump = await self._load()
        if not dump.instruments:
            raise ProtocolError("Zerodha's instrument list is empty.")
        await self._take(dump)
        self._loaded_at_s = self._clock()
        return dump

    async def _take(self, dump: InstrumentDump) -> InstrumentDump:
        """A hundred thousand rows are looked into beside the loop."""
        await asyncio.to_thread(self.book.replace, dump)
        return dump


def identify(book: InstrumentBook, exchange: str, symbol: str) -> InstrumentId:
    """The identity behind a trading symbol. A share that is not listed any more is still that share.

    Raises ProtocolError for an unknown exchange or contract.
    """
    if exchange not in MARKETS:
        raise ProtocolError(f"Zerodha sent the exchange “{exchange[:20]}”, which is not known.")
    found = _identity(book, exchange, symbol)
    if found is None:
        raise ProtocolError(f"Zerodha sent {exchange}:{symbol[:40]}, which is not in its instrument list.")
    return found


def _identity(book: InstrumentBook, exchange: str, symbol: str) -> InstrumentId | None:
    listed = book.by_symbol(exchange, symbol)
    if listed is not None:
        return listed.id
    cash = CASH_EXCHANGES.get(exchange)
    if cash is None or not symbol or ":" in symbol:
        return None
    if cash is Exchange.NSE:
        return InstrumentId.equity(cash, *split_series(symbol))
    return InstrumentId.equity(cash, symbol)
