"""What the trades panel shows: today's fills and their totals by side. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal_app.domain.enums import Side
from terminal_app.domain.values import ZERO
from terminal_app.ui import formats
from terminal_app.ui.panels.common.standing import Message, doubt, standing
from terminal_app.ui.panels.common.words import ProductCodes, account_name, counted, market_code
from terminal_app.ui.panels.trades.model import TradeRow

if TYPE_CHECKING:
    from terminal_app.domain.fill import Fill
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal

_SAFE = "What was traded stays traded."


class TradesPresenter:
    """Reads the fills of the shown accounts."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._codes = ProductCodes(terminal)

    @property
    def all_accounts(self) -> bool:
        """Whether an account column is needed."""
        return self._terminal.accounts.current is None

    def rows(self) -> list[TradeRow]:
        """Today's fills, newest first."""
        found = self._terminal.orders.fills(self._terminal.accounts.current)
        return [self._row(account, fill) for account, fill in found]

    def message(self, rows: Sequence[TradeRow]) -> Message | None:
        """What stands there without rows."""
        if rows:
            return None
        return standing(self._terminal.accounts, "Trades", _SAFE) or Message(
            "No trades today.", "Fills appear here as they happen; [F3] shows what is working."
        )

    def doubt(self, rows: Sequence[TradeRow]) -> tuple[str, str] | None:
        """The bar over fills that may not be all."""
        return doubt(self._terminal.accounts, "Trades") if rows else None

    def summary(self, rows: Sequence[TradeRow]) -> str:
        """12 fills: bought 3,45,000.00 in 7, sold 1,20,000.00 in 5."""
        parts = []
        for side, word in ((Side.BUY, "bought"), (Side.SELL, "sold")):
            values = [row.value for row in rows if row.side is side]
            if values:
                parts.append(f"{word} {formats.money(sum(values, ZERO))} in {len(values)}")
        return f"{counted(len(rows), 'fill')}: {', '.join(parts)}" if rows else "No fills"

    def _row(self, account: AccountId, fill: Fill) -> TradeRow:
        market = self._terminal.market
        instrument = market.instrument(fill.instrument)
        return TradeRow(
            account,
            account_name(self._terminal, account),
            fill.filled_at,
            fill.side,
            fill.instrument,
            market.label(fill.instrument),
            market_code(fill.instrument),
            self._codes.code(account, fill.instrument, fill.product),
            fill.quantity,
            fill.price,
            fill.value * (instrument.multiplier if instrument is not None else Decimal(1)),
            instrument.price_decimals if instrument is not None else 2,
            fill.broker_order_id,
            fill.trade_id,
        )
