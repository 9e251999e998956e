"""Random orders on a random market for the simulated exchange and the slow reference; they are compared after each action."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from terminal_app.domain.enums import OrderType, Product, SessionPhase, Side, Validity
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag
from terminal_app.domain.order import OrderChange, OrderRequest
from terminal_app.simulator.exchange import SimulatedExchange
from tests.helpers.market_script import RELIANCE, TCS, ScriptedMarket, clock, hours, margins, share
from tests.reference.matching import Level, Order, ReferenceExchange

TICK = Decimal("0.05")
BAND = (Decimal(90), Decimal(110))
ACCOUNTS = ("one", "two", "three")
INSTRUMENTS = {"RELIANCE": RELIANCE, "TCS": TCS}
LISTED = (share(RELIANCE, lower_circuit=BAND[0], upper_circuit=BAND[1]), share(TCS))
LAST_MINUTE = clock("15:05")
"""Before intraday positions are squared off: what ends a session has tests of its own."""

HOURS, MARGINS = hours(), margins()

_ticks = st.integers(-6, 6)
_units = st.one_of(st.integers(1, 12), st.integers(1, 300))
_levels = st.lists(st.tuples(st.sampled_from((1, 1, 1, 2, 3)), st.integers(1, 120)), max_size=5)
_OPENING = ((1, 50), (1, 80), (1, 100), (1, 120), (1, 150))
_names = st.sampled_from(sorted(INSTRUMENTS))
_sides = st.sampled_from(("BUY", "SELL"))


def price(ticks: int) -> Decimal:
    """A price this many ticks from 100."""
    return 100 + ticks * TICK


def _check(holds: bool, otherwise: str) -> None:
    assert holds, otherwise


def _tick_of(level: Decimal) -> int:
    return int((level - 100) / TICK)


class MatchingMachine(RuleBasedStateMachine):
    """Actions are drawn by hypothesis; ``agree`` runs after each."""

    @initialize(start=st.sampled_from(("10:00", "10:00", "09:02")))
    def open(self, start: str) -> None:
        self.start = clock(start)
        self.market = ScriptedMarket(self.start, LISTED)
        self.exchange = SimulatedExchange(self.market, HOURS, MARGINS)
        for account in ACCOUNTS:
            self.exchange.open_account(AccountId(account), None, Decimal(10**9))
        self.reference = ReferenceExchange({"RELIANCE": BAND, "TCS": None})
        self.ids: dict[str, BrokerOrderId] = {}
        self._last: dict[str, tuple[int, list[Level], list[Level]]] = {}
        self._follow_clock()
        if start == "10:00":
            for name in (*INSTRUMENTS, *INSTRUMENTS):
                self._tell(name, 1, 0, 0, _side(0, _OPENING, -1), _side(0, _OPENING, 1))

    # The market.

    @rule(
        name=_names,
        after_s=st.sampled_from((1, 1, 1, 20, 60)),
        last=_ticks,
        traded=st.one_of(st.just(0), st.integers(1, 40), st.integers(1, 400)),
        spread=st.integers(0, 2),
        bids=_levels,
        asks=_levels,
    )
    def step(
        self,
        name: str,
        after_s: int,
        last: int,
        traded: int,
        spread: int,
        bids: Sequence[tuple[int, int]],
        asks: Sequence[tuple[int, int]],
    ) -> None:
        """Another price with another depth."""
        self._tell(name, after_s, last, traded, _side(last - spread, bids, -1), _side(last - spread, asks, 1))

    @precondition(lambda self: self._last)
    @rule(
        data=st.data(),
        traded=st.one_of(st.just(0), st.integers(1, 60)),
        shrink=st.integers(0, 100),
    )
    def same_depth_again(self, data: st.DataObject, traded: int, shrink: int) -> None:
        """The levels stay and their quantities change, perhaps with a trade at one of them: queues move up."""
        name = data.draw(st.sampled_from(sorted(self._last)))
        last, bids, asks = self._last[name]
        at_levels = [_tick_of(level) for level, _units in (*bids, *asks)]
        last = data.draw(st.sampled_from([last, *at_levels]))
        bids, asks = [[(level, max(1, units * shrink // 50)) for level, units in one] for one in (bids, asks)]
        self._tell(name, 1, last, traded, bids, asks)

    @precondition(lambda self: self._working())
    @rule(
        data=st.data(),
        beyond=st.sampled_from((0, 0, 0, 1, 2)),
        traded=st.one_of(st.integers(1, 40), st.integers(1, 400)),
        bids=_levels,
        asks=_levels,
    )
    def step_at_an_order(
        self,
        data: st.DataObject,
        beyond: int,
        traded: int,
        bids: Sequence[tuple[int, int]],
        asks: Sequence[tuple[int, int]],
    ) -> None:
        """The market trades at an order's limit or trigger, or a little beyond it."""
        order = data.draw(st.sampled_from(self._working()))
        wish = order.limit or order.trigger
        if wish is None:
            return
        last = _tick_of(wish) + beyond * (-1 if order.side == "BUY" else 1)
        self._tell(order.instrument, 1, last, traded, _side(last, bids, -1), _side(last, asks, 1))

    @precondition(lambda self: self._resting())
    @rule(data=st.data(), better=st.integers(0, 3), traded=st.one_of(st.just(0), st.integers(1, 30)))
    def move_its_queue(self, data: st.DataObject, better: int, traded: int) -> None:
        """A resting order's price is displayed with a quantity like before; perhaps with a trade there."""
        order = data.draw(st.sampled_from(self._resting()))
        assert order.limit is not None
        sign = 1 if order.side == "BUY" else -1
        at, most = _tick_of(order.limit), max(2, order.seen or 60)
        best = at + sign * better
        own = [(price(best - sign * place), data.draw(st.integers(1, most))) for place in range(5)]
        other = [(price(best + sign * (place + 1)), 20) for place in range(data.draw(st.integers(0, 5)))]
        bids, asks = (own, other) if order.side == "BUY" else (other, own)
        self._tell(order.instrument, 1, at if traded else best, traded, bids, asks)

    def _resting(self) -> list[Order]:
        return [one for one in self._working() if one.stage == "resting"]

    @rule(seconds=st.sampled_from((1, 59, 61, 240, 600)))
    def wait(self, seconds: int) -> None:
        """Time without a price."""
        at = self.exchange.now + timedelta(seconds=seconds)
        if at < LAST_MINUTE:
            self.exchange.advance(at)
            self._follow_clock()

    # Orders.

    @rule(
        account=st.sampled_from(ACCOUNTS),
        name=_names,
        side=_sides,
        quantity=_units,
        kind=st.sampled_from(("LIMIT", "LIMIT", "LIMIT", "MARKET", "SL", "SL_M")),
        limit=_ticks,
        distance=st.integers(0, 3),
        ioc=st.sampled_from((False, False, False, True)),
    )
    def place(
        self, account: str, name: str, side: str, quantity: int, kind: str, limit: int, distance: int, ioc: bool
    ) -> None:
        """Any order that the contract allows; a stop's limit lies ``distance`` ticks behind its trigger."""
        sign = 1 if side == "BUY" else -1
        trigger = price(limit) if kind in ("SL", "SL_M") else None
        wish = {"LIMIT": price(limit), "SL": price(limit + sign * distance)}.get(kind)
        order = Order(
            name="",
            account=account,
            instrument=name,
            side=side,
            quantity=quantity,
            kind=kind,
            limit=wish,
            trigger=trigger,
            ioc=ioc,
            priority=0,
            band=self.reference.bands[name],
        )
        request = OrderRequest(
            INSTRUMENTS[name],
            Side(side),
            quantity,
            OrderType(kind),
            Product.INTRADAY,
            Validity.IOC if ioc else Validity.DAY,
            wish,
            trigger,
        )
        refused = self.reference.refuses(order)
        try:
            order_id = self.exchange.place(AccountId(account), request, ClientTag("tag"))
        except OrderRejected as error:
            _check(refused, f"refused without need: {error.message}")
            return
        _check(not refused, "should have been refused")
        order.priority = self.reference.next_priority()
        order.name = f"{account} {order_id}"
        self.ids[order.name] = order_id
        self.reference.place(order)

    @precondition(lambda self: self._last)
    @rule(data=st.data(), account=st.sampled_from(ACCOUNTS), side=_sides, quantity=_units)
    def queue_up(self, data: st.DataObject, account: str, side: str, quantity: int) -> None:
        """A limit at a displayed price of its own side: it stands behind others."""
        name = data.draw(st.sampled_from(sorted(self._last)))
        _last, bids, asks = self._last[name]
        levels = bids if side == "BUY" else asks
        if levels:
            sign = 1 if side == "BUY" else -1
            out_of_sight = levels[-1][0] - sign * TICK
            limit = _tick_of(data.draw(st.sampled_from([*(level for level, _units in levels), out_of_sight])))
            self.place(account, name, side, quantity, "LIMIT", limit, 0, False)

    def _working(self) -> list[Order]:
        return [one for one in self.reference.orders if one.stage != "done"]

    @precondition(lambda self: self._working())
    @rule(data=st.data(), what=st.sampled_from(("less", "more", "limit", "both", "ioc", "market", "trigger", "stop")))
    def modify(self, data: st.DataObject, what: str) -> None:
        """Change one thing or two of a working order."""
        order = data.draw(st.sampled_from(self._working()))
        kind, quantity, limit, trigger, ioc = order.kind, order.quantity, order.limit, order.trigger, order.ioc
        shift = data.draw(st.integers(-3, 3)) * TICK
        if what in ("less", "more", "both"):
            quantity = max(1, quantity + data.draw(st.integers(1, 40)) * (-1 if what == "less" else 1))
        if what in ("limit", "both") and kind == "LIMIT" and limit is not None:
            limit += shift
        if what == "ioc":
            ioc = True
        if what == "market" and kind == "LIMIT":
            kind, limit = "MARKET", None
        if what == "trigger" and kind == "SL" and limit is not None and trigger is not None:
            limit, trigger = limit + shift, trigger + shift
        if what == "stop" and kind == "LIMIT" and limit is not None:
            kind, trigger = "SL", limit
        self._modify(order, kind, quantity, limit, trigger, ioc=ioc)

    def _modify(
        self, order: Order, kind: str, quantity: int, limit: Decimal | None, trigger: Decimal | None, *, ioc: bool
    ) -> None:
        reference = self.reference
        refused = reference.refuses_change(order, kind, quantity, trigger, ioc=ioc)
        refused |= kind == "SL" and order.kind == "LIMIT" and (order.filled > 0 or self._phase(order) == "PRE_OPEN")
        change = OrderChange(
            quantity=quantity if quantity != order.quantity else None,
            limit_price=limit if limit != order.limit and kind in ("LIMIT", "SL") else None,
            trigger_price=trigger if trigger != order.trigger else None,
            order_type=OrderType(kind) if kind != order.kind else None,
            validity=Validity.IOC if ioc and not order.ioc else None,
        )
        try:
            self.exchange.modify(AccountId(order.account), self.ids[order.name], change)
        except OrderRejected as error:
            _check(refused, f"refused without need: {error.message}")
            return
        _check(not refused, "should have been refused")
        reference.change(order, kind, quantity, limit, trigger, ioc=ioc)

    @precondition(lambda self: self._working())
    @rule(data=st.data(), sure=st.sampled_from((False, False, True)))
    def cancel(self, data: st.DataObject, sure: bool) -> None:
        """Take a working order back, now and then."""
        if not sure:
            return
        order = data.draw(st.sampled_from(self._working()))
        try:
            self.exchange.cancel(AccountId(order.account), self.ids[order.name])
        except OrderRejected:
            assert self._phase(order) not in ("CONTINUOUS", "PRE_OPEN")
            return
        assert self._phase(order) in ("CONTINUOUS", "PRE_OPEN")
        self.reference.cancel(order)

    # The comparison.

    @invariant()
    def agree(self) -> None:
        """Orders, fills in their order, positions."""
        if not hasattr(self, "exchange"):
            return
        for account in ACCOUNTS:
            assert self._ours(account) == self._theirs(account)

    def _ours(self, account: str) -> dict[str, Any]:
        name = AccountId(account)
        orders = {
            f"{account} {order.broker_id}": (
                order.status.value,
                order.request.quantity,
                order.filled_quantity,
                order.request.order_type.value,
                order.request.limit_price,
            )
            for order in self.exchange.orders(name)
        }
        fills = [
            (f"{account} {fill.broker_order_id}", fill.side.value, fill.quantity, fill.price)
            for fill in self.exchange.fills(name)
        ]
        positions = {
            one.instrument.symbol: (one.quantity, _rounded(one.average_price), _rounded(one.realised_pnl))
            for one in self.exchange.positions(name).net
        }
        return {"orders": orders, "fills": fills, "positions": positions}

    def _theirs(self, account: str) -> dict[str, Any]:
        mine = [order for order in self.reference.orders if order.account == account]
        orders = {
            order.name: (
                order.status,
                order.quantity,
                order.filled,
                order.kind,
                order.limit if order.kind in ("LIMIT", "SL") else None,
            )
            for order in mine
        }
        fills = [fill[1:] for fill in self.reference.fills if fill[0] == account]
        positions = {
            name: (one.quantity, _rounded(one.average), _rounded(one.realised))
            for (owner, name), one in self.reference.positions.items()
            if owner == account
        }
        return {"orders": orders, "fills": fills, "positions": positions}

    # Helpers.

    def _tell(self, name: str, after_s: int, last: int, traded: int, bids: list[Level], asks: list[Level]) -> None:
        at = self.exchange.now + timedelta(seconds=after_s)
        if at >= LAST_MINUTE:
            return
        self.market.tell(at, INSTRUMENTS[name], str(price(last)), traded, _text(bids), _text(asks))
        self.exchange.advance(at)
        self._follow_clock()
        self.reference.step(name, price(last), traded, bids, asks)
        self._last[name] = (last, bids, asks)

    def _follow_clock(self) -> None:
        self.reference.now_s = (self.exchange.now - self.start).total_seconds()
        for listed in LISTED:
            phase = HOURS.phase(listed, self.exchange.now)
            self.reference.markets[listed.id.symbol].phase = phase.value

    def _phase(self, order: Order) -> str:
        return SessionPhase(self.reference.markets[order.instrument].phase).value


def _side(middle: int, levels: Sequence[tuple[int, int]], sign: int) -> list[Level]:
    """Levels that begin a tick from the middle, each a step further out."""
    shown, at = [], middle
    for gap, units in levels:
        at += sign * gap
        shown.append((price(at), units))
    return shown


def _text(levels: Sequence[Level]) -> list[tuple[str | int, int]]:
    return [(str(level), units) for level, units in levels]


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("1e-9"))
