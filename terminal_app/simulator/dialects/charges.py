"""What trading costs: statutory charges and a broker's tariff, as its calculator answers (market-rules 9 and 10.1).

The exchange's own tables are dated; these are the rates in force since 1 Apr 2026 (Finance Act 2026, NSE/FA/73061).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import Exchange, InstrumentKind, Product, Side
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.values import ZERO

_GST = Decimal("0.18")
_SEBI = Decimal("0.000001")


class Rates(Struct, frozen=True):
    """Fractions of turnover: ``tax`` is STT on the sides in ``taxed``, ``stamp`` is paid by the buyer."""

    tax: Decimal
    taxed: frozenset[Side]
    stamp: Decimal
    nse: Decimal
    bse: Decimal


_BOTH, _SALES = frozenset(Side), frozenset({Side.SELL})
_DELIVERY = Rates(Decimal("0.001"), _BOTH, Decimal("0.00015"), Decimal("0.0000307"), Decimal("0.0000375"))
_INTRADAY = Rates(Decimal("0.00025"), _SALES, Decimal("0.00003"), Decimal("0.0000307"), Decimal("0.0000375"))
_FUTURES = Rates(Decimal("0.0005"), _SALES, Decimal("0.00002"), Decimal("0.0000183"), ZERO)
_OPTIONS = Rates(Decimal("0.0015"), _SALES, Decimal("0.00003"), Decimal("0.0003553"), Decimal("0.000325"))


class Trade(Struct, frozen=True):
    """One executed order; ``value`` is price x units x multiplier in rupees."""

    instrument: Instrument
    side: Side
    product: Product
    value: Decimal


class Charges(Struct, frozen=True):
    """Rupees, not rounded."""

    brokerage: Decimal
    tax: Decimal
    exchange: Decimal
    sebi: Decimal
    stamp: Decimal
    gst: Decimal

    @property
    def total(self) -> Decimal:
        """All together."""
        return self.brokerage + self.tax + self.exchange + self.sebi + self.stamp + self.gst


Tariff = Callable[[Trade], Decimal]
"""A broker's brokerage on one executed order, in rupees without GST."""


def charges_of(trade: Trade, tariff: Tariff) -> Charges:
    """What one executed order costs."""
    rates = _rates(trade)
    on_exchange = rates.bse if trade.instrument.exchange is Exchange.BSE else rates.nse
    brokerage, exchange, sebi = tariff(trade), trade.value * on_exchange, trade.value * _SEBI
    return Charges(
        brokerage=brokerage,
        tax=trade.value * rates.tax if trade.side in rates.taxed else ZERO,
        exchange=exchange,
        sebi=sebi,
        stamp=trade.value * rates.stamp if trade.side is Side.BUY else ZERO,
        gst=(brokerage + exchange + sebi) * _GST,
    )


def _rates(trade: Trade) -> Rates:
    kind = trade.instrument.kind
    if kind is InstrumentKind.OPTION:
        return _OPTIONS
    if kind is InstrumentKind.FUTURE:
        return _FUTURES
    return _INTRADAY if trade.product is Product.INTRADAY else _DELIVERY
