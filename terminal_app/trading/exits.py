"""Exiting positions: cancel what works in them, sell or buy them back, look again, until they are proven flat or the rest is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from terminal_app.brokers.base import Capabilities
from terminal_app.domain.clock import Clock, ist
from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side
from terminal_app.domain.errors import BhavError
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.position import Position, PositionKey
from terminal_app.domain.values import ZERO, ceil_to_step, floor_to_step
from terminal_app.trading.checks import band
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.portfolio import Portfolio
from terminal_app.trading.words import units


class ExitPatience(Struct, frozen=True):
    """How long an exit tries: ``rounds`` of cancelling and selling, ``wait_s`` seconds for orders to close in each, ``pause_s`` before
    the second round, doubled for each further one.
    """

    rounds: int = 5
    wait_s: float = 5.0
    pause_s: float = 0.5


class ExitProgress(Struct, frozen=True):
    """How far an exit is: ``done`` of ``total`` positions are flat, and what is being done now."""

    done: int
    total: int
    text: str


class Remainder(Struct, frozen=True):
    """A position that is still open, or an order that still works in it: signed units and the reason in words."""

    key: PositionKey
    quantity: int
    reason: str


class ExitResult(Struct, frozen=True):
    """How an exit ended. ``verified_at`` (aware UTC) is when the broker itself showed every position flat; None where it did not."""

    account: AccountId
    verified_at: datetime | None
    remainders: tuple[Remainder, ...]
    orders: tuple[Order, ...]

    @property
    def is_flat(self) -> bool:
        """Whether nothing is left and the broker says so too."""
        return self.verified_at is not None and not self.remainders

    @property
    def text(self) -> str:
        """The result in words."""
        if self.is_flat and self.verified_at is not None:
            return f"flat, verified {ist(self.verified_at):%H:%M:%S}"
        left = "; ".join(
            f"{rest.key.instrument} {units(rest.quantity)} left: {rest.reason}" for rest in self.remainders
        )
        return left or "The broker could not be asked whether everything is flat."


class Exits:
    """Closes positions through the desk. Every order it sends may only reduce.

    Working orders of the chosen positions are cancelled first; "exit all" cancels every working order of the account, because one that
    fills afterwards would open a position again.
    """

    def __init__(
        self,
        desk: OrderDesk,
        portfolio: Portfolio,
        clock: Clock,
        catalogue: Callable[[InstrumentId], Instrument | None],
        quotes: Callable[[InstrumentId], Quote | None],
        patience: ExitPatience | None = None,
    ) -> None:
        self._desk = desk
        self._portfolio = portfolio
        self._clock = clock
        self._catalogue = catalogue
        self._quotes = quotes
        self._patience = patience or ExitPatience()

    def open_keys(self, account: AccountId) -> tuple[PositionKey, ...]:
        """What "exit all" closes: every open position but sold holdings, which only look like a short position."""
        return tuple(position.key for position in self._portfolio.positions(account) if _is_exposure(position))

    async def exit_all(self, account: AccountId, progress: Callable[[ExitProgress], None] | None = None) -> ExitResult:
        """Close every open position of an account, also those that only the broker knows of."""
        return await self._exit(account, None, progress)

    async def exit(
        self,
        account: AccountId,
        keys: Iterable[PositionKey],
        progress: Callable[[ExitProgress], None] | None = None,
    ) -> ExitResult:
        """Close these positions. Cancelling it stops after the order on its way; ``progress`` is told before each move."""
        return await self._exit(account, tuple(dict.fromkeys(keys)), progress)

    async def _exit(
        self,
        account: AccountId,
        wanted: tuple[PositionKey, ...] | None,
        progress: Callable[[ExitProgress], None] | None,
    ) -> ExitResult:
        attempt = _Attempt(self, account, wanted, progress or _nothing)
        return await attempt.run()


class _Attempt:
    """One exit from its first cancel to its proof."""

    def __init__(
        self,
        exits: Exits,
        account: AccountId,
        wanted: tuple[PositionKey, ...] | None,
        progress: Callable[[ExitProgress], None],
    ) -> None:
        self._desk = exits._desk
        self._portfolio = exits._portfolio
        self._clock = exits._clock
        self._catalogue = exits._catalogue
        self._quotes = exits._quotes
        self._patience = exits._patience
        self._account = account
        self._wanted = wanted
        self._progress = progress
        self._orders: list[Order] = []
        self._reasons: dict[PositionKey, str] = {}
        self._seen: dict[PositionKey, None] = {}
        self._unsure: set[PositionKey] = set()

    async def run(self) -> ExitResult:
        pause_s = self._patience.pause_s
        refused_before = False
        for round_number in range(self._patience.rounds):
            if round_number:
                await asyncio.sleep(pause_s)
                pause_s *= 2
            await self._cancel_working()
            left = await self._left()
            if left is not None and not any(left.values()) and not self._unsure and not self._working():
                return ExitResult(self._account, self._clock.now(), (), self._latest())
            if left is None:
                continue
            refused = await self._close(left)
            if refused and refused_before:
                break
            refused_before = refused
        return await self._what_is_left()

    async def _cancel_working(self) -> None:
        working = self._working()
        if not working:
            return
        self._tell(f"Cancelling {len(working)} working {'order' if len(working) == 1 else 'orders'}")
        await asyncio.gather(*(self._cancel(order) for order in working))
        await self._desk.until(self._account, lambda: not self._working(), self._patience.wait_s)

    async def _cancel(self, order: Order) -> None:
        assert order.client_id is not None
        key = PositionKey(order.instrument, order.request.product)
        try:
            async with asyncio.timeout(self._patience.wait_s):
                await self._desk.cancel(self._account, order.client_id)
        except TimeoutError:
            self._reasons[key] = "a working order in it could not be cancelled in time"
        except BhavError as error:
            latest = self._desk.order(self._account, order.client_id)
            if latest is not None and not latest.status.is_closed:
                self._reasons[key] = error.message

    async def _left(self) -> dict[PositionKey, int] | None:
        """What is open, by the broker and by our own book together; None while the broker cannot be asked.

        Where the two differ one of them is late. Then only what both agree on is closed, so that nothing is sold twice.
        """
        try:
            net = await self._portfolio.refresh(self._account)
        except BhavError as error:
            for key in self._keys(()):
                self._reasons[key] = error.message
            return None
        theirs = {position.key: position.quantity for position in net}
        if any(self._ours(key) != theirs.get(key, 0) for key in self._keys(net)):
            with suppress(BhavError):  # perhaps a fill was not heard of; if not, the difference is named below
                await self._desk.reconcile(self._account)
        left: dict[PositionKey, int] = {}
        for key in self._keys(net):
            ours = self._ours(key)
            broker = theirs.get(key, 0)
            left[key] = ours if abs(ours) <= abs(broker) else broker
            if ours != broker:
                self._reasons[key] = f"the broker shows {units(broker)} and our own book {units(ours)}"
                if ours * broker <= 0:
                    left[key] = 0
                    self._unsure.add(key)
                    continue
            self._unsure.discard(key)
        return left

    async def _close(self, left: dict[PositionKey, int]) -> bool:
        """Send what closes the rest; whether everything that was sent was refused."""
        sent: list[Order] = []
        for key, quantity in left.items():
            if quantity == 0:
                continue
            request = self._request(key, quantity)
            if request is None:
                continue
            self._tell(f"Closing {units(quantity)} {key.instrument}")
            orders = await self._desk.submit_sliced(self._account, request, must_reduce=True)
            sent += orders
            for order in orders:
                if order.status in (OrderStatus.DENIED, OrderStatus.REJECTED):
                    self._reasons[key] = order.reason
                elif order.status is OrderStatus.UNKNOWN:
                    self._reasons[key] = "an order to close it has no answer yet"
        self._orders += sent
        if not sent:
            return not self._unsure
        await self._desk.until(
            self._account, lambda: all(self._is_closed(order) for order in sent), self._patience.wait_s
        )
        return all(order.status in (OrderStatus.DENIED, OrderStatus.REJECTED) for order in sent)

    def _request(self, key: PositionKey, quantity: int) -> OrderRequest | None:
        side = Side.SELL if quantity > 0 else Side.BUY
        capabilities = self._desk.capabilities(self._account)
        if OrderType.MARKET in capabilities.order_types:
            return OrderRequest(key.instrument, side, abs(quantity), OrderType.MARKET, key.product)
        limit = self._protected(key.instrument, side, capabilities)
        if limit is None:
            self._reasons[key] = "there is no price for it, and this broker takes no market orders"
            return None
        return OrderRequest(key.instrument, side, abs(quantity), OrderType.LIMIT, key.product, limit_price=limit)

    def _protected(self, id: InstrumentId, side: Side, capabilities: Capabilities) -> Decimal | None:
        """A limit that trades at once within the broker's market protection, within today's band (market-rules 8)."""
        instrument, quote = self._catalogue(id), self._quotes(id)
        if instrument is None or quote is None or quote.last_price is None:
            return None
        distance = quote.last_price * capabilities.default_protection / 100 * side.sign
        lower, upper = band(instrument, quote)
        wish = quote.last_price + distance
        if side is Side.BUY:
            limit = ceil_to_step(wish, instrument.tick_size)
            return limit if upper is None else min(limit, floor_to_step(upper, instrument.tick_size))
        limit = floor_to_step(wish, instrument.tick_size)
        limit = limit if lower is None else max(limit, ceil_to_step(lower, instrument.tick_size))
        return limit if limit > ZERO else instrument.tick_size

    async def _what_is_left(self) -> ExitResult:
        """After the last round: the broker's word once more, and the reason for what is not flat."""
        left = await self._left()
        remainders = []
        for key in self._keys(()):
            quantity = self._ours(key) if left is None or key in self._unsure else left[key]
            if quantity or key in self._unsure or left is None:
                reason = self._reasons.get(key, "it could not be closed in time")
                remainders.append(Remainder(key, quantity, reason))
        for order in self._working():
            key = PositionKey(order.instrument, order.request.product)
            if all(rest.key != key for rest in remainders):
                remainders.append(Remainder(key, 0, "an order in it is still working"))
        verified = self._clock.now() if left is not None and not remainders else None
        return ExitResult(self._account, verified, tuple(remainders), self._latest())

    def _keys(self, net: Iterable[Position]) -> tuple[PositionKey, ...]:
        if self._wanted is not None:
            return self._wanted
        for position in (*self._portfolio.positions(self._account), *net):
            if _is_exposure(position):
                self._seen.setdefault(position.key)
        return tuple(self._seen)

    def _working(self) -> list[Order]:
        """Orders of the positions that are not closed yet; for "exit all" also those that would open something new."""
        keys = set(self._keys(()))
        return [
            order
            for order in self._desk.orders(self._account)
            if not order.status.is_closed
            and (self._wanted is None or PositionKey(order.instrument, order.request.product) in keys)
        ]

    def _ours(self, key: PositionKey) -> int:
        return self._portfolio.quantity(self._account, key)

    def _is_closed(self, order: Order) -> bool:
        latest = self._desk.order(self._account, order.client_id) if order.client_id is not None else None
        return latest is None or latest.status.is_closed

    def _latest(self) -> tuple[Order, ...]:
        return tuple(
            (self._desk.order(self._account, order.client_id) if order.client_id is not None else None) or order
            for order in self._orders
        )

    def _tell(self, text: str) -> None:
        keys = self._keys(())
        done = sum(1 for key in keys if self._ours(key) == 0)
        self._progress(ExitProgress(done, len(keys), text))


def _is_exposure(position: Position) -> bool:
    return position.quantity != 0 and (position.quantity > 0 or position.product is not Product.DELIVERY)


def _nothing(_progress: ExitProgress) -> None:
    """Nobody wants to know."""
