"""Money of a simulated account: cash, what positions and orders block, and what an order needs.

Cash is the opening cash, plus what margined positions (intraday shares, futures) realised today, less what was paid for
delivery and option premium, plus what was received for them. Profits of open positions are not money until they are
realised; losses of open margined positions lower what is available. Nothing is charged.

Blocked are: intraday shares at their entry value over the leverage; derivatives by ``MarginTable.blocked``. A working
order blocks what it would need if the orders before it had reduced what they reduce, and then it filled by itself; an
order that only reduces an open position blocks nothing.
A limit order is valued at its limit, any other at its trigger or the last price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from terminal_app.domain.enums import InstrumentKind, Product, Side
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.margins import Blocked, Leg, MarginTable
from terminal_app.domain.position import Position, PositionKey
from terminal_app.domain.values import ZERO, to_money
from terminal_app.simulator.accounts import SimulatedAccount, is_cash_settled
from terminal_app.simulator.orders import ExchangeOrder


class Prices(Protocol):
    """What the market says of instruments; rupees."""

    def mark(self, id: InstrumentId) -> Decimal | None:
        """The last price; None where there was none."""
        ...

    def reference(self, instrument: Instrument) -> Decimal:
        """The value of a derivative's underlying, for margins."""
        ...


class Wish(Struct, frozen=True):
    """An order, or what is left of one, as far as money is concerned. ``price`` is rupees a unit."""

    instrument: Instrument
    side: Side
    product: Product
    quantity: int
    price: Decimal

    @property
    def key(self) -> PositionKey:
        """The position that it would change."""
        return PositionKey(self.instrument.id, self.product)


class Part(Struct, frozen=True):
    """A wish, and how many of its units open something."""

    wish: Wish
    opens: int

    @property
    def value(self) -> Decimal:
        """Rupees of what it opens."""
        return self.wish.price * self.opens * self.wish.instrument.multiplier

    @property
    def added_value(self) -> Decimal:
        """Rupees of what it opens beyond what it closes: turning a position around frees what the old one blocked."""
        return self.wish.price * max(0, 2 * self.opens - self.wish.quantity) * self.wish.instrument.multiplier


class Claims:
    """How much of each open position the working orders before one reduce already."""

    def __init__(self, units: Counter[tuple[PositionKey, Side]] | None = None) -> None:
        self._units = units or Counter()

    def copy(self) -> Claims:
        """The claims as they stand."""
        return Claims(self._units.copy())

    def take(self, key: PositionKey, side: Side, quantity: int, open_quantity: int) -> int:
        """Claim what an order reduces of a position with ``open_quantity`` signed units; the units."""
        reducible = max(0, -side.sign * open_quantity) - self._units[key, side]
        reduces = max(0, min(quantity, reducible))
        self._units[key, side] += reduces
        return reduces

    def left_of(self, position: Position) -> int:
        """Signed units that nobody reduces."""
        side = Side.SELL if position.quantity > 0 else Side.BUY
        return position.quantity + side.sign * self._units[position.key, side]


class Need(Struct, frozen=True):
    """What wishes need, by parts, in rupees. A credit is negative."""

    span: Decimal = ZERO
    exposure: Decimal = ZERO
    premium: Decimal = ZERO
    delivery: Decimal = ZERO
    intraday: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All parts together, never below zero, to the paisa."""
        parts = self.span + self.exposure + self.premium + self.delivery + self.intraday
        return to_money(max(ZERO, parts))

    @property
    def parts(self) -> tuple[tuple[str, Decimal], ...]:
        """The parts that are not zero, with the names that a user reads."""
        named = (
            ("Span", self.span),
            ("Exposure", self.exposure),
            ("Premium", self.premium),
            ("Delivery", self.delivery),
            ("Intraday", self.intraday),
        )
        return tuple((name, to_money(amount)) for name, amount in named if amount)


class Purse:
    """Answers what an account has and what orders need."""

    def __init__(self, table: MarginTable, prices: Prices) -> None:
        self._table = table
        self._prices = prices

    def cash(self, account: SimulatedAccount) -> Decimal:
        """Money of the account if nothing were blocked."""
        return (
            account.opening + self._realised(account) - self._paid(account, Product.DELIVERY) - self._premium(account)
        )

    def available(self, account: SimulatedAccount, *, without: ExchangeOrder | None = None) -> Decimal:
        """What a new order may use. ``without`` leaves one working order out, for its modification."""
        positions = self._positions_blocked(account)
        orders = sum((need.total for need in self._orders_need(account, without)), ZERO)
        free = self.cash(account) - positions.total - self._intraday(account) - orders - self._open_loss(account)
        return to_money(free)

    def need(self, account: SimulatedAccount, wishes: Sequence[Wish], *, without: ExchangeOrder | None = None) -> Need:
        """What these wishes need together, on top of what is blocked. Raises ConfigError where a rate is missing."""
        claimed = Claims()
        for order in account.working():
            if order is not without:
                _part(account, self._wish(order), claimed)
        before = claimed.copy()
        return self._need(account, [_part(account, wish, claimed) for wish in wishes], before)

    def margin(self, account: SimulatedAccount, wishes: Sequence[Wish]) -> Margin:
        """What the broker's margin calculator says."""
        need = self.need(account, wishes)
        return Margin(need.total, self.available(account), need.parts)

    def funds(self, account: SimulatedAccount, at: datetime) -> Funds:
        """The money page: ``available`` = opening + credits - ``used``."""
        blocked = self._positions_blocked(account)
        paid, premium = self._paid(account, Product.DELIVERY), self._premium(account)
        orders = sum((need.total for need in self._orders_need(account, None)), ZERO)
        used = (
            ("Span", blocked.span),
            ("Exposure", blocked.exposure),
            ("Option premium", max(ZERO, premium)),
            ("Delivery", max(ZERO, paid)),
            ("Intraday", self._intraday(account)),
            ("Working orders", orders),
            ("Open loss", self._open_loss(account)),
        )
        received = (
            ("Realised P&L", self._realised(account)),
            ("Premium received", max(ZERO, -premium)),
            ("Delivery sold", max(ZERO, -paid)),
        )
        return Funds(
            opening=to_money(account.opening),
            available=self.available(account),
            used=to_money(sum((amount for _name, amount in used), ZERO)),
            as_of=at,
            parts=tuple((name, to_money(amount)) for name, amount in (*used, *received) if amount),
        )

    def mark(self, account: SimulatedAccount, position: Position) -> Decimal:
        """What a position is valued at a unit: the last price, else the last one remembered, else its own."""
        live = self._prices.mark(position.instrument)
        if live is not None:
            return live
        return account.marks.get(position.instrument) or position.carried_price or position.average_price

    def _realised(self, account: SimulatedAccount) -> Decimal:
        return sum(
            (position.realised_pnl for position in account.positions.values() if not self._settles(account, position)),
            ZERO,
        )

    def _paid(self, account: SimulatedAccount, product: Product) -> Decimal:
        chosen = (position for key, position in account.positions.items() if key.product is product)
        return sum((position.buy_value - position.sell_value for position in chosen), ZERO)

    def _premium(self, account: SimulatedAccount) -> Decimal:
        options = (
            position
            for position in account.positions.values()
            if account.instruments[position.instrument].kind is InstrumentKind.OPTION
        )
        return sum(((one.buy_value - one.sell_value) * one.multiplier for one in options), ZERO)

    def _settles(self, account: SimulatedAccount, position: Position) -> bool:
        return is_cash_settled(account.instruments[position.instrument], position.product)

    def _open_loss(self, account: SimulatedAccount) -> Decimal:
        margined = (
            position.unrealised_pnl(self.mark(account, position))
            for position in account.positions.values()
            if position.is_open and not self._settles(account, position)
        )
        return max(ZERO, -sum(margined, ZERO))

    def _intraday(self, account: SimulatedAccount) -> Decimal:
        shares = (
            position.notional(position.average_price)
            for position in account.positions.values()
            if position.product is Product.INTRADAY and not account.instruments[position.instrument].is_derivative
        )
        value = sum(shares, ZERO)
        return value / self._table.intraday_leverage(account.day) if value else ZERO

    def _positions_blocked(self, account: SimulatedAccount) -> Blocked:
        return self._table.blocked(self._legs(account, Claims()), account.day)

    def _legs(self, account: SimulatedAccount, claimed: Claims) -> list[Leg]:
        """Open contracts, without what working orders reduce of them."""
        legs: list[Leg] = []
        for position in account.positions.values():
            instrument = account.instruments[position.instrument]
            quantity = claimed.left_of(position)
            if quantity and instrument.is_derivative:
                reference = self._prices.reference(instrument)
                mark = self.mark(account, position)
                legs.append(Leg(instrument, quantity, mark, reference, position.average_price))
        return legs

    def _orders_need(self, account: SimulatedAccount, without: ExchangeOrder | None) -> Iterable[Need]:
        claimed = Claims()
        for order in account.working():
            if order is not without:
                before = claimed.copy()
                yield self._need(account, [_part(account, self._wish(order), claimed)], before)

    def _wish(self, order: ExchangeOrder) -> Wish:
        request = order.request
        price = request.limit_price or request.trigger_price or self._prices.mark(request.instrument) or ZERO
        return Wish(order.instrument, request.side, request.product, order.remaining, price)

    def _need(self, account: SimulatedAccount, parts: Sequence[Part], claimed: Claims) -> Need:
        parts = [part for part in parts if part.opens > 0]
        contracts = [part for part in parts if part.wish.instrument.is_derivative]
        shares = [part for part in parts if not part.wish.instrument.is_derivative]
        delivery = sum(
            (one.value for one in shares if one.wish.product is Product.DELIVERY and one.wish.side is Side.BUY), ZERO
        )
        intraday = sum((one.added_value for one in shares if one.wish.product is Product.INTRADAY), ZERO)
        if intraday:
            intraday /= self._table.intraday_leverage(account.day)
        if not contracts:
            return Need(delivery=delivery, intraday=intraday)
        change, premium = self._contracts_need(account, contracts, claimed)
        return Need(change.span, change.exposure, premium, delivery, intraday)

    def _contracts_need(
        self, account: SimulatedAccount, parts: Sequence[Part], claimed: Claims
    ) -> tuple[Blocked, Decimal]:
        wishes = [part.wish for part in parts]
        groups = {(wish.instrument.exchange, wish.instrument.underlying, wish.instrument.expiry) for wish in wishes}
        held = [
            leg
            for leg in self._legs(account, claimed)
            if (leg.instrument.exchange, leg.instrument.underlying, leg.instrument.expiry) in groups
        ]
        added = [self._leg(wish) for wish in wishes]
        change = self._table.blocked([*held, *added], account.day) - self._table.blocked(held, account.day)
        options = (part for part in parts if part.wish.instrument.kind is InstrumentKind.OPTION)
        premium = sum((part.wish.side.sign * part.value for part in options), ZERO)
        only_buys_options = all(
            wish.side is Side.BUY and wish.instrument.kind is InstrumentKind.OPTION for wish in wishes
        )
        if only_buys_options and change.total < 0:
            return Blocked(), premium  # an option is paid in full; what it hedges is freed when it is there
        return change, premium

    def _leg(self, wish: Wish) -> Leg:
        reference = self._prices.reference(wish.instrument)
        return Leg(wish.instrument, wish.side.sign * wish.quantity, wish.price, reference, wish.price)


def _part(account: SimulatedAccount, wish: Wish, claimed: Claims) -> Part:
    """What a wish opens. Delivery buys are paid in full and delivery sells need no money, whatever is open."""
    if wish.product is Product.DELIVERY:
        return Part(wish, wish.quantity)
    return Part(wish, wish.quantity - claimed.take(wish.key, wish.side, wish.quantity, account.open_quantity(wish.key)))
