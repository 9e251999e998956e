"""What the ticket holds and what it shows: the typed order, the phases it goes through, and the picture of both."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from terminal_app.domain.enums import OrderType, Product, Side, Validity
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from terminal_app.ui.formats import number, parse_number

QUANTITY, LIMIT, TRIGGER, PROTECTION = "quantity", "limit_price", "trigger_price", "protection"
TEXT_FIELDS = (QUANTITY, LIMIT, TRIGGER, PROTECTION)
FixValue = Decimal | int | OrderType | Product | Validity


class Phase(Enum):
    """Where the ticket is between two orders. Only EDITING can be placed from."""

    EDITING = "editing"
    ASKING = "asking"
    SENDING = "sending"
    DONE = "done"


class FieldProblem(Struct, frozen=True):
    """What is wrong with one field, or with the order as a whole ("order"); a fix is its label and the value that would do."""

    field: str
    message: str
    fixes: tuple[tuple[str, FixValue], ...] = ()


class TypedOrder(Struct, frozen=True):
    """The order as it stands in the fields. ``texts`` are as typed; ``in_lots`` says how the quantity is counted.

    ``untouched`` are the text fields that still hold the ticket's own default.
    """

    instrument: InstrumentId
    side: Side = Side.BUY
    product: Product | None = None
    order_type: OrderType = OrderType.LIMIT
    validity: Validity = Validity.DAY
    texts: dict[str, str] = field(default_factory=dict)
    in_lots: bool = False
    untouched: frozenset[str] = frozenset(TEXT_FIELDS)

    def with_text(self, name: str, text: str, *, by_user: bool = True) -> TypedOrder:
        """The same order with another text in one field."""
        untouched = self.untouched - {name} if by_user else self.untouched
        return replace(self, texts={**self.texts, name: text}, untouched=untouched)

    def uses(self, name: str) -> bool:
        """Whether a text field means anything for this type of order."""
        if name == LIMIT:
            return self.order_type.has_limit
        if name == TRIGGER:
            return self.order_type.has_trigger
        return name == QUANTITY or not self.order_type.has_limit


class ModifyTarget(Struct, frozen=True):
    """The working order that the ticket changes."""

    account: AccountId
    client_id: ClientOrderId
    order: Order


_EMPTY = {
    LIMIT: "Type a price.",
    TRIGGER: "Type the trigger price that wakes the order.",
    PROTECTION: "Type how many percent from the last price it may fill.",
}


def read(typed: TypedOrder, instrument: Instrument) -> tuple[OrderRequest | None, list[FieldProblem]]:
    """The order that the texts mean, or what keeps them from meaning one. The rules of the market are asked after that."""
    problems: list[FieldProblem] = []
    values: dict[str, Decimal | None] = {}
    for name in TEXT_FIELDS:
        if not typed.uses(name):
            continue
        text = typed.texts.get(name, "").strip()
        try:
            values[name] = parse_number(text) if text else None
        except ValueError as error:
            problems.append(FieldProblem(name, str(error)))
            continue
        if values[name] is None:
            problems.append(FieldProblem(name, _empty(name, typed)))
    quantity, problem = _units(values.get(QUANTITY), typed, instrument)
    if problem is not None:
        problems.insert(0, problem)
    if problems or quantity is None or typed.product is None:
        return None, problems
    request = OrderRequest(
        typed.instrument,
        typed.side,
        quantity,
        typed.order_type,
        typed.product,
        typed.validity,
        values.get(LIMIT),
        values.get(TRIGGER),
        market_protection=values.get(PROTECTION),
    )
    return request, []


def quantity_text(units: int, typed: TypedOrder, instrument: Instrument | None) -> str:
    """Units as they stand in the quantity field: in lots where the field counts lots."""
    lot = instrument.lot_size if instrument is not None and typed.in_lots else 1
    return number(units // lot, 0)


def difference(old: OrderRequest, new: OrderRequest) -> OrderChange:
    """What a modification has to say: only what differs."""
    return OrderChange(
        quantity=new.quantity if new.quantity != old.quantity else None,
        limit_price=new.limit_price if new.limit_price != old.limit_price else None,
        trigger_price=new.trigger_price if new.trigger_price != old.trigger_price else None,
        order_type=new.order_type if new.order_type is not old.order_type else None,
        validity=new.validity if new.validity is not old.validity else None,
    )


def _empty(name: str, typed: TypedOrder) -> str:
    if name == QUANTITY:
        return "Type how many lots." if typed.in_lots else "Type a quantity."
    if name == LIMIT and LIMIT in typed.untouched:
        return "There is no price yet. Type one, or wait for the first."
    return _EMPTY[name]


def _units(value: Decimal | None, typed: TypedOrder, instrument: Instrument) -> tuple[int | None, FieldProblem | None]:
    if value is None:
        return None, None
    if value != value.to_integral_value():
        what = "lots" if typed.in_lots else "quantity"
        near = [whole for whole in (int(value), int(value) + 1) if whole > 0]
        lot = instrument.lot_size if typed.in_lots else 1
        fixes: tuple[tuple[str, FixValue], ...] = tuple((number(whole, 0), whole * lot) for whole in near)
        return None, FieldProblem(QUANTITY, f"The {what} must be a whole number.", fixes)
    return int(value) * (instrument.lot_size if typed.in_lots else 1), None


# What the widgets are told to show.

Tone = Literal["warn", "error", "news"]


class FieldView(Struct, frozen=True):
    """One number field: its label, the remark at the label's right end, and how it may be used."""

    label: str
    text: str
    enabled: bool
    remark: str = ""
    placeholder: str = ""
    problem: str = ""
    step: Decimal = Decimal(1)
    places: int = 0


class ChoiceView(Struct, frozen=True):
    """A row of choices: (key, text) pairs, the chosen key, and whether it may be changed."""

    choices: tuple[tuple[str, str], ...]
    chosen: str
    enabled: bool


class RowView(Struct, frozen=True):
    """A line of the preview."""

    label: str
    value: str
    note: str = ""
    tone: str = "text.1"
    strong: bool = False


class NoticeView(Struct, frozen=True):
    """What stands over Place: the fact, what it means, and one thing to do (``action`` words, ``does`` its name)."""

    tone: Tone
    fact: str
    rest: str = ""
    icon: str = ""
    action: str = ""
    does: str = ""


class PlaceView(Struct, frozen=True):
    """The button: ``look`` "ready" can be pressed, "sending" keeps its colour, "off" is grey and says what to do."""

    look: Literal["ready", "sending", "off"]
    headline: str
    below: str


class HeadView(Struct, frozen=True):
    """Instrument and price at the top."""

    name: str
    facts: str
    last_price: str
    change: str
    price_tone: str
    change_tone: str
    remark: str = ""
    modifies: bool = False


class TicketView(Struct, frozen=True):
    """All that the ticket shows now."""

    identity: Literal["live", "paper", "none"]
    identity_text: str
    identity_account: str
    accounts: tuple[tuple[AccountId, str], ...]
    """To choose from, where all accounts are shown together; empty else."""
    account_chosen: AccountId | None
    head: HeadView
    rail: Literal["buy", "sell"]
    side: ChoiceView
    product: ChoiceView
    order_type: ChoiceView
    validity: ChoiceView
    quantity: FieldView
    price: FieldView
    trigger: FieldView
    third: Literal["trigger", "protection"]
    """What the third field holds; with "trigger" the second may hold the protection of a stop at market."""
    second: Literal["price", "protection"]
    protection: FieldView
    problems: tuple[FieldProblem, ...]
    rows: tuple[RowView, ...]
    notice: NoticeView | None
    place: PlaceView
