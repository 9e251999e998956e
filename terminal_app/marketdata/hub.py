"""The hub: pumps the feeds' batches to the quote board and the listeners, and keeps the feeds subscribed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable, Iterable
from datetime import datetime

from terminal_app.brokers.base import Feed
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock
from terminal_app.domain.enums import FeedMode
from terminal_app.domain.errors import BrokerError, RateLimited
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.market import TickBatch
from terminal_app.domain.messages import Notice, NoticeCleared, NoticeLevel, NoticePosted
from terminal_app.marketdata.board import QuoteBoard

log = logging.getLogger(__name__)

Listener = Callable[[TickBatch], None]
TOPIC = "feed"

_MODES = (FeedMode.LTP, FeedMode.QUOTE, FeedMode.FULL)
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 30.0
_LONGEST_TURN_S = 0.008
"""A feed that never waits gives way to the loop this often."""
_CLOSE_WITHIN_S = 5.0


class MarketDataHub:
    """Owns a pump and a subscriber task per feed.

    An instrument is subscribed at one feed, the first added that serves it, in the highest mode that any owner wants.
    Listeners are called with each batch after the board has taken it, in the order they were added.
    """

    def __init__(self, board: QuoteBoard, bus: Bus, clock: Clock, *, first_retry_s: float = _FIRST_RETRY_S) -> None:
        self.board = board
        self._bus = bus
        self._clock = clock
        self._first_retry_s = first_retry_s
        self._wishes: dict[Hashable, dict[InstrumentId, FeedMode]] = {}
        self._feeds: dict[str, _FeedLink] = {}
        self._listeners: list[Listener] = []
        self._reported: set[tuple[Listener, type[BaseException]]] = set()

    def add_feed(
        self,
        name: str,
        feed: Feed,
        *,
        account: AccountId | None = None,
        serves: Callable[[InstrumentId], bool] = lambda _: True,
    ) -> None:
        """Pump this feed until it ends, ``remove_feed`` or ``aclose``; ``name`` is what the user reads.

        Raises ValueError where the name is taken.
        """
        if name in self._feeds:
            raise ValueError(f"there is a feed {name} already")
        link = _FeedLink(self, name, feed, account, serves)
        self._feeds[name] = link
        link.start()
        self._spread()

    async def remove_feed(self, name: str) -> None:
        """Stop pumping this feed; the others take over what they serve. The feed itself is its broker's to close."""
        link = self._feeds.pop(name, None)
        if link is not None:
            self._spread()
            await link.aclose()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear every batch; the result stops it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def want(self, owner: Hashable, ids: Iterable[InstrumentId], mode: FeedMode) -> None:
        """Say all that ``owner`` wants from now on: a later call replaces the earlier one. Different owners add up."""
        self._wishes[owner] = dict.fromkeys(ids, mode)
        self._spread()

    def drop(self, owner: Hashable) -> None:
        """``owner`` wants nothing any more."""
        if self._wishes.pop(owner, None) is not None:
            self._spread()

    def wanted(self) -> dict[InstrumentId, FeedMode]:
        """Every wanted instrument with the highest mode that an owner asked for."""
        merged: dict[InstrumentId, FeedMode] = {}
        for wishes in self._wishes.values():
            for one, mode in wishes.items():
                known = merged.get(one)
                if known is None or _MODES.index(mode) > _MODES.index(known):
                    merged[one] = mode
        return merged

    def silent_for(self, id: InstrumentId, now: datetime) -> float | None:
        """Seconds since anything was received for this instrument; None if nothing ever was."""
        return self.board.silent_for(id, now)

    def feed_age_s(self, name: str) -> float | None:
        """Seconds since a feed brought anything; None where it never did, or is not there."""
        link = self._feeds.get(name)
        return None if link is None or link.heard_s is None else asyncio.get_running_loop().time() - link.heard_s

    async def aclose(self) -> None:
        """End every task."""
        links = list(self._feeds.values())
        self._feeds.clear()
        for link in links:
            await link.aclose()

    @property
    def first_retry_s(self) -> float:
        """How long to wait after a feed's first failure; it doubles from there."""
        return self._first_retry_s

    def deliver(self, batch: TickBatch) -> None:
        """Called by the pumps: the board takes the batch first, then the listeners.

        A listener's fault is reported once and stops nobody else.
        """
        self.board.apply(batch)
        for listener in tuple(self._listeners):
            try:
                listener(batch)
            except Exception as error:  # noqa: BLE001 - one listener's fault must not starve the others; it is reported
                self._report_listener(listener, error)

    def doubt(self, name: str, account: AccountId | None, error: BrokerError) -> None:
        """Called by the pumps: prices stand still until the feed is back."""
        self._post(NoticeLevel.DOUBT, f"{name}: no live prices", f"{error} Trying again.", account)

    def back(self, account: AccountId | None) -> None:
        """Called by the pumps: prices move again."""
        self._bus.publish(NoticeCleared(TOPIC, account))

    def broken(self, name: str, account: AccountId | None, error: BaseException) -> None:
        """Called by the pumps: a fault of the program ended the feed."""
        log.error("the feed %s ended by a fault", name, exc_info=error)
        text = f"A fault in the program ended this feed ({type(error).__name__}: {error}). Restart to get prices again."
        self._post(NoticeLevel.FAILED, f"{name}: no live prices", text, account)

    def _report_listener(self, listener: Listener, error: Exception) -> None:
        key = (listener, type(error))
        if key in self._reported:
            return
        self._reported.add(key)
        log.error("a listener of the market data failed", exc_info=error)
        text = f"A part of the program could not use the latest prices ({type(error).__name__}: {error})."
        self._post(NoticeLevel.FAILED, "Prices were not used everywhere", text, None)

    def _post(self, level: NoticeLevel, title: str, text: str, account: AccountId | None) -> None:
        self._bus.publish(NoticePosted(Notice(level, title, text, self._clock.now(), TOPIC, account)))

    def _spread(self) -> None:
        """Give every wanted instrument to the first feed that serves it."""
        shares: dict[str, dict[InstrumentId, FeedMode]] = {name: {} for name in self._feeds}
        for one, mode in self.wanted().items():
            for name, link in self._feeds.items():
                if link.serves(one):
                    shares[name][one] = mode
                    break
        for name, share in shares.items():
            self._feeds[name].wish(share)


class _FeedLink:
    """One feed with its pump and its subscriber."""

    def __init__(
        self,
        hub: MarketDataHub,
        name: str,
        feed: Feed,
        account: AccountId | None,
        serves: Callable[[InstrumentId], bool],
    ) -> None:
        self.serves = serves
        self._hub = hub
        self._name = name
        self._feed = feed
        self._account = account
        self._wished: dict[InstrumentId, FeedMode] = {}
        self._subscribed: dict[InstrumentId, FeedMode] = {}
        self._changed = asyncio.Event()
        self._retries: dict[str, int] = {}
        """Failures in a row, by what failed; empty while all is well."""
        self._tasks: list[asyncio.Task[None]] = []
        self.heard_s: float | None = None
        """Loop time of the last batch."""

    def start(self) -> None:
        """Start both tasks."""
        self._tasks = [
            asyncio.create_task(self._guard(self._pump), name=f"feed {self._name}"),
            asyncio.create_task(self._guard(self._subscribe), name=f"feed {self._name} subscriptions"),
        ]

    def wish(self, wished: dict[InstrumentId, FeedMode]) -> None:
        """What this feed shall send from now on."""
        self._wished = wished
        self._changed.set()

    async def aclose(self) -> None:
        """End both tasks."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_WITHIN_S)
        self._tasks = []

    async def _guard(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """The task's boundary: a fault of the program ends the whole feed and is told."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - reported to the log and the user
            self._hub.broken(self._name, self._account, error)
            for task in self._tasks:
                if task is not asyncio.current_task():
                    task.cancel()

    async def _pump(self) -> None:
        """Batches until the feed ends; after a broker's error all is subscribed anew."""
        while True:
            try:
                await self._drain()
                return
            except BrokerError as error:
                await self._wait_after(error, "prices")
                self._subscribed.clear()
                self._changed.set()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        turn_began = loop.time()
        async for batch in self._feed:
            self._settle_doubt("prices")
            self.heard_s = loop.time()
            self._hub.deliver(batch)
            if loop.time() - turn_began > _LONGEST_TURN_S:
                await asyncio.sleep(0)
                turn_began = loop.time()

    async def _subscribe(self) -> None:
        """Make the feed send what is wished whenever that changes."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._follow(self._wished)
            except BrokerError as error:
                await self._wait_after(error, "subscriptions")
                self._changed.set()
            else:
                self._settle_doubt("subscriptions")

    async def _follow(self, wished: dict[InstrumentId, FeedMode]) -> None:
        gone = [one for one in self._subscribed if one not in wished]
        if gone:
            await self._feed.unsubscribe(gone)
            for one in gone:
                self._subscribed.pop(one, None)
        for mode in _MODES:
            added = [
                one for one, its_mode in wished.items() if its_mode is mode and self._subscribed.get(one) is not mode
            ]
            if added:
                await self._feed.subscribe(added, mode)
                self._subscribed.update(dict.fromkeys(added, mode))

    async def _wait_after(self, error: BrokerError, what: str) -> None:
        """Tell it once, then wait: twice as long after each failure in a row."""
        if not self._retries:
            self._hub.doubt(self._name, self._account, error)
        tries = self._retries.get(what, 0)
        self._retries[what] = tries + 1
        wait_s = min(self._hub.first_retry_s * 2**tries, _LONGEST_RETRY_S)
        if isinstance(error, RateLimited):
            wait_s = max(wait_s, error.retry_after_s)
        await asyncio.sleep(wait_s)

    def _settle_doubt(self, what: str) -> None:
        if self._retries.pop(what, None) is not None and not self._retries:
            self._hub.back(self._account)
