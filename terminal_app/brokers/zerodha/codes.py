"""Kite's words for our closed sets, both ways."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from terminal_app.brokers.zerodha.config import CAPABILITIES
from terminal_app.domain.enums import Exchange, Interval, OrderType, Product, Segment, Side, Validity, Variety
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId

EXCHANGES: dict[tuple[Exchange, Segment], str] = {
    (Exchange.NSE, Segment.CASH): "NSE",
    (Exchange.NSE, Segment.INDEX): "NSE",
    (Exchange.NSE, Segment.FNO): "NFO",
    (Exchange.NSE, Segment.CURRENCY): "CDS",
    (Exchange.NSE, Segment.COMMODITY): "NCO",
    (Exchange.BSE, Segment.CASH): "BSE",
    (Exchange.BSE, Segment.INDEX): "BSE",
    (Exchange.BSE, Segment.FNO): "BFO",
    (Exchange.BSE, Segment.CURRENCY): "BCD",
    (Exchange.MCX, Segment.COMMODITY): "MCX",
    (Exchange.MCX, Segment.INDEX): "MCX",
}
CASH_EXCHANGES = {"NSE": Exchange.NSE, "BSE": Exchange.BSE}

MARKETS: dict[str, Exchange] = {code: exchange for (exchange, _), code in EXCHANGES.items()}
"""Which exchange a Kite exchange belongs to."""
OTHER_MARKETS = frozenset({"MF", "GLOBAL", "NSEIX", "INDICES"})
"""What Kite lists among exchanges and Bhav does not trade."""

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
ORDER_TYPES = {"MARKET": OrderType.MARKET, "LIMIT": OrderType.LIMIT, "SL": OrderType.SL, "SL-M": OrderType.SL_M}
ORDER_TYPE_CODES = {order_type: code for code, order_type in ORDER_TYPES.items()}
PRODUCT_CODES = dict(CAPABILITIES.product_codes)
PRODUCTS = {code: product for product, code in PRODUCT_CODES.items()} | {"CO": Product.INTRADAY}
"""A cover order's position ends with the day, as an intraday one does."""
OTHER_PRODUCTS = frozenset({"BO"})
"""A profile may still name the bracket order, which has been withdrawn."""
VALIDITIES = {"DAY": Validity.DAY, "IOC": Validity.IOC, "TTL": Validity.TTL}
VARIETY_CODES = {
    Variety.REGULAR: "regular",
    Variety.AMO: "amo",
    Variety.COVER: "co",
    Variety.ICEBERG: "iceberg",
}
VARIETIES = {code: variety for variety, code in VARIETY_CODES.items()} | {"auction": Variety.REGULAR}
"""Auction orders are placed elsewhere; here they are shown, and cancelled under their own word."""

INTERVALS = {
    Interval.M1: "minute",
    Interval.M3: "3minute",
    Interval.M5: "5minute",
    Interval.M10: "10minute",
    Interval.M15: "15minute",
    Interval.M30: "30minute",
    Interval.H1: "60minute",
    Interval.D1: "day",
}
INTERVAL_DAYS = {
    Interval.M1: 60,
    Interval.M3: 100,
    Interval.M5: 100,
    Interval.M10: 100,
    Interval.M15: 200,
    Interval.M30: 200,
    Interval.H1: 400,
    Interval.D1: 2000,
}
"""The longest span of one request for bars, in days."""

E = TypeVar("E", bound=Enum)


def exchange_code(id: InstrumentId) -> str | None:
    """Kite's word for the market of an instrument; None where Zerodha does not trade it."""
    return EXCHANGES.get((id.exchange, id.segment))


def decode(table: dict[str, E], word: str, what: str) -> E:
    """The member that a word stands for. Raises ProtocolError naming an unknown one."""
    try:
        return table[word]
    except KeyError:
        raise ProtocolError(f"Zerodha sent the {what} “{word[:60]}”, which is not known.") from None
