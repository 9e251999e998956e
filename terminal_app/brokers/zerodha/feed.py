"""Live prices of a Zerodha account: what is wanted, what the stream was told, and the batches that wait for their reader."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from terminal_app.brokers.zerodha.batches import conflate
from terminal_app.brokers.zerodha.config import MOST_SUBSCRIBED
from terminal_app.brokers.zerodha.frames import read_frame
from terminal_app.brokers.zerodha.listing import Listing
from terminal_app.brokers.zerodha.stream import StreamListener, ZerodhaStream
from terminal_app.domain.enums import FeedMode
from terminal_app.domain.errors import BrokerError, BrokerUnavailable, NotPermitted, ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch

log = logging.getLogger(__name__)

MODES = {FeedMode.LTP: "ltp", FeedMode.QUOTE: "quote", FeedMode.FULL: "full"}
_FIRST_MODE = FeedMode.QUOTE
"""What Kite sends of an instrument until it is told a mode."""
_MOST_TOKENS = 300
"""Instruments of one request."""
_MOST_LOGGED = 20
"""Kinds of frames that were not understood."""
_MOST_FRAMES = 256
"""So many frames wait as they came; beyond it only the newest of each instrument."""


class ZerodhaFeed(StreamListener):
    """Iterate it in one task; it ends when the broker is closed, and raises once for each loss of the connection.

    What is subscribed before the login, or while the connection is down, is asked for as soon as there is one. An instrument
    that Zerodha does not list is accepted and stays silent.
    """

    def __init__(self, stream: ZerodhaStream, listing: Listing, has_session: Callable[[], bool]) -> None:
        self._stream = stream
        self._listing = listing
        self._has_session = has_session
        self._ids: list[InstrumentId] = []
        self._row_of: dict[InstrumentId, int] = {}
        self._wanted: dict[InstrumentId, FeedMode] = {}
        self._rows: dict[int, int] = {}
        """The row of each wanted token."""
        self._sent: dict[int, FeedMode] = {}
        """What this connection was told."""
        self._waiting: deque[TickBatch] = deque()
        self._trouble: BrokerError | None = None
        self._is_in_trouble = False
        self._ready = asyncio.Event()
        self._is_closed = False
        self._logged: set[str] = set()

    async def subscribe(self, ids: Sequence[InstrumentId], mode: FeedMode) -> None:
        """Ask for these instruments; a second call changes the mode. Raises NotPermitted for more than one connection carries."""
        wanted = self._wanted | dict.fromkeys(ids, mode)
        if len(wanted) > MOST_SUBSCRIBED:
            raise NotPermitted(
                f"Zerodha sends prices of at most {MOST_SUBSCRIBED:,} instruments; {len(wanted):,} would be subscribed."
            )
        self._wanted = wanted
        if self._wanted and self._has_session():
            await self._listing.ready()
            self._stream.start()
            self._tell_all()

    async def unsubscribe(self, ids: Sequence[InstrumentId]) -> None:
        """Stop these instruments."""
        for one in ids:
            self._wanted.pop(one, None)
        self._tell_all()

    def __aiter__(self) -> ZerodhaFeed:
        return self

    async def __anext__(self) -> TickBatch:
        while True:
            if self._trouble is not None:
                error, self._trouble = self._trouble, None
                raise error
            if self._waiting:
                return self._waiting.popleft()
            if self._is_closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()

    @property
    def is_wanted(self) -> bool:
        """Whether anything is subscribed."""
        return bool(self._wanted)

    def close(self) -> None:
        """End the iteration, after what waits."""
        self._is_closed = True
        self._ready.set()

    async def on_open(self) -> None:
        """A new connection knows nothing: tell it everything."""
        self._sent.clear()
        if self._wanted:
            await self._listing.ready()
        self._tell_all()

    def on_binary(self, frame: memoryview, received_ns: int) -> None:
        """A frame of prices, or a heartbeat. One that is not understood is left out and logged once per kind."""
        try:
            batch = read_frame(frame, self._rows, self._ids, received_ns)
        except ProtocolError as error:
            if error.message not in self._logged and len(self._logged) < _MOST_LOGGED:
                self._logged.add(error.message)
                log.warning("a frame of the Zerodha feed was left out: %s", error.message)
            return
        if batch is None:
            return
        self._is_in_trouble = False
        self._waiting.append(batch)
        if len(self._waiting) > _MOST_FRAMES:
            merged = conflate(list(self._waiting))
            self._waiting.clear()
            self._waiting.append(merged)
        self._ready.set()

    def on_trouble(self, error: BrokerError) -> None:
        """The reader hears of it, once until prices come again; an end is always told."""
        self._sent.clear()
        is_passing = isinstance(error, BrokerUnavailable)
        if not self._wanted or (is_passing and self._is_in_trouble):
            return
        self._is_in_trouble = True
        self._trouble = error
        self._ready.set()

    def _tell_all(self) -> None:
        """Send the connection what it does not know yet."""
        modes = self._modes_by_token()
        if not self._stream.is_open:
            return
        gone = [token for token in self._sent if token not in modes]
        fresh = [token for token in modes if token not in self._sent]
        for part in _parts(gone):
            self._send("unsubscribe", part)
        for part in _parts(fresh):
            self._send("subscribe", part)
        for token in gone:
            del self._sent[token]
        self._sent.update(dict.fromkeys(fresh, _FIRST_MODE))
        for mode, word in MODES.items():
            changed = [token for token, wanted in modes.items() if wanted is mode and self._sent[token] is not mode]
            for part in _parts(changed):
                self._send("mode", [word, part])
            self._sent.update(dict.fromkeys(changed, mode))

    def _modes_by_token(self) -> dict[int, FeedMode]:
        """What is wanted, by token; the rows follow."""
        modes: dict[int, FeedMode] = {}
        rows: dict[int, int] = {}
        for one, mode in self._wanted.items():
            instrument = self._listing.book.get(one)
            if instrument is not None:
                token = int(instrument.broker_token)
                modes[token], rows[token] = mode, self._row(one)
        self._rows = rows
        return modes

    def _row(self, id: InstrumentId) -> int:
        row = self._row_of.get(id)
        if row is None:
            row = self._row_of[id] = len(self._ids)
            self._ids.append(id)
        return row

    def _send(self, action: str, value: object) -> None:
        self._stream.send(json.dumps({"a": action, "v": value}))


def _parts(tokens: Iterable[int]) -> Iterable[list[int]]:
    listed = list(tokens)
    return [listed[start : start + _MOST_TOKENS] for start in range(0, len(listed), _MOST_TOKENS)]
