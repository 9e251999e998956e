"""Identities: of instruments, accounts, orders and fills. A bare string never stands for one of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import NewType

from msgspec import Struct

from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, Segment
from terminal_app.domain.errors import BadInput

AccountId = NewType("AccountId", str)
ClientOrderId = NewType("ClientOrderId", str)
"""Our own name of an order, made when its intent is written."""
ClientTag = NewType("ClientTag", str)
"""What the broker echoes of ours: at most 20 letters and digits."""
BrokerOrderId = NewType("BrokerOrderId", str)
TradeId = NewType("TradeId", str)
"""The exchange's name of one fill; unique within an account and trading day."""

_FUTURE = "FUT"
_INDEX = "INDEX"


class InstrumentId(Struct, frozen=True, cache_hash=True, dict=True):
    """What makes an instrument that instrument: ISIN and exchange token are evidence, not identity.

    ``symbol`` is the trading symbol of a cash instrument or index and the underlying of a derivative.
    """

    exchange: Exchange
    segment: Segment
    symbol: str
    series: str = ""
    expiry: date | None = None
    strike: Decimal | None = None
    option_kind: OptionKind | None = None

    @property
    def kind(self) -> InstrumentKind:
        """Equity, index, future or option."""
        if self.segment is Segment.INDEX:
            return InstrumentKind.INDEX
        if self.option_kind is not None:
            return InstrumentKind.OPTION
        return InstrumentKind.EQUITY if self.expiry is None else InstrumentKind.FUTURE

    @cached_property
    def text(self) -> str:
        """The printed form that ``parse`` reads back."""
        market = self.exchange.value
        if self.segment not in (Segment.INDEX, _default_segment(self.exchange, self.expiry is not None)):
            market = f"{market}-{self.segment.value}"
        if self.segment is Segment.INDEX:
            return f"{market}:{self.symbol}:{_INDEX}"
        if self.expiry is None:
            return f"{market}:{self.symbol}:{self.series}"
        head = f"{market}:{self.symbol}:{self.expiry.isoformat()}"
        if self.option_kind is None or self.strike is None:
            return f"{head}:{_FUTURE}"
        return f"{head}:{_plain(self.strike)}:{self.option_kind.value}"

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> InstrumentId:
        """Read ``NSE:RELIANCE:EQ``, ``NSE:NIFTY:2026-11-24:FUT``, ``NSE:NIFTY:2026-11-24:24500:CE`` or ``NSE:NIFTY 50:INDEX``.

        A market that is not the exchange's usual one stands behind a dash: ``NSE-CURRENCY:USDINR:2026-11-26:FUT``.
        Raises BadInput.
        """
        parts = text.split(":")
        if len(parts) < 3 or not all(parts):
            raise BadInput(
                "instrument",
                f"“{text}” is not an instrument: write EXCHANGE:SYMBOL:SERIES, for instance NSE:RELIANCE:EQ",
            )
        exchange, segment = _market(parts[0], text)
        symbol, last = parts[1], parts[-1]
        if len(parts) == 3:
            if last == _INDEX:
                return cls.index(exchange, symbol)
            return cls.equity(exchange, symbol, last)
        derivative_segment = segment or _default_segment(exchange, derivative=True)
        expiry = _expiry(parts[2], text)
        if len(parts) == 4 and last == _FUTURE:
            return cls(exchange, derivative_segment, symbol, expiry=expiry)
        if len(parts) == 5 and last in OptionKind.__members__:
            return cls(exchange, derivative_segment, symbol, "", expiry, _strike(parts[3], text), OptionKind(last))
        raise BadInput(
            "instrument", f"“{text}” is not an instrument: a derivative ends with FUT, or with a strike and CE or PE"
        )

    @classmethod
    def equity(cls, exchange: Exchange, symbol: str, series: str = "EQ") -> InstrumentId:
        """A share or fund unit of the cash market."""
        return cls(exchange, Segment.CASH, symbol, series)

    @classmethod
    def index(cls, exchange: Exchange, symbol: str) -> InstrumentId:
        """An index: shown, not traded."""
        return cls(exchange, Segment.INDEX, symbol)

    @classmethod
    def future(cls, exchange: Exchange, underlying: str, expiry: date, segment: Segment | None = None) -> InstrumentId:
        """A future; ``segment`` only where it is not the exchange's usual one."""
        return cls(exchange, segment or _default_segment(exchange, derivative=True), underlying, expiry=expiry)

    @classmethod
    def option(
        cls,
        exchange: Exchange,
        underlying: str,
        expiry: date,
        strike: Decimal,
        kind: OptionKind,
        segment: Segment | None = None,
    ) -> InstrumentId:
        """An option; ``segment`` only where it is not the exchange's usual one."""
        return cls(
            exchange, segment or _default_segment(exchange, derivative=True), underlying, "", expiry, strike, kind
        )


def _default_segment(exchange: Exchange, derivative: bool) -> Segment:
    if not derivative:
        return Segment.CASH
    return Segment.COMMODITY if exchange in (Exchange.MCX, Exchange.NCDEX) else Segment.FNO


def _plain(value: Decimal) -> str:
    """A decimal without exponent or trailing zeros: strikes such as 287.5 exist."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _market(text: str, whole: str) -> tuple[Exchange, Segment | None]:
    name, _, segment = text.partition("-")
    try:
        return Exchange(name), Segment(segment) if segment else None
    except ValueError:
        known = ", ".join(exchange.value for exchange in Exchange)
        raise BadInput("instrument", f"“{whole}” names no exchange we know ({known})") from None


def _expiry(text: str, whole: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("instrument", f"“{whole}”: the expiry must be a date such as 2026-11-24") from None


def _strike(text: str, whole: str) -> Decimal:
    try:
        strike = Decimal(text)
    except InvalidOperation:
        raise BadInput("instrument", f"“{whole}”: the strike must be a number such as 24500 or 287.5") from None
    if not strike.is_finite() or strike <= 0:
        raise BadInput("instrument", f"“{whole}”: the strike must be above zero")
    return strike
