"""An instrument as its contract defines it today: lot, tick and freeze quantity belong to the contract, never to the symbol."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, Segment
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.values import ZERO, decimals_of


class Instrument(Struct, frozen=True):
    """One tradable contract, or an index.

    Prices are rupees; ``lot_size`` and ``freeze_quantity`` are units. ``freeze_quantity`` 0 means that none is published.
    ``multiplier`` turns price x units into rupees (1 but for some commodity contracts).
    """

    id: InstrumentId
    name: str
    lot_size: int
    tick_size: Decimal
    freeze_quantity: int = 0
    lower_circuit: Decimal | None = None
    upper_circuit: Decimal | None = None
    multiplier: Decimal = Decimal(1)
    isin: str = ""
    exchange_token: str = ""
    broker_token: str = ""
    trading_symbol: str = ""
    has_closing_auction: bool = False
    """Whether the stock has derivatives and so takes part in the closing auction (market-rules 1.1)."""
    intraday_allowed: bool = True

    @property
    def exchange(self) -> Exchange:
        """Where it is listed."""
        return self.id.exchange

    @property
    def segment(self) -> Segment:
        """The market within the exchange."""
        return self.id.segment

    @property
    def kind(self) -> InstrumentKind:
        """Equity, index, future or option."""
        return self.id.kind

    @property
    def underlying(self) -> str:
        """What a derivative follows; the instrument's own symbol otherwise."""
        return self.id.symbol

    @property
    def expiry(self) -> date | None:
        """The last trading day of a derivative."""
        return self.id.expiry

    @property
    def strike(self) -> Decimal | None:
        """The price level of an option."""
        return self.id.strike

    @property
    def option_kind(self) -> OptionKind | None:
        """CE or PE."""
        return self.id.option_kind

    @property
    def is_derivative(self) -> bool:
        """Whether it is a future or an option."""
        return self.id.expiry is not None

    @property
    def is_tradable(self) -> bool:
        """Indices are shown, not traded."""
        return self.kind is not InstrumentKind.INDEX

    @property
    def price_decimals(self) -> int:
        """Decimals that its prices are shown with."""
        return decimals_of(self.tick_size) if self.tick_size > ZERO else 2

    @property
    def max_slice(self) -> int:
        """The largest quantity of one order: whole lots within the freeze quantity; 0 where there is no limit (market-rules 6.1)."""
        return self.freeze_quantity // self.lot_size * self.lot_size

    @property
    def label(self) -> str:
        """The name a trader reads: ``RELIANCE``, ``NIFTY 23 NOV FUT``, ``NIFTY 23 NOV 24800 CE``."""
        if self.expiry is None:
            return self.id.symbol
        day = f"{self.expiry.day} {_MONTHS[self.expiry.month - 1]}"
        if self.strike is None or self.option_kind is None:
            return f"{self.underlying} {day} FUT"
        strike = f"{self.strike:f}".rstrip("0").rstrip(".") if "." in f"{self.strike:f}" else f"{self.strike:f}"
        return f"{self.underlying} {day} {strike} {self.option_kind.value}"


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class RejectedRow(Struct, frozen=True):
    """A row of an instrument dump that could not be understood: counted and named, never guessed."""

    line: int
    text: str
    reason: str


class InstrumentDump(Struct, frozen=True):
    """What a broker lists today."""

    instruments: tuple[Instrument, ...]
    rejected: tuple[RejectedRow, ...] = ()
