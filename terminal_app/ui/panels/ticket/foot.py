"""The ticket's foot: the one notice that counts most now, and what Place says and whether it may be pressed."""

from __future__ import annotations

from terminal_app.domain.enums import OrderStatus, TradingState
from terminal_app.domain.order import OrderChange
from terminal_app.ui import formats
from terminal_app.ui.panels.ticket import words
from terminal_app.ui.panels.ticket.model import (
    LIMIT,
    PROTECTION,
    QUANTITY,
    TRIGGER,
    NoticeView,
    Phase,
    PlaceView,
    difference,
)
from terminal_app.ui.panels.ticket.state import TicketState

_FIX_FIRST = {
    QUANTITY: "fix the quantity first",
    LIMIT: "fix the price first",
    TRIGGER: "fix the trigger first",
    PROTECTION: "fix the protection first",
    "product": "choose another product",
    "order_type": "choose another order type",
    "validity": "choose another validity",
}


def notice(state: TicketState) -> NoticeView | None:
    """What happened or is in doubt; the first that applies, because there is room for one."""
    if not state.is_ready or state.typed is None or state.is_busy:
        return None
    if state.outcome is not None:
        return state.outcome
    if state.offer.reason and state.account is not None:
        return NoticeView("news", state.offer.reason, icon="info")
    if state.trading is not TradingState.NORMAL and state.target is None:
        return _stopped(state)
    if state.target is not None and state.target.order.status.is_closed:
        return NoticeView("news", "Nothing left to change.", _ended(state), action="New order", does="leave")
    if state.prices.is_old:
        return _old(state)
    if state.shortfall > 0 and not state.problems:
        return _short(state)
    if state.figures.trouble and state.figures.is_fresh and not state.problems:
        return NoticeView("warn", "The margin is not known.", state.figures.trouble)
    return None


def place(state: TicketState) -> PlaceView:
    """The button."""
    if state.phase is Phase.SENDING and state.sending is not None:
        return _sending(state)
    if state.phase is Phase.ASKING:
        return PlaceView("off", "Place", "answer the question first")
    reason = why_not(state)
    if reason:
        headline = state.done_text if state.phase is Phase.DONE and state.done_text else "Place"
        return PlaceView("off", _change(state, headline), reason)
    request, instrument, account = state.request, state.instrument, state.account
    assert request is not None
    assert instrument is not None
    assert account is not None
    if state.target is not None:
        text = f"Change to {words.amount(request.quantity, instrument)} {words.price_words(request, instrument)}"
        return PlaceView("ready", text, f"{words.kind_word(account)}, order of {words.account_words(account)}")
    preview = state.figures.preview
    count = len(preview.slices) if preview is not None and preview.slices else 1
    below = words.destination(account, count, brief=state.prices.is_old)
    if state.prices.is_old:
        below += f", price {formats.age(state.prices.age_s)}"
    return PlaceView("ready", words.order_words(request, instrument), below)


def why_not(state: TicketState) -> str:
    """Why Place is off, empty where it is on."""
    return _nothing_to_place(state) or _wrong(state) or _held_up(state)


def _nothing_to_place(state: TicketState) -> str:
    if not state.is_ready:
        return "prices and accounts are loading"
    if state.typed is None:
        return "choose an instrument first"
    if state.account is None:
        return "choose the account first"
    if state.phase is Phase.DONE:
        return "edit a field, or press F1 or F2 for another"
    return "nothing can be sent, see above" if state.offer.reason else ""


def _wrong(state: TicketState) -> str:
    for problem in state.problems:
        return _FIX_FIRST.get(problem.field, "see above")
    if state.request is None or state.instrument is None:
        return "fill the fields first"
    return ""


def _held_up(state: TicketState) -> str:
    assert state.request is not None
    if state.target is not None:
        order = state.target.order
        if order.status.is_closed:
            return "the order is no longer working"
        return "" if difference(order.request, state.request) != OrderChange() else "nothing is changed yet"
    if state.trading is TradingState.HALTED and not state.closes:
        return "halted, Resume is in the Trade menu"
    if state.trading is TradingState.REDUCE_ONLY and not state.closes:
        return "only closing orders pass now"
    if state.prices.is_old and not state.request.order_type.has_limit and not state.closes:
        return "the price is old, use a limit"
    if state.shortfall > 0 and state.instrument is not None:
        verb = "does" if state.request.quantity == state.instrument.lot_size else "do"
        return f"{words.amount(state.request.quantity, state.instrument)} {verb} not fit the free margin"
    return ""


def _change(state: TicketState, headline: str) -> str:
    return "Change" if state.target is not None and headline == "Place" else headline


def _sending(state: TicketState) -> PlaceView:
    sending = state.sending
    assert sending is not None
    count = len(sending.slices)
    if sending.is_change:
        return PlaceView("sending", "Sending the change", words.account_words(sending.account))
    below = "Esc stops what is not sent yet" if count > 1 else f"{words.destination(sending.account, 1)}"
    return PlaceView("sending", f"Sending {words.counted(count, 'order')}", below)


def _stopped(state: TicketState) -> NoticeView:
    since = f" since {formats.clock(state.trading_since)}" if state.trading_since is not None else ""
    if state.trading is TradingState.HALTED:
        rest = f"Cancels and exits still work. Stopped{since}: {state.trading_reason}".rstrip(": ")
        return NoticeView("error", "New orders are stopped.", rest, "octagon-minus")
    rest = f"Only orders that close a position pass{since}: {state.trading_reason}".rstrip(": ")
    return NoticeView("warn", "Reductions only.", rest)


def _ended(state: TicketState) -> str:
    assert state.target is not None
    order = state.target.order
    if order.status is OrderStatus.FILLED:
        return "The order is filled."
    return f"The order is {order.status.value.lower()}. {order.reason}".strip()


def _old(state: TicketState) -> NoticeView:
    age = formats.age(state.prices.age_s)
    rest = "The feed is silent, the exchange may have moved. Limit orders can still be sent."
    return NoticeView("warn", f"The price is {age}.", rest, "clock")


def _short(state: TicketState) -> NoticeView:
    missing = formats.money(state.shortfall)
    fits, instrument = state.figures.fits, state.instrument
    if instrument is None or fits is None:
        return NoticeView("error", f"Short by {missing}.", "Add funds or order less.", "triangle-alert")
    if fits == 0:
        none = "Not even one lot fits." if instrument.lot_size > 1 else "Not even one fits."
        return NoticeView("error", f"Short by {missing}.", none, "triangle-alert")
    lot = instrument.lot_size
    size = words.counted(fits // lot, "lot") if lot > 1 else formats.quantity(fits)
    verb = "fits" if fits == lot else "fit"
    return NoticeView("error", f"Short by {missing}.", f"{size} {verb}.", "triangle-alert", f"Use {size}", "fit")
