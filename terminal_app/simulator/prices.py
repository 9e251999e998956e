"""What positions and margins are valued at: last prices, and what a derivative's underlying is worth."""

from __future__ import annotations

from decimal import Decimal

from terminal_app.domain.enums import Exchange, InstrumentKind
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.margins import MarginTable, intrinsic_value
from terminal_app.domain.values import ZERO, from_paise, to_money
from terminal_app.simulator.book import MarketBook


class MarketPrices:
    """Reads the market book. Rupees."""

    def __init__(self, book: MarketBook, margins: MarginTable) -> None:
        self._book = book
        self._margins = margins
        self._futures: dict[tuple[Exchange, str], list[int]] = {}
        self._known = 0

    def mark(self, id: InstrumentId) -> Decimal | None:
        """The last price; None where there was none."""
        row = self._book.row(id)
        paise = None if row is None else self._book.mark_paise(row)
        return None if paise is None else from_paise(paise)

    def mark_or_close(self, row: int) -> Decimal | None:
        """The last price, before the first one the previous close."""
        paise = self._book.mark_paise(row)
        return self._book.previous_close(row) if paise is None else from_paise(paise)

    def reference(self, instrument: Instrument) -> Decimal:
        """The underlying's value for margins: the highest of its own price and those of its futures, so that a short
        option never asks for less than the future; where there is no price at all, the strike.
        """
        futures = (self._book.mark_paise(row) for row in self._futures_of(instrument))
        known = [from_paise(paise) for paise in futures if paise is not None]
        spot = self.mark(self._margins.spot(instrument))
        if spot is not None:
            known.append(spot)
        return max(known, default=instrument.strike or self.mark(instrument.id) or ZERO)

    def settlement(self, instrument: Instrument) -> Decimal | None:
        """What an expired contract is settled at: the underlying's close, for an option what it is worth then; None where
        the underlying has no price.
        """
        spot = self.mark(self._margins.spot(instrument))
        if spot is None:
            return None
        return spot if instrument.option_kind is None else to_money(intrinsic_value(instrument, spot))

    def _futures_of(self, instrument: Instrument) -> list[int]:
        self._book.grow()
        for row in range(self._known, len(self._book.ids)):
            name = self._book.ids[row]
            if name.kind is InstrumentKind.FUTURE:
                self._futures.setdefault((name.exchange, name.symbol), []).append(row)
        self._known = len(self._book.ids)
        return self._futures.get((instrument.exchange, instrument.underlying), [])
