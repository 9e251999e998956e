"""All that the ticket knows at one moment; the presenter changes it, and the description turns it into a picture."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct, field

from terminal_app.domain.account import Account
from terminal_app.domain.enums import OrderType, Product, TradingState, Validity
from terminal_app.domain.ids import ClientOrderId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.ui.panels.ticket.model import FieldProblem, ModifyTarget, NoticeView, Phase, TypedOrder

if TYPE_CHECKING:
    from terminal_app.services.orders import Preview


class Prices(Struct):
    """What the head shows of the market, rupees; None where it is not known."""

    last: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    age_s: float | None = None
    is_old: bool = False


class Offer(Struct, frozen=True):
    """What may be chosen for the instrument with this account; ``reason`` says why nothing may be sent, "" where it may."""

    products: tuple[Product, ...] = ()
    product_codes: dict[Product, str] = field(default_factory=dict)
    order_types: tuple[OrderType, ...] = tuple(OrderType)
    validities: tuple[Validity, ...] = (Validity.DAY, Validity.IOC)
    reason: str = ""


class Figures(Struct):
    """The preview as it was last answered. ``is_fresh`` is False while a newer one is on its way; ``fits`` are the units that the
    free money allows where the order is too large, None where that is not known."""

    preview: Preview | None = None
    is_fresh: bool = True
    trouble: str = ""
    fits: int | None = None


class Sending(Struct):
    """An order on its way: frozen when Enter was pressed. ``slices`` are the units of each part, ``seen`` what is known of them."""

    account: Account
    request: OrderRequest
    slices: tuple[int, ...]
    seen: dict[ClientOrderId, Order] = field(default_factory=dict)
    is_change: bool = False


class TicketState(Struct):
    """Where the ticket stands."""

    typed: TypedOrder | None = None
    instrument: Instrument | None = None
    label: str = ""
    is_ready: bool = False
    """Whether the services are there."""
    account: Account | None = None
    choices: tuple[Account, ...] = ()
    """The accounts to choose from, where all are shown together."""
    offer: Offer = field(default_factory=Offer)
    prices: Prices = field(default_factory=Prices)
    request: OrderRequest | None = None
    problems: list[FieldProblem] = field(default_factory=list)
    refused: list[FieldProblem] = field(default_factory=list)
    """What the broker found wrong with a field, until something is edited."""
    figures: Figures = field(default_factory=Figures)
    phase: Phase = Phase.EDITING
    sending: Sending | None = None
    outcome: NoticeView | None = None
    """What became of the last order, until something is edited."""
    done_text: str = ""
    trading: TradingState = TradingState.NORMAL
    trading_reason: str = ""
    trading_since: datetime | None = None
    target: ModifyTarget | None = None
    elsewhere: InstrumentId | None = None
    """The instrument chosen outside while the ticket was kept on its own."""
    elsewhere_label: str = ""
    is_touched: bool = False

    @property
    def is_busy(self) -> bool:
        """Whether an order is being asked about or sent."""
        return self.phase in (Phase.ASKING, Phase.SENDING)

    @property
    def closes(self) -> bool:
        """Whether the order only closes what is open, by the latest answer."""
        preview, request = self.figures.preview, self.request
        fresh = self.figures.is_fresh and preview is not None and request is not None
        return bool(fresh and preview and request and 0 < request.quantity <= preview.closes_quantity)

    @property
    def shortfall(self) -> Decimal:
        """How much money is missing, by the latest answer; zero when it is enough or not known."""
        preview = self.figures.preview
        if preview is None or not self.figures.is_fresh or self.target is not None:
            return Decimal(0)
        return max(Decimal(0), preview.margin_required - preview.margin_available)
