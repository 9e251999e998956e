"""The closed sets of the trading vocabulary; exports and the database print the member names."""

from __future__ import annotations

from enum import Enum, StrEnum


class Exchange(StrEnum):
    """Where an instrument is listed."""

    NSE = "NSE"
    BSE = "BSE"
    MCX = "MCX"
    NCDEX = "NCDEX"


class Segment(StrEnum):
    """The market within an exchange."""

    CASH = "CASH"
    FNO = "FNO"
    CURRENCY = "CURRENCY"
    COMMODITY = "COMMODITY"
    INDEX = "INDEX"


class InstrumentKind(StrEnum):
    """What an instrument is."""

    EQUITY = "EQUITY"
    INDEX = "INDEX"
    FUTURE = "FUTURE"
    OPTION = "OPTION"


class OptionKind(StrEnum):
    """Call or put, by the exchange's letters."""

    CE = "CE"
    PE = "PE"


class Side(StrEnum):
    """Buy or sell."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The side that closes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order is priced. SL: a stop that becomes a limit; SL_M: a stop that becomes a market order."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    SL = "SL"
    SL_M = "SL_M"

    @property
    def has_limit(self) -> bool:
        """Whether the order carries a limit price."""
        return self in (OrderType.LIMIT, OrderType.SL)

    @property
    def has_trigger(self) -> bool:
        """Whether the order waits for a trigger price."""
        return self in (OrderType.SL, OrderType.SL_M)


class Product(StrEnum):
    """How a position is carried."""

    DELIVERY = "DELIVERY"
    INTRADAY = "INTRADAY"
    CARRY = "CARRY"
    MTF = "MTF"


class Validity(StrEnum):
    """How long an order works."""

    DAY = "DAY"
    IOC = "IOC"
    TTL = "TTL"


class Variety(StrEnum):
    """The route of an order."""

    REGULAR = "REGULAR"
    AMO = "AMO"
    COVER = "COVER"
    ICEBERG = "ICEBERG"


class OrderStatus(StrEnum):
    """Where an order is in its life.

    DENIED is our refusal, REJECTED the broker's or exchange's, UNKNOWN means no answer yet: never a refusal.
    """

    INTENDED = "INTENDED"
    DENIED = "DENIED"
    SUBMITTED = "SUBMITTED"
    UNKNOWN = "UNKNOWN"
    REJECTED = "REJECTED"
    TRIGGER_PENDING = "TRIGGER_PENDING"
    OPEN = "OPEN"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"

    @property
    def is_in_flight(self) -> bool:
        """Waiting for an answer."""
        return self in _IN_FLIGHT

    @property
    def is_open(self) -> bool:
        """Working at the exchange."""
        return self in _OPEN

    @property
    def is_closed(self) -> bool:
        """Final: nothing more can happen to it."""
        return self in _CLOSED


_IN_FLIGHT = frozenset({OrderStatus.INTENDED, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN})
_OPEN = frozenset({OrderStatus.TRIGGER_PENDING, OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
_CLOSED = frozenset(
    {OrderStatus.DENIED, OrderStatus.REJECTED, OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED}
)


class OrderPending(StrEnum):
    """A change that was sent for a working order and is not yet answered."""

    NONE = "NONE"
    MODIFY = "MODIFY"
    CANCEL = "CANCEL"


class TradingState(StrEnum):
    """What the gate lets through: everything, reductions only, or nothing but cancels and reductions."""

    NORMAL = "NORMAL"
    REDUCE_ONLY = "REDUCE_ONLY"
    HALTED = "HALTED"


class FeedMode(StrEnum):
    """How much a feed sends for an instrument: last price; best prices and day figures; depth too."""

    LTP = "LTP"
    QUOTE = "QUOTE"
    FULL = "FULL"


class Interval(Enum):
    """The length of a bar; the value is the code that people type."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M10 = "10m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    D1 = "1d"

    @property
    def seconds(self) -> int:
        """Length in seconds; a day counts as 86,400."""
        return _INTERVAL_SECONDS[self]


_INTERVAL_SECONDS = {
    Interval.M1: 60,
    Interval.M3: 180,
    Interval.M5: 300,
    Interval.M10: 600,
    Interval.M15: 900,
    Interval.M30: 1800,
    Interval.H1: 3600,
    Interval.D1: 86400,
}


class AccountKind(StrEnum):
    """Whether orders of an account move real money."""

    LIVE = "LIVE"
    PAPER = "PAPER"


class ConnectionState(StrEnum):
    """The lamp of an account; the reason stands beside it."""

    OFF = "OFF"
    LOGGING_IN = "LOGGING_IN"
    LIVE = "LIVE"
    EXPIRED = "EXPIRED"
    ERROR = "ERROR"


class SessionPhase(StrEnum):
    """The part of the trading day that a market is in (market-rules 1.1, 1.2)."""

    CLOSED = "CLOSED"
    PRE_OPEN = "PRE_OPEN"  # limit and market orders are collected
    PRE_OPEN_LIMIT = "PRE_OPEN_LIMIT"  # limit orders only, from 7 Sep 2026
    PRE_OPEN_MATCH = "PRE_OPEN_MATCH"
    BUFFER = "BUFFER"
    CONTINUOUS = "CONTINUOUS"
    CLOSING_REFERENCE = "CLOSING_REFERENCE"  # the reference price is set, no order entry
    CLOSING_ENTRY = "CLOSING_ENTRY"  # limit and market orders
    CLOSING_LIMIT = "CLOSING_LIMIT"  # limit orders only
    CLOSING_MATCH = "CLOSING_MATCH"
    POST_CLOSE = "POST_CLOSE"
