"""What the positions panel shows: rows, totals, the bar about a difference, the draft of a ticket. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.enums import FeedMode, Side
from terminal_app.domain.values import ZERO
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.grid.cells import Cell
from terminal_app.ui.panels.common.prices import day_changes
from terminal_app.ui.panels.common.standing import Message, doubt, shown_accounts, standing
from terminal_app.ui.panels.common.words import ProductCodes, account_name, counted, market_code
from terminal_app.ui.panels.positions.model import PositionRow, Worth

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId, InstrumentId
    from terminal_app.domain.position import Position
    from terminal_app.services.market import QuoteRows
    from terminal_app.services.terminal import Terminal

NET, DAY = "net", "day"
_SAFE = "Your positions at the broker are not affected."


class _Figures(Struct, frozen=True):
    """The figures of one row, by entry price or for the day's trading alone."""

    quantity: int
    average: Decimal | None
    realised: Decimal
    unrealised: Decimal | None
    day_pnl: Decimal | None


class PositionsPresenter:
    """``mode`` NET counts what was carried, DAY only what was traded today."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._codes = ProductCodes(terminal)
        self._watched: tuple[InstrumentId, ...] = ()
        self._quotes: QuoteRows | None = None
        self._changes: dict[InstrumentId, float | None] = {}
        self.mode = NET

    @property
    def all_accounts(self) -> bool:
        """Whether an account column is needed."""
        return self._terminal.accounts.current is None

    def rows(self) -> list[PositionRow]:
        """Every position of the day, open ones first; follows the prices of what it gives."""
        views = self._terminal.portfolio.positions(self._terminal.accounts.current)
        self._follow(tuple(dict.fromkeys(view.position.instrument for view in views)))
        self._changes = day_changes(self._quotes, self._watched)
        rows = [row for view in views if (row := self._row(view)) is not None]
        return sorted(rows, key=lambda row: not row.is_open)

    def moved_rows(self) -> list[PositionRow]:
        """The rows whose price changed since the last call."""
        if self._quotes is None:
            return []
        places = self._quotes.take()
        if len(places) == 0:
            return []
        moved = tuple(self._watched[int(place)] for place in places)
        self._changes.update(day_changes(self._quotes, moved, places))
        views = self._terminal.portfolio.positions(self._terminal.accounts.current)
        return [row for view in views if view.position.instrument in moved and (row := self._row(view)) is not None]

    def message(self, rows: Sequence[PositionRow]) -> Message | None:
        """What stands there without rows."""
        if rows:
            return None
        words = standing(self._terminal.accounts, "Positions", _SAFE)
        if words is not None:
            return words
        if self.mode == DAY and self._terminal.portfolio.positions(self._terminal.accounts.current):
            return Message("Nothing was traded today.", "Net shows what was carried.")
        return Message(
            "No open positions today.", "Choose an instrument in the watchlist and press [F1] to buy or [F2] to sell."
        )

    def doubt(self, rows: Sequence[PositionRow]) -> tuple[str, str] | None:
        """The bar over the table: a difference with the broker first, then an account that lost its connection."""
        differing = [row for row in rows if row.broker_quantity is not None]
        if differing:
            return self._difference(differing)
        return doubt(self._terminal.accounts, "Positions")

    def totals(self, rows: Sequence[PositionRow]) -> dict[str, Cell]:
        """The cells of the totals row. What has no price is not in the sums, and that is said."""
        unknown = sum(row.is_open and row.day_pnl is None for row in rows)
        words = counted(len(rows), "position") + (f", {unknown} without a price" if unknown else "")
        realised = sum((row.realised for row in rows), ZERO)
        unrealised = sum((row.unrealised for row in rows if row.unrealised is not None), ZERO)
        day_pnl = sum((row.day_pnl for row in rows if row.day_pnl is not None), ZERO)
        return {
            "instrument": Cell(words, tooltip=words),
            "realised": Cell(formats.signed(realised), formats.tone(realised)),
            "unrealised": Cell(formats.signed(unrealised), formats.tone(unrealised)),
            "day_pnl": Cell(formats.signed(day_pnl), formats.tone(day_pnl)),
        }

    def open_count(self) -> int:
        """How many are open, for the tab."""
        views = self._terminal.portfolio.positions(self._terminal.accounts.current)
        return sum(view.position.is_open for view in views)

    def accounts_to_ask(self, rows: Sequence[PositionRow]) -> tuple[AccountId, ...]:
        """The accounts whose figures differ from the broker's."""
        return tuple(dict.fromkeys(row.account for row in rows if row.broker_quantity is not None))

    def closing_draft(self, row: PositionRow) -> TicketDraft:
        """The ticket that closes it whole; a closed one opens an empty ticket."""
        if not row.is_open:
            return TicketDraft(row.instrument, product=row.key.product)
        return TicketDraft(row.instrument, row.closing_side, abs(self._net_quantity(row)), product=row.key.product)

    def adding_draft(self, row: PositionRow) -> TicketDraft:
        """The ticket that adds to it."""
        side = row.closing_side.opposite if row.is_open else Side.BUY
        return TicketDraft(row.instrument, side, product=row.key.product)

    def reducing_draft(self, row: PositionRow) -> TicketDraft:
        """The ticket that takes a part of it off: one lot, or what the ticket begins with."""
        lot = self._lot_size(row.instrument)
        quantity = lot if lot > 1 and abs(row.quantity) > lot else abs(row.quantity)
        return TicketDraft(row.instrument, row.closing_side, quantity, product=row.key.product)

    def shown(self) -> tuple[AccountId, ...]:
        """The accounts whose rows these are."""
        return shown_accounts(self._terminal.accounts)

    def close(self) -> None:
        """No longer follow prices."""
        self._follow(())

    def _row(self, view: Worth) -> PositionRow | None:
        position, market = view.position, self._terminal.market
        instrument_id = position.instrument
        worth = _net(view) if self.mode == NET else _day(view)
        if worth is None:
            return None
        instrument = market.instrument(instrument_id)
        lot = instrument.lot_size if instrument is not None else 1
        differs = view.differs if self.mode == NET else None
        return PositionRow(
            account=view.account,
            account_name=account_name(self._terminal, view.account),
            key=position.key,
            label=market.label(instrument_id),
            market=market_code(instrument_id),
            product=self._codes.code(view.account, instrument_id, position.product),
            quantity=worth.quantity,
            lots=Decimal(worth.quantity) / lot if lot > 1 else None,
            average=worth.average,
            last_price=view.last_price,
            places=instrument.price_decimals if instrument is not None else 2,
            day_change=self._changes.get(instrument_id),
            realised=worth.realised,
            unrealised=worth.unrealised,
            day_pnl=worth.day_pnl,
            broker_quantity=differs.quantity if differs is not None else None,
            old_s=market.age_s(instrument_id) if position.is_open and market.is_old(instrument_id) else None,
        )

    def _difference(self, differing: Sequence[PositionRow]) -> tuple[str, str]:
        first = differing[0]
        fact = f"{first.label} differs."
        ours, theirs = formats.quantity(first.quantity), formats.quantity(first.broker_quantity)
        text = (
            f"Our fills say {ours}, the broker says {theirs}. P&L uses our fills; the broker is asked again every 30 s."
        )
        if len(differing) > 1:
            text += f" {counted(len(differing) - 1, 'more position')} differ too."
        return fact, text

    def _follow(self, ids: tuple[InstrumentId, ...]) -> None:
        if ids == self._watched:
            return
        if self._quotes is not None:
            self._quotes.close()
        self._watched = ids
        self._quotes = self._terminal.market.rows(ids) if ids else None
        self._terminal.market.watch(self, ids, FeedMode.QUOTE)

    def _lot_size(self, id: InstrumentId) -> int:
        instrument = self._terminal.market.instrument(id)
        return instrument.lot_size if instrument is not None else 1

    def _net_quantity(self, row: PositionRow) -> int:
        """What closes it is the whole position, also where the day's part is shown."""
        views = self._terminal.portfolio.positions(row.account)
        return next((view.position.quantity for view in views if view.position.key == row.key), row.quantity)


def _net(view: Worth) -> _Figures:
    position = view.position
    average = position.average_price if position.is_open else None
    return _Figures(position.quantity, average, view.realised, view.unrealised, view.day_pnl)


def _day(view: Worth) -> _Figures | None:
    """Today's trading alone: what was bought and sold today, matched at their averages."""
    position = view.position
    if not position.buy_quantity and not position.sell_quantity:
        return None
    bought = position.buy_value / position.buy_quantity if position.buy_quantity else ZERO
    sold = position.sell_value / position.sell_quantity if position.sell_quantity else ZERO
    matched = min(position.buy_quantity, position.sell_quantity)
    realised = (sold - bought) * matched * position.multiplier
    quantity = position.buy_quantity - position.sell_quantity
    average = bought if quantity > 0 else sold
    unrealised = _open_pnl(position, quantity, average, view.last_price)
    total = None if unrealised is None else realised + unrealised
    return _Figures(quantity, average if quantity else None, realised, unrealised, total)


def _open_pnl(position: Position, quantity: int, average: Decimal, last_price: Decimal | None) -> Decimal | None:
    if quantity == 0:
        return ZERO
    if last_price is None:
        return None
    return (last_price - average) * quantity * position.multiplier
