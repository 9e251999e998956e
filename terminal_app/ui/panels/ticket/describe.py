"""From what the ticket knows to what it shows. Pure: the same state gives the same picture."""

from __future__ import annotations

from decimal import Decimal

from terminal_app.domain.account import Account
from terminal_app.domain.enums import OrderType, Side, Validity
from terminal_app.ui import formats
from terminal_app.ui.panels.ticket import words
from terminal_app.ui.panels.ticket.foot import notice, place
from terminal_app.ui.panels.ticket.model import (
    LIMIT,
    PROTECTION,
    QUANTITY,
    TRIGGER,
    ChoiceView,
    FieldView,
    HeadView,
    TicketView,
    TypedOrder,
)
from terminal_app.ui.panels.ticket.rows import preview_rows
from terminal_app.ui.panels.ticket.state import TicketState


def describe(state: TicketState) -> TicketView:
    """The picture of a state."""
    typed = state.typed
    kind, text, account = words.identity(_account(state))
    editable = state.is_ready and typed is not None and not state.is_busy
    order_type = typed.order_type if typed is not None else OrderType.LIMIT
    side = typed.side if typed is not None else Side.BUY
    return TicketView(
        identity=kind.value,
        identity_text=text,
        identity_account=account,
        accounts=tuple((choice.id, words.account_words(choice)) for choice in state.choices),
        account_chosen=state.account.id if state.account is not None else None,
        head=head(state),
        rail="buy" if side is Side.BUY else "sell",
        side=ChoiceView(words.SIDES, side.value, editable and state.target is None),
        product=_products(state, editable),
        order_type=_order_types(state, order_type, editable),
        validity=_validities(state, editable),
        quantity=_quantity(state, editable),
        price=_price(state, LIMIT, "Price", "market" if not order_type.has_limit else "", editable),
        trigger=_price(state, TRIGGER, "Trigger", formats.EN_DASH, editable),
        third="protection" if order_type is OrderType.MARKET else "trigger",
        second="protection" if order_type is OrderType.SL_M else "price",
        protection=_protection(state, editable),
        problems=tuple(state.problems) if editable else (),
        rows=preview_rows(state),
        notice=notice(state),
        place=place(state),
    )


def head(state: TicketState) -> HeadView:
    """Instrument and price: the part that follows every tick."""
    instrument, prices = state.instrument, state.prices
    places = instrument.price_decimals if instrument is not None else 2
    change = ""
    if prices.change is not None:
        change = f"{formats.signed(prices.change, places)} {formats.percent(prices.change_percent)}"
    remark = ""
    if state.elsewhere is not None:
        remark = f"Ticket kept on {state.label}; Esc follows {state.elsewhere_label}"
    return HeadView(
        name=state.label or "No instrument",
        facts=words.instrument_facts(instrument) if instrument is not None else "",
        last_price=formats.price(prices.last, places),
        change=change,
        price_tone="text.3" if prices.is_old or prices.last is None else "text.1",
        change_tone="text.3" if prices.is_old else formats.tone(prices.change),
        remark=remark,
        modifies=state.target is not None,
    )


def _account(state: TicketState) -> Account | None:
    return state.sending.account if state.sending is not None else state.account


def _products(state: TicketState, editable: bool) -> ChoiceView:
    offer, typed = state.offer, state.typed
    codes = [(product.value, offer.product_codes.get(product, product.value.title())) for product in offer.products]
    if typed is None or typed.product is None or not codes:
        return ChoiceView(words.NEUTRAL_PRODUCTS, words.NEUTRAL_PRODUCTS[0][0], False)
    if typed.product not in offer.products:
        codes.append((typed.product.value, offer.product_codes.get(typed.product, typed.product.value.title())))
    return ChoiceView(tuple(codes), typed.product.value, editable and state.target is None)


def _order_types(state: TicketState, chosen: OrderType, editable: bool) -> ChoiceView:
    kinds = [kind for kind in words.TYPE_WORDS if kind in state.offer.order_types or kind is chosen]
    return ChoiceView(tuple((kind.value, words.TYPE_WORDS[kind]) for kind in kinds), chosen.value, editable)


def _validities(state: TicketState, editable: bool) -> ChoiceView:
    chosen = state.typed.validity if state.typed is not None else Validity.DAY
    kinds = [kind for kind in words.VALIDITY_WORDS if kind in state.offer.validities or kind is chosen]
    return ChoiceView(tuple((kind.value, words.VALIDITY_WORDS[kind]) for kind in kinds), chosen.value, editable)


def _quantity(state: TicketState, editable: bool) -> FieldView:
    typed, instrument = state.typed, state.instrument
    if typed is None:
        return FieldView("Quantity", "", False)
    units = ""
    if typed.in_lots and instrument is not None:
        try:
            lots = formats.parse_number(typed.texts.get(QUANTITY, ""))
            units = f"= {formats.number(lots * instrument.lot_size, 0)}"
        except ValueError:
            units = ""
    return FieldView(
        "Lots" if typed.in_lots else "Quantity",
        typed.texts.get(QUANTITY, ""),
        editable,
        remark=units,
        problem=_problem(state, QUANTITY),
        step=_quantity_step(state, typed),
    )


def _quantity_step(state: TicketState, typed: TypedOrder) -> Decimal:
    instrument = state.instrument
    return Decimal(1 if typed.in_lots or instrument is None else max(1, instrument.lot_size))


def _price(state: TicketState, name: str, label: str, placeholder: str, editable: bool) -> FieldView:
    typed, instrument = state.typed, state.instrument
    used = typed is not None and typed.uses(name)
    text = typed.texts.get(name, "") if typed is not None and used else ""
    step = instrument.tick_size if instrument is not None and instrument.tick_size > 0 else Decimal("0.05")
    places = instrument.price_decimals if instrument is not None else 2
    problem = _problem(state, name) if used else ""
    return FieldView(label, text, editable and used, "", "" if used else placeholder, problem, step=step, places=places)


def _protection(state: TicketState, editable: bool) -> FieldView:
    typed = state.typed
    used = typed is not None and typed.uses(PROTECTION)
    text = typed.texts.get(PROTECTION, "") if typed is not None else ""
    problem = _problem(state, PROTECTION) if used else ""
    return FieldView("Protection", text, editable and used, problem=problem, step=Decimal("0.25"), places=2)


def _problem(state: TicketState, name: str) -> str:
    return next((problem.message for problem in state.problems if problem.field == name), "")
