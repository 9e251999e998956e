"""What the orders panel shows and which orders a key acts on. No widgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from terminal_app.domain.enums import FeedMode, OrderStatus
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.panels.common.standing import Message, doubt, standing
from terminal_app.ui.panels.common.words import ProductCodes, account_name, counted, market_code
from terminal_app.ui.panels.orders.model import OrderRow
from terminal_app.ui.panels.orders.words import TYPES, VALIDITIES, order_line, status_words

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
    from terminal_app.domain.order import Order
    from terminal_app.services.market import QuoteRows
    from terminal_app.services.terminal import Terminal

ALL, WORKING, CLOSED = "all", "working", "closed"
_SAFE = "What works at the exchange keeps working there."
_SUMMARY = (
    ("working", None),
    ("filled", OrderStatus.FILLED),
    ("rejected", OrderStatus.REJECTED),
    ("denied", OrderStatus.DENIED),
    ("cancelled", OrderStatus.CANCELLED),
    ("expired", OrderStatus.EXPIRED),
)


class OrdersPresenter:
    """``part`` is which orders are shown: ALL, WORKING or CLOSED."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._codes = ProductCodes(terminal)
        self._watched: tuple[InstrumentId, ...] = ()
        self._quotes: QuoteRows | None = None
        self._fill_counts: Counter[tuple[str, str]] = Counter()
        self._finished: dict[tuple[str, str], tuple[Order, int, OrderRow]] = {}
        self.part = ALL

    @property
    def all_accounts(self) -> bool:
        """Whether an account column is needed."""
        return self._terminal.accounts.current is None

    def all_rows(self) -> list[OrderRow]:
        """Every order of the day, newest first; follows the prices of those that work."""
        found = self._terminal.orders.orders(self._terminal.accounts.current)
        fills = self._terminal.orders.fills(self._terminal.accounts.current)
        self._fill_counts = Counter((account, fill.broker_order_id) for account, fill in fills)
        self._follow(tuple(dict.fromkeys(order.instrument for _, order in found if order.status.is_open)))
        return [self._row(account, order) for account, order in found]

    def part_of(self, rows: Sequence[OrderRow]) -> list[OrderRow]:
        """Those of the chosen part."""
        if self.part == ALL:
            return list(rows)
        return [row for row in rows if row.is_closed == (self.part == CLOSED)]

    def moved_rows(self) -> list[OrderRow]:
        """Working orders whose distance from the market changed since the last call."""
        if self._quotes is None:
            return []
        places = self._quotes.take()
        if len(places) == 0:
            return []
        moved = {self._watched[int(place)] for place in places}
        found = self._terminal.orders.orders(self._terminal.accounts.current)
        return [
            self._row(account, order) for account, order in found if order.status.is_open and order.instrument in moved
        ]

    def message(self, rows: Sequence[OrderRow]) -> Message | None:
        """What stands there without rows."""
        if self.part_of(rows):
            return None
        if rows:
            word = "working" if self.part == WORKING else "closed"
            return Message(f"No {word} orders.", "All shows every order of today.")
        return standing(self._terminal.accounts, "Orders", _SAFE) or Message(
            "No orders today.", "Choose an instrument and press [F1] to buy or [F2] to sell."
        )

    def doubt(self, rows: Sequence[OrderRow]) -> tuple[str, str] | None:
        """The bar over orders that may be out of date."""
        return doubt(self._terminal.accounts, "Orders") if rows else None

    def counter(self, rows: Sequence[OrderRow]) -> tuple[int, bool]:
        """How many work, and whether one of them has no answer."""
        working = [row for row in rows if not row.is_closed]
        return len(working), any(row.is_unknown for row in working)

    def summary(self, rows: Sequence[OrderRow]) -> str:
        """17 orders: 4 working, 10 filled, 1 rejected."""
        parts = []
        for word, status in _SUMMARY:
            count = sum(not row.is_closed if status is None else row.status is status for row in rows)
            if count:
                parts.append(f"{count} {word}")
        return f"{counted(len(rows), 'order')}: {', '.join(parts)}" if rows else "No orders"

    def group_note(self, rows: Sequence[OrderRow]) -> str:
        """The remark behind the working ones."""
        unknown = sum(row.is_unknown for row in rows)
        if not unknown:
            return ""
        return "1 needs an answer" if unknown == 1 else f"{unknown} need an answer"

    def cancellable(self, chosen: Sequence[OrderRow], rows: Sequence[OrderRow]) -> list[OrderRow]:
        """What Cancel acts on: the chosen ones that work; with none chosen, the only one that works."""
        if chosen:
            return [row for row in chosen if not row.is_closed]
        working = [row for row in rows if not row.is_closed]
        return working if len(working) == 1 else []

    def modifiable(self, chosen: Sequence[OrderRow], rows: Sequence[OrderRow]) -> OrderRow | None:
        """What Modify acts on: exactly one order that works at the exchange."""
        found = [row for row in self.cancellable(chosen, rows) if row.status.is_open]
        return found[0] if len(found) == 1 else None

    def modify_draft(self, row: OrderRow) -> TicketDraft | None:
        """The ticket in which an order is changed; None where it is not ours to change."""
        order = self.order(row)
        if order is None or order.client_id is None:
            return None
        request = order.request
        return TicketDraft(
            request.instrument,
            request.side,
            request.quantity,
            request.limit_price,
            request.trigger_price,
            request.order_type,
            request.product,
            (row.account, order.client_id),
        )

    def repeat_draft(self, row: OrderRow) -> TicketDraft | None:
        """A new ticket filled like a closed order."""
        order = self.order(row)
        if order is None:
            return None
        request = order.request
        return TicketDraft(
            request.instrument,
            request.side,
            request.quantity,
            request.limit_price,
            request.trigger_price,
            request.order_type,
            request.product,
        )

    def order(self, row: OrderRow) -> Order | None:
        """The order behind a row as it is now."""
        for account, order in self._terminal.orders.orders(row.account):
            if account == row.account and (order.client_id or order.broker_id) == (row.client_id or row.broker_id):
                return order
        return None

    def row_of(self, account: AccountId, client_id: ClientOrderId) -> OrderRow | None:
        """One order as a row."""
        for name, order in self._terminal.orders.orders(account):
            if name == account and order.client_id == client_id:
                return self._row(account, order)
        return None

    def line(self, row: OrderRow) -> str:
        """Limit 268.00, NRML, Day. 2 lots of 30."""
        order = self.order(row)
        if order is None:
            return ""
        instrument = self._terminal.market.instrument(row.instrument)
        text = f"{order_line(order, row.product, row.places)}."
        if instrument is not None and instrument.lot_size > 1 and row.quantity % instrument.lot_size == 0:
            text += f" {counted(row.quantity // instrument.lot_size, 'lot')} of {instrument.lot_size}."
        return text

    def forget(self) -> None:
        """Names may have changed: no row is taken from before."""
        self._finished.clear()

    def _row(self, account: AccountId, order: Order) -> OrderRow:
        """A closed order changes no more, so its row is worked out once."""
        if not order.status.is_closed:
            return self._fresh_row(account, order)
        key, fills = (account, order.client_id or order.broker_id or ""), self._fill_count(account, order)
        known = self._finished.get(key)
        if known is not None and known[0] is order and known[1] == fills:
            return known[2]
        row = self._fresh_row(account, order)
        self._finished[key] = (order, fills, row)
        return row

    def _fill_count(self, account: AccountId, order: Order) -> int:
        return self._fill_counts[account, order.broker_id or ""]

    def _fresh_row(self, account: AccountId, order: Order) -> OrderRow:
        market, request = self._terminal.market, order.request
        instrument = market.instrument(request.instrument)
        places = instrument.price_decimals if instrument is not None else 2
        last_price = market.last_price(request.instrument) if order.status.is_open else None
        fills = self._fill_count(account, order)
        return OrderRow(
            account=account,
            account_name=account_name(self._terminal, account),
            client_id=order.client_id,
            broker_id=order.broker_id,
            tag=order.tag,
            placed_at=order.placed_at,
            side=request.side,
            instrument=request.instrument,
            label=market.label(request.instrument),
            market=market_code(request.instrument),
            product=self._codes.code(account, request.instrument, request.product),
            type=TYPES[request.order_type],
            validity=VALIDITIES[request.validity],
            quantity=request.quantity,
            filled=order.filled_quantity,
            price=request.limit_price if request.order_type.has_limit else None,
            trigger=request.trigger_price if request.order_type.has_trigger else None,
            average=order.average_price if order.filled_quantity else None,
            places=places,
            status=order.status,
            words=status_words(order, last_price, places, fills),
        )

    def _follow(self, ids: tuple[InstrumentId, ...]) -> None:
        if ids == self._watched:
            return
        if self._quotes is not None:
            self._quotes.close()
        self._watched = ids
        self._quotes = self._terminal.market.rows(ids) if ids else None
        self._terminal.market.watch(self, ids, FeedMode.LTP)
