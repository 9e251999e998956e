"""Upstox's words and ours."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from terminal_app.domain.enums import (
    Exchange,
    Interval,
    OrderPending,
    OrderStatus,
    OrderType,
    Product,
    Segment,
    Side,
    Validity,
    Variety,
)
from terminal_app.domain.ids import InstrumentId

SIDES: Mapping[str, Side] = {"BUY": Side.BUY, "SELL": Side.SELL}
ORDER_TYPES: Mapping[str, OrderType] = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "SL": OrderType.SL,
    "SL-M": OrderType.SL_M,
}
ORDER_TYPE_WORDS: Mapping[OrderType, str] = {ours: theirs for theirs, ours in ORDER_TYPES.items()}
VALIDITIES: Mapping[str, Validity] = {"DAY": Validity.DAY, "IOC": Validity.IOC}
VALIDITY_WORDS: Mapping[Validity, str] = {ours: theirs for theirs, ours in VALIDITIES.items()}
VARIETIES: Mapping[str, Variety] = {
    "SIMPLE": Variety.REGULAR,
    "AMO": Variety.AMO,
    # Orders of old that carried their own exit; they can be read, not placed.
    "CO": Variety.COVER,
    "OCO": Variety.COVER,
}

PRODUCT_WORDS: Mapping[Product, str] = {
    Product.DELIVERY: "D",
    Product.CARRY: "D",
    Product.INTRADAY: "I",
    Product.MTF: "MTF",
}
CASH_PRODUCTS: Mapping[str, Product] = {
    "D": Product.DELIVERY,
    "I": Product.INTRADAY,
    "MTF": Product.MTF,
    "CO": Product.INTRADAY,
    "OCO": Product.INTRADAY,
}
OTHER_PRODUCTS: Mapping[str, Product] = {**CASH_PRODUCTS, "D": Product.CARRY}

ACCOUNT_EXCHANGES: Mapping[str, Exchange] = {
    "NSE": Exchange.NSE,
    "NFO": Exchange.NSE,
    "CDS": Exchange.NSE,
    "NSCOM": Exchange.NSE,
    "BSE": Exchange.BSE,
    "BFO": Exchange.BSE,
    "BCD": Exchange.BSE,
    "MCX": Exchange.MCX,
}
ACCOUNT_PRODUCTS: Mapping[str, tuple[Product, ...]] = {
    "D": (Product.DELIVERY, Product.CARRY),
    "I": (Product.INTRADAY,),
    "MTF": (Product.MTF,),
    "CO": (),
    "OCO": (),
}


def products_at(instrument: InstrumentId) -> Mapping[str, Product]:
    """What their products mean for an instrument: D is delivery of shares, and carrying of all else."""
    return CASH_PRODUCTS if instrument.segment is Segment.CASH else OTHER_PRODUCTS


class State(Struct, frozen=True):
    """What a status says. ``status`` None: it works at the exchange, or waits there for its trigger."""

    status: OrderStatus | None
    pending: OrderPending = OrderPending.NONE


_ON_THE_WAY = State(OrderStatus.SUBMITTED)
_WORKING = State(None)
_CHANGING = State(None, OrderPending.MODIFY)
_CANCELLING = State(None, OrderPending.CANCEL)
_CANCELLED = State(OrderStatus.CANCELLED)

STATES: Mapping[str, State] = {
    "put order req received": _ON_THE_WAY,
    "validation pending": _ON_THE_WAY,
    "open pending": _ON_THE_WAY,
    # An order for the next session rests at the broker: it can be changed and cancelled there.
    "after market order req received": _WORKING,
    "amo req received": _WORKING,
    "modify after market order req received": _CHANGING,
    "open": _WORKING,
    "partially filled": _WORKING,
    "trigger pending": State(OrderStatus.TRIGGER_PENDING),
    "modify validation pending": _CHANGING,
    "modify pending": _CHANGING,
    "modified": _WORKING,
    # The change failed and the order works on.
    "not modified": _WORKING,
    "cancel pending": _CANCELLING,
    "not cancelled": _WORKING,
    "complete": State(OrderStatus.FILLED),
    "cancelled": _CANCELLED,
    "cancelled after market order": _CANCELLED,
    "rejected": State(OrderStatus.REJECTED),
}
"""By the status in lower case. The broker has no word for a partly filled order: that shows in the quantities."""

ARMED = frozenset({"open", "partially filled"})
"""Statuses in which a stop has been triggered. Others that mean “working” do not say; it is taken to wait for its trigger."""


class HistoryUnit(Struct, frozen=True):
    """How an interval is asked for, and the most days of one call: less than the month and the quarter that are told."""

    unit: str
    number: int
    most_days: int
    first_year: int


_MINUTES_DAYS, _LONG_DAYS, _DAYS_DAYS = 28, 85, 3650
_INTRADAY_SINCE, _DAILY_SINCE = 2022, 2000

HISTORY: Mapping[Interval, HistoryUnit] = {
    Interval.M1: HistoryUnit("minutes", 1, _MINUTES_DAYS, _INTRADAY_SINCE),
    Interval.M3: HistoryUnit("minutes", 3, _MINUTES_DAYS, _INTRADAY_SINCE),
    Interval.M5: HistoryUnit("minutes", 5, _MINUTES_DAYS, _INTRADAY_SINCE),
    Interval.M10: HistoryUnit("minutes", 10, _MINUTES_DAYS, _INTRADAY_SINCE),
    Interval.M15: HistoryUnit("minutes", 15, _MINUTES_DAYS, _INTRADAY_SINCE),
    Interval.M30: HistoryUnit("minutes", 30, _LONG_DAYS, _INTRADAY_SINCE),
    Interval.H1: HistoryUnit("hours", 1, _LONG_DAYS, _INTRADAY_SINCE),
    Interval.D1: HistoryUnit("days", 1, _DAYS_DAYS, _DAILY_SINCE),
}
