"""Money of a simulated account: cash, what positions and orders block, and what an order needs.

Cash is the opening cash, plus what margined positions (intraday shares, futures) realised today, less what was paid for
delivery and option premium, plus what was received for them. Profits of open positions are not money until they are
realised; losses of open margined positions lower what is available. Nothing is charged.

Blocked are: intraday shares at their entry value over the leverage; derivatives by ``MarginTable.blocked``. A working
order blocks what it would need if it filled by itself; the part that only reduces an open position blocks nothing.
A limit order is valued at its limit, any other at its trigger or the last price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Wish:
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

    @property
    def value(self) -> Decimal:
        """Rupees of the whole quantity."""
        return self.price * self.quantity * self.instrument.multiplier


@dataclass(frozen=True, slots=True)
class Need:
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
        claimed: Counter[tuple[PositionKey, Side]] = Counter()
        for order in account.working():
            if order is not without:
                _opening(account, self._wish(order), claimed)
        return self._need(account, [_opening(account, wish, claimed) for wish in wishes])

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
        return self._table.blocked(self._legs(account), account.day)

    def _legs(self, account: SimulatedAccount) -> list[Leg]:
        legs: list[Leg] = []
        for position in account.positions.values():
            instrument = account.instruments[position.instrument]
            if position.is_open and instrument.is_derivative:
                reference = self._prices.reference(instrument)
                mark = self.mark(account, position)
                legs.append(Leg(instrument, position.quantity, mark, reference, position.average_price))
        return legs

    def _orders_need(self, account: SimulatedAccount, without: ExchangeOrder | None) -> Iterable[Need]:
        claimed: Counter[tuple[PositionKey, Side]] = Counter()
        for order in account.working():
            if order is not without:
                yield self._need(account, [_opening(account, self._wish(order), claimed)])

    def _wish(self, order: ExchangeOrder) -> Wish:
        request = order.request
        price = request.limit_price or request.trigger_price or self._prices.mark(request.instrument) or ZERO
        return Wish(order.instrument, request.side, request.product, order.remaining, price)

    def _need(self, account: SimulatedAccount, wishes: Sequence[Wish]) -> Need:
        """``wishes`` are already without what only reduces."""
        wishes = [wish for wish in wishes if wish.quantity > 0]
        contracts = [wish for wish in wishes if wish.instrument.is_derivative]
        shares = [wish for wish in wishes if not wish.instrument.is_derivative]
        delivery = sum((one.value for one in shares if one.product is Product.DELIVERY and one.side is Side.BUY), ZERO)
        intraday = sum((one.value for one in shares if one.product is Product.INTRADAY), ZERO)
        if intraday:
            intraday /= self._table.intraday_leverage(account.day)
        if not contracts:
            return Need(delivery=delivery, intraday=intraday)
        change, premium = self._contracts_need(account, contracts)
        return Need(change.span, change.exposure, premium, delivery, intraday)

    def _contracts_need(self, account: SimulatedAccount, wishes: Sequence[Wish]) -> tuple[Blocked, Decimal]:
        groups = {(wish.instrument.exchange, wish.instrument.underlying, wish.instrument.expiry) for wish in wishes}
        held = [
            leg
            for leg in self._legs(account)
            if (leg.instrument.exchange, leg.instrument.underlying, leg.instrument.expiry) in groups
        ]
        added = [self._leg(wish) for wish in wishes]
        change = self._table.blocked([*held, *added], account.day) - self._table.blocked(held, account.day)
        premium = sum(
            (wish.side.sign * wish.value for wish in wishes if wish.instrument.kind is InstrumentKind.OPTION), ZERO
        )
        only_buys_options = all(
            wish.side is Side.BUY and wish.instrument.kind is InstrumentKind.OPTION for wish in wishes
        )
        if only_buys_options and change.total < 0:
            return Blocked(), premium  # an option is paid in full; what it hedges is freed when it is there
        return change, premium

    def _leg(self, wish: Wish) -> Leg:
        reference = self._prices.reference(wish.instrument)
        return Leg(wish.instrument, wish.side.sign * wish.quantity, wish.price, reference, wish.price)


def _opening(account: SimulatedAccount, wish: Wish, claimed: Counter[tuple[PositionKey, Side]]) -> Wish:
    """The part of a wish that opens something. ``claimed`` counts what earlier ones reduce already.

    Delivery buys are paid in full and delivery sells need no money, whatever is open.
    """
    if wish.product is Product.DELIVERY:
        return wish
    open_quantity = max(0, -wish.side.sign * account.open_quantity(wish.key))
    reduces = min(wish.quantity, max(0, open_quantity - claimed[wish.key, wish.side]))
    claimed[wish.key, wish.side] += reduces
    return Wish(wish.instrument, wish.side, wish.product, wish.quantity - reduces, wish.price)
