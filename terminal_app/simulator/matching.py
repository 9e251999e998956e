"""The matching of one instrument's orders against the market's steps.

This is the whole rule; prices are paise, quantities units, and everything is an integer.

**The market.** A step of an instrument brings its last price L, the units T that were traded at L in the step, and up
to five displayed levels a side. A step *prints* at L with T units when T > 0; with T = 0 it changes the quotes only.
Own orders, of whichever account, are not part of the displayed depth, and they never trade with each other.

**Usable prices.** The depth of an instrument may be used from its second step of a trading day on, in continuous
trading, and while its last step is at most 60 seconds of exchange time old. A first price fills nothing and triggers
nothing.

**Arrival.** An arriving order takes the displayed levels of the other side, best first, as far as its limit allows,
each fill at the level's price. What it took is gone from the displayed depth until the instrument's next step brings a
new one. A market order gets its limit on arrival: last price x (1 ± protection), rounded to the tick away from the
market and clamped to the price band; a stop-market takes its trigger in the last price's place. What is left of an IOC
order is cancelled; what is left of any other rests at the limit (a market order is a limit order from then on). An
order that meets no usable price waits and arrives with the first step that makes one usable, after that step's depth;
an IOC order does not wait, it is cancelled.

**The queue.** A resting order remembers the quantity A that stands ahead of it: what is displayed at its price, on its
own side, when it comes to rest; 0 where its price betters the best of its side or lies between two levels; unknown
where it lies beyond five displayed levels (fewer than five levels are the whole book: 0). With D the displayed quantity
at its price when it was last in sight, each later step changes A so:

1. a print at its price with T units lowers A by T, not below 0 (an unknown A stays unknown);
2. then the new depth shows D' at its price. A was unknown: A = D'. D was out of sight in between: A = min(A, D').
   Otherwise, with T the units printed at its price in this step (0 if none): if D' < D - T, orders were withdrawn, and
   A becomes A x D' / (D - T), rounded up. More than before has queued up behind. Out of sight: A stays.

**Prints.** For a print at L with T units, the resting buys with a limit at or above L (sells: at or below) are served
best price first, then by time priority. A limit beyond L (the market traded *through* it) has nobody ahead: A = 0, and
it may take T less what own orders took of this print before. A limit exactly at L may take T less min(A, T), A before
this print, less what own orders took of it before; with unknown A nothing. Every such fill is at the order's own limit.
Buys and sells are counted apart, and the buys are filled first. A limit that the market has not traded through, and
whose queue is not used up, never fills; quotes that move without a print fill nothing.

**Within a step** the order is: prints, new depth and queues, waiting orders arrive by time priority, stops. A print at
or beyond the trigger (buy: L >= trigger, sell: L <= trigger) triggers; triggered orders arrive by time priority.

**Priority.** A change of the limit, the trigger, the type or the validity, or more quantity, makes an order arrive anew
with a new time priority. Less quantity keeps its place and its A.

**Auctions.** Orders of an auction are collected. The first step of the instrument in the match, the buffer or (at the
open) the continuous phase brings the one price E: the recorded or generated price stands for the equilibrium. Market
orders, then limits better than E by price, then time, fill at E, each side together up to the step's T units (without
limit where T = 0). Limits exactly at E do not fill: how many stood before them is not known. Unmatched market orders of
the opening become limits at E. What is left at the open arrives in continuous trading with the second step at the
earliest; what is left at the close is cancelled at the end of the session. E is the day's first price and fills all the
same, because everybody in the auction had part in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from terminal_app.domain.enums import OrderStatus, OrderType, Side, Validity
from terminal_app.domain.values import from_paise
from terminal_app.simulator.orders import ExchangeOrder, Stage, protected_limit

REST_CANCELLED = "IOC: what could not be filled at once was cancelled."


class Print(Struct, frozen=True):
    """A trade of the market."""

    price_paise: int
    units: int


class Execution(NamedTuple):
    """One fill that is to be booked."""

    order: ExchangeOrder
    quantity: int
    price_paise: int


class Levels(Struct, frozen=True):
    """One displayed side, best first, as views of the market's arrays: taking changes what is displayed."""

    side: Side
    prices: NDArray[np.int64]
    quantities: NDArray[np.int64]

    def displayed(self, price_paise: int) -> int | None:
        """The quantity displayed at a price: 0 where nothing stands there, None where the price is out of sight."""
        for level, quantity in zip(self.prices.tolist(), self.quantities.tolist(), strict=True):
            if level == 0:
                return 0
            if level == price_paise:
                return int(quantity)
            if _better(self.side, price_paise, level):
                return 0
        return None

    def take(self, quantity: int, limit_paise: int) -> list[tuple[int, int]]:
        """Take up to ``quantity`` from the levels that somebody of the other side may trade at within his limit."""
        taken: list[tuple[int, int]] = []
        for place, price in enumerate(self.prices.tolist()):
            if quantity == 0 or price == 0 or _better(self.side.opposite, price, limit_paise):
                break
            units = min(quantity, int(self.quantities[place]))
            if units > 0:
                self.quantities[place] -= units
                quantity -= units
                taken.append((units, price))
        return taken


class Ladder(Struct, frozen=True):
    """Both displayed sides."""

    bids: Levels
    asks: Levels

    def own(self, side: Side) -> Levels:
        """Where an order of this side queues."""
        return self.bids if side is Side.BUY else self.asks

    def other(self, side: Side) -> Levels:
        """What an order of this side takes."""
        return self.asks if side is Side.BUY else self.bids


def _better(side: Side, price: int, than: int) -> bool:
    """Whether a price has priority over another on its side: a higher bid, a lower ask."""
    return price > than if side is Side.BUY else price < than


def arrive(order: ExchangeOrder, last_paise: int, ladder: Ladder) -> list[Execution]:
    """Let an order meet the displayed depth; what is left of it rests, or is cancelled where it is IOC."""
    if order.limit_paise is None:
        base = last_paise if order.trigger_paise is None else order.trigger_paise
        order.limit_paise = protected_limit(order, base)
    executions: list[Execution] = []
    for quantity, price in ladder.other(order.side).take(order.remaining, order.limit_paise):
        order.take(quantity, price)
        executions.append(Execution(order, quantity, price))
    if order.is_working:
        _settle_rest(order, ladder)
    return executions


def _settle_rest(order: ExchangeOrder, ladder: Ladder) -> None:
    if order.request.validity is Validity.IOC:
        order.finish(OrderStatus.CANCELLED, REST_CANCELLED)
        return
    assert order.limit_paise is not None
    order.stage = Stage.RESTING
    order.ahead = order.displayed = ladder.own(order.side).displayed(order.limit_paise)
    become_limit(order)


def become_limit(order: ExchangeOrder) -> None:
    """A market order that rests is a limit order, and shows as one; a stop keeps its trigger on show."""
    if order.is_priced_by_market and order.limit_paise is not None:
        limit = from_paise(order.limit_paise)
        kind = OrderType.SL if order.request.order_type.has_trigger else OrderType.LIMIT
        order.request = replace(order.request, order_type=kind, limit_price=limit, market_protection=None)


def by_priority(orders: Iterable[ExchangeOrder]) -> list[ExchangeOrder]:
    """Orders of one side with limits: best price first, then the earlier one."""
    return sorted(orders, key=lambda order: (-order.side.sign * (order.limit_paise or 0), order.sequence))


def match_print(orders: Sequence[ExchangeOrder], trade: Print) -> list[Execution]:
    """What a print fills among the resting orders, and what it uses up of the queues before them."""
    executions: list[Execution] = []
    for side in Side:
        taken = 0
        for order in by_priority(one for one in orders if one.stage is Stage.RESTING and one.side is side):
            limit = order.limit_paise
            if limit is None or _better(side, trade.price_paise, limit):
                break
            free = _free_units(order, trade, at_limit=trade.price_paise == limit)
            quantity = min(order.remaining, max(0, free - taken))
            if quantity > 0:
                taken += quantity
                order.take(quantity, limit)
                executions.append(Execution(order, quantity, limit))
    return executions


def _free_units(order: ExchangeOrder, trade: Print, *, at_limit: bool) -> int:
    """How much of the print gets past the queue ahead."""
    if not at_limit:
        order.ahead = 0
        return trade.units
    if order.ahead is None:
        return 0
    passed = min(order.ahead, trade.units)
    order.ahead -= passed
    return trade.units - passed


def renew_queues(orders: Iterable[ExchangeOrder], ladder: Ladder, trade: Print | None) -> None:
    """Follow the new depth: withdrawals ahead in proportion, arrivals behind."""
    for order in orders:
        if order.stage is not Stage.RESTING or order.limit_paise is None:
            continue
        now = ladder.own(order.side).displayed(order.limit_paise)
        if now is not None:
            printed = trade.units if trade is not None and trade.price_paise == order.limit_paise else 0
            order.ahead = _ahead(order, now, printed)
        order.displayed = now


def _ahead(order: ExchangeOrder, now: int, printed: int) -> int:
    if order.ahead is None:
        return now
    if order.displayed is None:
        return min(order.ahead, now)
    left = order.displayed - printed
    if left <= 0 or now >= left:
        return order.ahead
    return -(-order.ahead * now // left)


def triggered(orders: Iterable[ExchangeOrder], trade: Print) -> list[ExchangeOrder]:
    """The stops that a print wakes, by time priority."""
    woken = [one for one in orders if one.stage is Stage.STOP and _reaches(one, trade.price_paise)]
    return sorted(woken, key=lambda order: order.sequence)


def _reaches(order: ExchangeOrder, price_paise: int) -> bool:
    trigger = order.trigger_paise
    if trigger is None:
        return False
    return price_paise >= trigger if order.side is Side.BUY else price_paise <= trigger


def uncross(orders: Iterable[ExchangeOrder], price_paise: int, units: int | None) -> list[Execution]:
    """Match the collected orders at the one price of the auction. Rests stay in the AUCTION stage."""
    executions: list[Execution] = []
    collected = [order for order in orders if order.stage is Stage.AUCTION]
    for side in Side:
        left = units
        for order in sorted((one for one in collected if one.side is side), key=_auction_priority):
            if order.limit_paise is not None and not _better(side, order.limit_paise, price_paise):
                break
            quantity = order.remaining if left is None else min(order.remaining, left)
            if quantity > 0:
                left = None if left is None else left - quantity
                order.take(quantity, price_paise)
                executions.append(Execution(order, quantity, price_paise))
    return executions


def _auction_priority(order: ExchangeOrder) -> tuple[int, int, int]:
    if order.limit_paise is None:
        return (0, 0, order.sequence)
    return (1, -order.side.sign * order.limit_paise, order.sequence)
