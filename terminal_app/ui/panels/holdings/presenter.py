"""What the holdings panel shows: shares in the demat account at today's prices. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from terminal_app.domain.enums import FeedMode, Product, Side
from terminal_app.domain.values import ZERO
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.grid.cells import Cell
from terminal_app.ui.panels.common.prices import day_changes
from terminal_app.ui.panels.common.standing import Message, doubt, standing
from terminal_app.ui.panels.common.words import account_name, counted, market_code
from terminal_app.ui.panels.holdings.model import HoldingRow

if TYPE_CHECKING:
    from terminal_app.domain.holding import Holding
    from terminal_app.domain.ids import AccountId, InstrumentId
    from terminal_app.services.market import QuoteRows
    from terminal_app.services.terminal import Terminal

_SAFE = "Your shares are not affected."


class HoldingsPresenter:
    """Follows the prices of what it gives."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._watched: tuple[InstrumentId, ...] = ()
        self._quotes: QuoteRows | None = None
        self._changes: dict[InstrumentId, float | None] = {}

    @property
    def all_accounts(self) -> bool:
        """Whether an account column is needed."""
        return self._terminal.accounts.current is None

    def rows(self) -> list[HoldingRow]:
        """Every holding of the shown accounts."""
        found = self._terminal.portfolio.holdings(self._terminal.accounts.current)
        self._follow(tuple(dict.fromkeys(holding.instrument for _, holding in found)))
        self._changes = day_changes(self._quotes, self._watched)
        return [self._row(account, holding) for account, holding in found]

    def moved_rows(self) -> list[HoldingRow]:
        """The rows whose price changed since the last call."""
        if self._quotes is None:
            return []
        places = self._quotes.take()
        if len(places) == 0:
            return []
        moved = tuple(self._watched[int(place)] for place in places)
        self._changes.update(day_changes(self._quotes, moved, places))
        found = self._terminal.portfolio.holdings(self._terminal.accounts.current)
        return [self._row(account, holding) for account, holding in found if holding.instrument in moved]

    def message(self, rows: Sequence[HoldingRow]) -> Message | None:
        """What stands there without rows."""
        if rows:
            return None
        return standing(self._terminal.accounts, "Holdings", _SAFE) or Message(
            "No shares in the demat account.", "Buy with [F1] and the product for delivery; shares arrive a day later."
        )

    def doubt(self, rows: Sequence[HoldingRow]) -> tuple[str, str] | None:
        """The bar over holdings that may be out of date."""
        return doubt(self._terminal.accounts, "Holdings") if rows else None

    def totals(self, rows: Sequence[HoldingRow]) -> dict[str, Cell]:
        """The cells of the totals row. What has no price is not in the sums, and that is said."""
        priced = [row for row in rows if row.value is not None]
        unknown = len(rows) - len(priced)
        words = counted(len(rows), "holding") + (f", {unknown} without a price" if unknown else "")
        value = sum((row.value for row in priced if row.value is not None), ZERO)
        invested = sum((row.invested for row in priced), ZERO)
        pnl = value - invested
        percent = pnl / invested * 100 if invested else None
        return {
            "instrument": Cell(words, tooltip=words),
            "value": Cell(formats.money(value)),
            "pnl": Cell(formats.signed(pnl), formats.tone(pnl)),
            "pnl_percent": Cell(formats.percent(percent), formats.tone(percent)),
        }

    def selling_draft(self, row: HoldingRow) -> TicketDraft:
        """The ticket that sells what may be sold."""
        return TicketDraft(row.instrument, Side.SELL, row.sellable or None, product=Product.DELIVERY)

    def buying_draft(self, row: HoldingRow) -> TicketDraft:
        """The ticket that buys more."""
        return TicketDraft(row.instrument, Side.BUY, product=Product.DELIVERY)

    def _row(self, account: AccountId, holding: Holding) -> HoldingRow:
        market, instrument_id = self._terminal.market, holding.instrument
        instrument = market.instrument(instrument_id)
        return HoldingRow(
            account=account,
            account_name=account_name(self._terminal, account),
            instrument=instrument_id,
            label=market.label(instrument_id),
            market=market_code(instrument_id),
            quantity=holding.quantity,
            t1=holding.t1_quantity,
            sellable=holding.sellable_quantity,
            pledged=holding.pledged_quantity,
            average=holding.average_price,
            places=instrument.price_decimals if instrument is not None else 2,
            last_price=market.last_price(instrument_id),
            day_change=self._changes.get(instrument_id),
            old_s=market.age_s(instrument_id) if market.is_old(instrument_id) else None,
        )

    def _follow(self, ids: tuple[InstrumentId, ...]) -> None:
        if ids == self._watched:
            return
        if self._quotes is not None:
            self._quotes.close()
        self._watched = ids
        self._quotes = self._terminal.market.rows(ids) if ids else None
        self._terminal.market.watch(self, ids, FeedMode.QUOTE)
