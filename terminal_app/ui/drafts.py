"""What a ticket is opened with: filled from wherever it was called."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import OrderType, Product, Side
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId


class TicketDraft(Struct, frozen=True):
    """An order in the making; None leaves a field to the ticket's own default. ``modifies`` names the working order that it changes."""

    instrument: InstrumentId
    side: Side | None = None
    quantity: int | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    order_type: OrderType | None = None
    product: Product | None = None
    modifies: tuple[AccountId, ClientOrderId] | None = None


class ConfirmRequest(Struct, frozen=True):
    """A question that needs a decision now. The default answer is always Cancel.

    ``facts`` are label and value lines (instrument, side, quantity, price, account); ``action`` says what the button does.
    """

    title: str
    text: str
    action: str
    facts: tuple[tuple[str, str], ...] = ()
    tone: str = "primary"
    """Look of the button: "primary", "buy", "sell" or "danger"."""
    paper: bool | None = None
    """True: PAPER, False: LIVE, None: moves no money."""
