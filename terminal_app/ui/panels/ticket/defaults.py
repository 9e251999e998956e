"""What a fresh ticket begins with: one lot, a limit order, and the product that was used last in this segment."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from terminal_app.domain.enums import OrderType, Product, Segment, Side, Validity
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.panels.ticket.model import (
    LIMIT,
    PROTECTION,
    QUANTITY,
    TEXT_FIELDS,
    TRIGGER,
    TypedOrder,
    quantity_text,
)
from terminal_app.ui.panels.ticket.state import TicketState


class Remembered:
    """The product used last, by segment."""

    def __init__(self) -> None:
        self._products: dict[Segment, Product] = {}

    def note(self, segment: Segment, product: Product) -> None:
        """This product was chosen there."""
        self._products[segment] = product

    def choose(self, instrument: InstrumentId, offered: Sequence[Product]) -> Product | None:
        """The remembered product where it is offered, else the first that is; None where none is."""
        kept = self._products.get(instrument.segment)
        return kept if kept in offered else next(iter(offered), None)

    def save(self) -> dict[str, str]:
        """For the layout file."""
        return {segment.value: product.value for segment, product in self._products.items()}

    def restore(self, saved: object) -> None:
        """Take back what was saved; what no longer exists is left out."""
        if isinstance(saved, dict):
            self._products = {
                Segment(segment): Product(product)
                for segment, product in saved.items()
                if segment in Segment.__members__ and product in Product.__members__
            }


def first_order(draft: TicketDraft, state: TicketState, remembered: Remembered, protection: Decimal) -> TypedOrder:
    """The order that the fields begin with: what the draft says, or the order to be changed, then the defaults."""
    instrument, target = state.instrument, state.target
    request = target.order.request if target is not None else None
    lot = max(1, instrument.lot_size) if instrument is not None else 1
    units = draft.quantity or (request.quantity if request is not None else lot)
    places = instrument.price_decimals if instrument is not None else 2
    limit = draft.limit_price or (request.limit_price if request is not None else None)
    trigger = draft.trigger_price or (request.trigger_price if request is not None else None)
    product = draft.product or (request.product if request is not None else None)
    order_type = draft.order_type or (request.order_type if request is not None else _type_of(draft))
    typed = TypedOrder(
        draft.instrument,
        request.side if request is not None else draft.side or Side.BUY,
        product if product is not None else remembered.choose(draft.instrument, state.offer.products),
        order_type,
        request.validity if request is not None else Validity.DAY,
        in_lots=lot > 1 and units % lot == 0,
        untouched=frozenset(TEXT_FIELDS) - ({LIMIT} if limit is not None or request is not None else set()),
    )
    kept = request.market_protection if request is not None else None
    texts = {
        QUANTITY: quantity_text(units, typed, instrument),
        LIMIT: _text(limit, places),
        TRIGGER: _text(trigger, places),
        PROTECTION: f"{formats.number(kept or protection, 2)} %",
    }
    for name, text in texts.items():
        typed = typed.with_text(name, text, by_user=False)
    return typed


def _type_of(draft: TicketDraft) -> OrderType:
    if draft.trigger_price is None:
        return OrderType.LIMIT
    return OrderType.SL if draft.limit_price is not None else OrderType.SL_M


def _text(price: Decimal | None, places: int) -> str:
    return "" if price is None else formats.price(price, places)
