"""The instruments as the adapter needs them: downloaded once on first need, shared by all who wait for them."""

from __future__ import annotations

import asyncio

from terminal_app.brokers.upstox.instruments import InstrumentBook, fetch, parse_dump
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.parsing import Find
from terminal_app.domain.errors import NotPermitted, ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump


class Listing:
    """Upstox's list. ``use`` hands one in, else the first question downloads it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._book = InstrumentBook()
        self._waiting: InstrumentDump | None = None
        self._loading = asyncio.Lock()

    def use(self, dump: InstrumentDump) -> None:
        """Know these instruments from the next question on."""
        self._waiting = dump

    async def download(self) -> InstrumentDump:
        """Today's list, which is then known. Raises BrokerError."""
        data = await fetch(self._line.http, self._line.endpoints["instruments"])
        dump = await asyncio.to_thread(parse_dump, data)
        self._waiting = dump
        return dump

    async def book(self) -> InstrumentBook:
        """What is known; downloaded where nothing is. Raises BrokerError."""
        if self._waiting is None and len(self._book):
            return self._book
        async with self._loading:
            if self._waiting is None and not len(self._book):
                await self.download()
            dump, self._waiting = self._waiting, None
            if dump is not None:
                await asyncio.to_thread(self._book.replace, dump)
        return self._book

    async def find(self, id: InstrumentId) -> Instrument | None:
        """The instrument; None where Upstox does not list it. Raises BrokerError."""
        return (await self.book()).get(id)

    async def of(self, id: InstrumentId) -> Instrument:
        """The instrument. Raises NotPermitted where Upstox does not list it."""
        instrument = await self.find(id)
        if instrument is None:
            raise NotPermitted(f"Upstox does not list {id}.")
        return instrument

    async def finder(self) -> Find:
        """Finds instruments by their keys in what Upstox sends. Raises BrokerError."""
        book = await self.book()

        def find(key: str) -> Instrument:
            instrument = book.by_token(key)
            if instrument is None:
                raise ProtocolError(f"Upstox speaks of the instrument “{key[:60]}”, which its list does not have.")
            return instrument

        return find
