"""The rules of matching once more, slowly and plainly: lists, whole numbers and Decimal, written from their description only.

What is described stands in ``terminal_app/simulator/matching.py``; positions are at average cost. Nothing of the program is
used. Prices are Decimal rupees, times are seconds, sides are "BUY" and "SELL".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

Level = tuple[Decimal, int]
PROTECTION = Decimal(2)
STALE_AFTER_S = 60


@dataclass
class Order:
    """One order. ``stage``: "stop", "auction", "waiting", "resting" or "done"; ``seen`` is D of the description."""

    name: str
    account: str
    instrument: str
    side: str
    quantity: int
    kind: str
    limit: Decimal | None
    trigger: Decimal | None
    ioc: bool
    priority: int
    stage: str = "waiting"
    filled: int = 0
    ahead: int | None = None
    seen: int | None = None
    triggered: bool = False
    end: str | None = None
    band: tuple[Decimal, Decimal] | None = None
    tick: Decimal = Decimal("0.05")

    @property
    def left(self) -> int:
        """Units to fill."""
        return self.quantity - self.filled

    @property
    def status(self) -> str:
        """What its owner sees."""
        if self.end is not None:
            return self.end
        if self.stage == "stop":
            return "TRIGGER_PENDING"
        return "PARTIALLY_FILLED" if self.filled else "OPEN"


@dataclass
class Market:
    """What an instrument shows."""

    phase: str = "CONTINUOUS"
    last: Decimal | None = None
    at_s: float = 0
    steps: int = 0
    bids: list[Level] = field(default_factory=list)
    asks: list[Level] = field(default_factory=list)


@dataclass
class Position:
    """Signed units at average cost."""

    quantity: int = 0
    average: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)

    def trade(self, side: str, units: int, price: Decimal) -> None:
        """One unit after the other, as slowly as can be."""
        step = 1 if side == "BUY" else -1
        opened, before, cost = 0, 0, Decimal(0)
        for _ in range(units):
            if self.quantity * step < 0:
                self.realised += (price - self.average) * -step
                self.quantity += step
            else:
                opened += 1
                if opened == 1:
                    before, cost = abs(self.quantity), self.average * abs(self.quantity)
                self.quantity += step
        if opened:
            self.average = (cost + price * opened) / (before + opened)
        if self.quantity == 0:
            self.average = Decimal(0)


class ReferenceExchange:
    """Any number of accounts; ``fills`` are (account, order, side, units, price) in the order they happen."""

    def __init__(self, instruments: dict[str, tuple[Decimal, Decimal] | None]) -> None:
        self.bands = instruments
        self.markets = {name: Market() for name in instruments}
        self.orders: list[Order] = []
        self.fills: list[tuple[str, str, str, int, Decimal]] = []
        self.positions: dict[tuple[str, str], Position] = {}
        self.now_s = 0.0
        self.last_priority = 0

    # Orders.

    def refuses(self, order: Order) -> bool:
        """Whether a new order is turned away, as far as the moment and the price are concerned."""
        market = self.markets[order.instrument]
        if market.phase not in ("CONTINUOUS", "PRE_OPEN"):
            return True
        if market.phase == "PRE_OPEN" and (order.ioc or order.trigger is not None):
            return True
        if order.trigger is not None and self._is_reached(order, market.last):
            return True
        if order.kind == "MARKET" and market.last is None:
            return True  # nothing says what it may cost
        if order.kind == "MARKET" and market.phase == "CONTINUOUS":
            return self._is_stale(market) or (order.ioc and not self._is_usable(market))
        return False

    def place(self, order: Order) -> None:
        """Take a new order that is not refused."""
        self.orders.append(order)
        self._enter(order)

    def refuses_change(self, order: Order, kind: str, quantity: int, trigger: Decimal | None, *, ioc: bool) -> bool:
        """Whether a change of a working order is turned away."""
        market = self.markets[order.instrument]
        if kind == "MARKET" and market.last is None:
            return True
        if market.phase not in ("CONTINUOUS", "PRE_OPEN") or (market.phase == "PRE_OPEN" and ioc):
            return True
        if quantity <= order.filled:
            return True
        if trigger == order.trigger:
            return False
        return order.triggered or self._is_reached(order, market.last, trigger)

    def change(
        self, order: Order, kind: str, quantity: int, limit: Decimal | None, trigger: Decimal | None, *, ioc: bool
    ) -> None:
        """Change a working order: only less quantity keeps its place."""
        same = (order.kind, order.limit, order.trigger, order.ioc) == (kind, limit, trigger, ioc)
        if same and quantity <= order.quantity:
            order.quantity = quantity
            return
        order.kind, order.quantity, order.limit, order.trigger, order.ioc = kind, quantity, limit, trigger, ioc
        order.priority = self.next_priority()
        self._enter(order)

    def cancel(self, order: Order) -> None:
        """End a working order."""
        order.stage, order.end = "done", "CANCELLED"

    def next_priority(self) -> int:
        """Later ones are larger."""
        self.last_priority += 1
        return self.last_priority

    def _enter(self, order: Order) -> None:
        market = self.markets[order.instrument]
        if order.trigger is not None and not order.triggered:
            order.stage = "stop"
        elif market.phase != "CONTINUOUS":
            order.stage = "auction"
        elif self._is_usable(market):
            self._arrive(order)
        elif order.ioc:
            self.cancel(order)
        else:
            order.stage = "waiting"

    # Steps.

    def step(self, instrument: str, last: Decimal, traded: int, bids: list[Level], asks: list[Level]) -> None:
        """The market of one instrument moves at ``now_s``."""
        market = self.markets[instrument]
        working = [one for one in self.orders if one.instrument == instrument and one.stage != "done"]
        market.last, market.at_s = last, self.now_s
        market.steps += 1
        market.bids, market.asks = list(bids), list(asks)
        if market.phase in ("PRE_OPEN_MATCH", "BUFFER", "CONTINUOUS"):
            self._auction(working, last, traded)
        if market.phase != "CONTINUOUS":
            return
        if traded and market.steps > 1:
            self._print(working, last, traded)
        for order in working:
            if order.stage == "resting":
                self._follow_depth(order, last, traded)
        if market.steps == 1:
            return
        for order in sorted((one for one in working if one.stage == "waiting"), key=lambda one: one.priority):
            self._arrive(order)
        if traded:
            stops = [one for one in working if one.stage == "stop" and self._is_reached(one, last)]
            for order in sorted(stops, key=lambda one: one.priority):
                order.triggered = True
                self._arrive(order)

    def _auction(self, working: list[Order], price: Decimal, traded: int) -> None:
        collected = [one for one in working if one.stage == "auction"]
        for side in ("BUY", "SELL"):
            there = [one for one in collected if one.side == side]
            queue = sorted((one for one in there if one.limit is None), key=lambda one: one.priority)
            queue += [one for one in self._in_line(there) if one.limit is not None and betters(side, one.limit, price)]
            rest = traded if traded else 10**12
            for order in queue:
                units = min(order.left, rest)
                rest -= units
                self._fill(order, units, price)
        for order in collected:
            if order.stage == "done":
                continue
            order.stage = "waiting"
            if order.limit is None:
                order.kind, order.limit = "LIMIT", price

    def _print(self, working: list[Order], price: Decimal, traded: int) -> None:
        for side in ("BUY", "SELL"):
            taken = 0
            for order in self._in_line([one for one in working if one.side == side and one.stage == "resting"]):
                assert order.limit is not None
                if betters(side, order.limit, price):  # traded through
                    order.ahead = 0
                    free = traded
                elif order.limit == price and order.ahead is not None:
                    free = traded - min(order.ahead, traded)
                    order.ahead = max(0, order.ahead - traded)
                else:
                    continue
                units = min(order.left, max(0, free - taken))
                taken += units
                self._fill(order, units, order.limit)

    def _follow_depth(self, order: Order, last: Decimal, traded: int) -> None:
        assert order.limit is not None
        shown = self._displayed(order)
        if shown is not None:
            printed = traded if last == order.limit else 0
            if order.ahead is None:
                order.ahead = shown
            elif order.seen is None:
                order.ahead = min(order.ahead, shown)
            elif order.seen - printed > 0 and shown < order.seen - printed:
                share = Decimal(order.ahead * shown) / (order.seen - printed)
                order.ahead = int(share.to_integral_value(ROUND_CEILING))
        order.seen = shown

    def _displayed(self, order: Order) -> int | None:
        """What stands at its limit on its own side; None where that is out of sight."""
        market = self.markets[order.instrument]
        levels = market.bids if order.side == "BUY" else market.asks
        assert order.limit is not None
        at_limit = [units for price, units in levels if price == order.limit]
        if at_limit:
            return at_limit[0]
        if len(levels) < 5 or betters(order.side, order.limit, levels[-1][0]):
            return 0
        return None

    def _arrive(self, order: Order) -> None:
        market = self.markets[order.instrument]
        if order.limit is None:
            assert market.last is not None
            order.limit = protected(order, market.last if order.trigger is None else order.trigger)
        levels = market.asks if order.side == "BUY" else market.bids
        for place, (price, units) in enumerate(list(levels)):
            if betters(opposite(order.side), order.limit, price):
                break
            taken = min(units, order.left)
            levels[place] = (price, units - taken)
            self._fill(order, taken, price)
        if order.stage == "done":
            return
        if order.ioc:
            self.cancel(order)
            return
        order.stage = "resting"
        order.ahead = order.seen = self._displayed(order)
        order.kind = {"MARKET": "LIMIT", "SL_M": "SL"}.get(order.kind, order.kind)

    def _fill(self, order: Order, units: int, price: Decimal) -> None:
        if units <= 0:
            return
        order.filled += units
        self.fills.append((order.account, order.name, order.side, units, price))
        key = order.account, order.instrument
        self.positions.setdefault(key, Position()).trade(order.side, units, price)
        if order.left == 0:
            order.stage, order.end = "done", "FILLED"

    # Words of the description.

    def _in_line(self, orders: list[Order]) -> list[Order]:
        """Best price first, then the earlier one."""
        line: list[Order] = []
        for order in orders:
            place = 0
            while place < len(line) and not self._goes_before(order, line[place]):
                place += 1
            line.insert(place, order)
        return line

    @staticmethod
    def _goes_before(one: Order, other: Order) -> bool:
        if one.limit is None or other.limit is None or one.limit == other.limit:
            return one.priority < other.priority
        return betters(one.side, one.limit, other.limit)

    def _is_reached(self, order: Order, last: Decimal | None, trigger: Decimal | None = None) -> bool:
        trigger = trigger or order.trigger
        if last is None or trigger is None:
            return False
        return last >= trigger if order.side == "BUY" else last <= trigger

    def _is_stale(self, market: Market) -> bool:
        return self.now_s - market.at_s > STALE_AFTER_S

    def _is_usable(self, market: Market) -> bool:
        return market.steps >= 2 and not self._is_stale(market)


def betters(side: str, price: Decimal, than: Decimal) -> bool:
    """A higher bid, a lower ask."""
    return price > than if side == "BUY" else price < than


def opposite(side: str) -> str:
    """The other one."""
    return "SELL" if side == "BUY" else "BUY"


def protected(order: Order, base: Decimal) -> Decimal:
    """``base`` x (1 ± protection), rounded away from the market, within the band."""
    if order.side == "BUY":
        ticks = (base * (100 + PROTECTION) / 100 / order.tick).to_integral_value(ROUND_CEILING)
        limit = ticks * order.tick
        return limit if order.band is None else min(limit, order.band[1])
    ticks = (base * (100 - PROTECTION) / 100 / order.tick).to_integral_value(ROUND_FLOOR)
    limit = ticks * order.tick
    return limit if order.band is None else max(limit, order.band[0])
