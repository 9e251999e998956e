"""The reasons for which the simulated exchange, or the broker before it, refuses an order.

Every refusal is OrderRejected with a full sentence and one of these codes: INSTRUMENT, PRODUCT, VARIETY, VALIDITY,
QUANTITY, LOT, FREEZE, DISCLOSED, PRICE, TICK, BAND, TRIGGER, PROTECTION, MARKET_CLOSED, PHASE, SQUARE_OFF, NO_PRICE,
HOLDINGS, MARGIN, ORDER.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn

from terminal_app.domain.clock import ist
from terminal_app.domain.enums import OrderType, Product, SessionPhase, Side, Validity, Variety
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.hours import accepts_orders
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.values import ZERO, is_multiple

AUCTION_PHASES = frozenset(
    {
        SessionPhase.PRE_OPEN,
        SessionPhase.PRE_OPEN_LIMIT,
        SessionPhase.PRE_OPEN_MATCH,
        SessionPhase.BUFFER,
        SessionPhase.CLOSING_REFERENCE,
        SessionPhase.CLOSING_ENTRY,
        SessionPhase.CLOSING_LIMIT,
        SessionPhase.CLOSING_MATCH,
    }
)
_LIMIT_ONLY = frozenset({SessionPhase.PRE_OPEN_LIMIT, SessionPhase.CLOSING_LIMIT})
_MATCHING = frozenset({SessionPhase.PRE_OPEN_MATCH, SessionPhase.BUFFER, SessionPhase.CLOSING_MATCH})
_LEAST_DISCLOSED = Decimal("0.10")
"""Smallest part of a cash order that may be disclosed (NSE capital market regulation)."""


def reject(code: str, message: str) -> NoReturn:
    """Refuse with a reason."""
    raise OrderRejected(message, code)


def rupees(amount: Decimal) -> str:
    """An amount as people in India write it: ₹12,34,567.80."""
    whole, _, part = f"{abs(amount):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ("−" if amount < 0 else "") + "₹" + ",".join([*groups, tail]) + "." + part


def check_contract(request: OrderRequest, instrument: Instrument, day: date) -> None:
    """What can be said from the contract alone: whether it trades, product, variety, quantity, prices."""
    if not instrument.is_tradable:
        reject("INSTRUMENT", f"{instrument.label} is an index: it is shown, not traded.")
    if instrument.expiry is not None and instrument.expiry < day:
        reject("INSTRUMENT", f"{instrument.label} has expired.")
    if request.variety is not Variety.REGULAR:
        reject("VARIETY", f"{request.variety} orders are not offered here: only regular ones.")
    if request.validity not in (Validity.DAY, Validity.IOC):
        reject("VALIDITY", "An order must be good for the day (DAY) or immediate or cancel (IOC).")
    _check_product(request, instrument)
    _check_quantity(request, instrument)
    _check_disclosed(request, instrument)
    _check_prices(request, instrument)


def _check_product(request: OrderRequest, instrument: Instrument) -> None:
    product = request.product
    if product is Product.MTF:
        reject("PRODUCT", "Margin funding (MTF) is not offered on paper.")
    if product is Product.DELIVERY and instrument.is_derivative:
        reject(
            "PRODUCT", f"Delivery (CNC) is for shares; carry {instrument.label} with NRML or trade it intraday (MIS)."
        )
    if product is Product.CARRY and not instrument.is_derivative:
        reject("PRODUCT", f"Carry-forward (NRML) is for derivatives; buy {instrument.label} with CNC or MIS.")
    if product is Product.INTRADAY and not instrument.intraday_allowed:
        reject("PRODUCT", f"{instrument.label} may not be traded intraday (MIS).")


def _check_quantity(request: OrderRequest, instrument: Instrument) -> None:
    quantity = request.quantity
    if quantity <= 0:
        reject("QUANTITY", "The quantity must be at least 1.")
    if quantity % instrument.lot_size:
        reject("LOT", f"The quantity {quantity} is not a multiple of the lot size {instrument.lot_size}.")
    freeze = instrument.freeze_quantity
    if freeze and quantity > freeze:
        slices = f"at most {instrument.max_slice} go into one order"
        reject("FREEZE", f"The quantity {quantity} is above the freeze quantity {freeze}: {slices}.")


def _check_disclosed(request: OrderRequest, instrument: Instrument) -> None:
    disclosed = request.disclosed_quantity
    if disclosed == 0:
        return
    if instrument.is_derivative:
        reject("DISCLOSED", "Derivatives take no disclosed quantity.")
    if request.validity is Validity.IOC:
        reject("DISCLOSED", "An IOC order takes no disclosed quantity.")
    if not request.quantity * _LEAST_DISCLOSED <= disclosed <= request.quantity:
        reject("DISCLOSED", "The disclosed quantity must be from 10 % of the quantity up to all of it.")


def _check_prices(request: OrderRequest, instrument: Instrument) -> None:
    kind = request.order_type
    if kind.has_limit:
        _check_price("price", request.limit_price, instrument)
    elif request.limit_price is not None:
        reject("PRICE", f"A {_name(kind)} order carries no limit price.")
    if kind.has_trigger:
        _check_price("trigger price", request.trigger_price, instrument)
    elif request.trigger_price is not None:
        reject("TRIGGER", f"A {_name(kind)} order carries no trigger price.")
    if kind is OrderType.SL:
        _check_stop_limit(request)
    protection = request.market_protection
    if protection is not None and not ZERO < protection <= 100:
        reject(
            "PROTECTION",
            "The market protection must be above 0 and at most 100 percent: the exchange takes no unprotected market orders.",
        )
    if protection is not None and kind.has_limit:
        reject("PROTECTION", f"A {_name(kind)} order takes no market protection.")


def _check_price(what: str, price: Decimal | None, instrument: Instrument) -> None:
    code = "TRIGGER" if what.startswith("trigger") else "PRICE"
    if price is None or not price.is_finite() or price <= 0:
        reject(code, f"The {what} must be above zero.")
    if not is_multiple(price, instrument.tick_size):
        reject("TICK", f"The {what} {price:f} is not a multiple of the tick size {instrument.tick_size:f}.")
    lower, upper = instrument.lower_circuit, instrument.upper_circuit
    if (lower is not None and price < lower) or (upper is not None and price > upper):
        band = " to ".join(f"{bound:f}" for bound in (lower, upper) if bound is not None)
        reject("BAND", f"The {what} {price:f} is outside today's price band: {band}.")


def _check_stop_limit(request: OrderRequest) -> None:
    assert request.limit_price is not None
    assert request.trigger_price is not None
    if request.side is Side.BUY and request.limit_price < request.trigger_price:
        reject("TRIGGER", "A buy stop needs a limit price at or above its trigger price.")
    if request.side is Side.SELL and request.limit_price > request.trigger_price:
        reject("TRIGGER", "A sell stop needs a limit price at or below its trigger price.")


def check_trigger(request: OrderRequest, last_price: Decimal | None) -> None:
    """A stop must not be reached already."""
    trigger = request.trigger_price
    if not request.order_type.has_trigger or trigger is None or last_price is None:
        return
    if request.side is Side.BUY and trigger <= last_price:
        reject("TRIGGER", f"The trigger price {trigger:f} of a buy stop must be above the last price {last_price:f}.")
    if request.side is Side.SELL and trigger >= last_price:
        reject("TRIGGER", f"The trigger price {trigger:f} of a sell stop must be below the last price {last_price:f}.")


def check_phase(request: OrderRequest, phase: SessionPhase, opens_at: datetime | None) -> None:
    """Whether this phase of the day takes this kind of order (market-rules 1.1)."""
    if not accepts_orders(phase):
        if phase in _MATCHING or phase is SessionPhase.CLOSING_REFERENCE:
            reject("PHASE", f"No orders are taken now ({_phase_name(phase)}).")
        when = "" if opens_at is None else f": orders are taken from {_moment(opens_at)}"
        reject("MARKET_CLOSED", f"The market is closed{when}.")
    if phase in AUCTION_PHASES:
        _check_auction(request, phase)


def _check_auction(request: OrderRequest, phase: SessionPhase) -> None:
    name = _phase_name(phase)
    if request.order_type.has_trigger:
        reject("PHASE", f"Stop-loss orders are not taken in the {name}.")
    if request.validity is Validity.IOC:
        reject("PHASE", f"IOC orders are not taken in the {name}.")
    if request.disclosed_quantity:
        reject("PHASE", f"Orders with a disclosed quantity are not taken in the {name}.")
    if phase in _LIMIT_ONLY and request.order_type is OrderType.MARKET:
        reject("PHASE", f"Only limit orders are taken in this part of the {name}.")


def check_change_phase(order_type: OrderType, phase: SessionPhase, *, cancels: bool) -> None:
    """Whether a working order may be changed or cancelled now."""
    if phase in _MATCHING or (phase is SessionPhase.CLOSING_REFERENCE and not cancels):
        reject("PHASE", f"Orders cannot be changed now ({_phase_name(phase)}).")
    if phase in _LIMIT_ONLY and order_type is OrderType.MARKET:
        what = "cancelled" if cancels else "changed"
        reject("PHASE", f"Market orders cannot be {what} in this part of the {_phase_name(phase)}.")
    if phase in (SessionPhase.CLOSED, SessionPhase.POST_CLOSE) and not cancels:
        reject("MARKET_CLOSED", "The market is closed.")


def check_margin(required: Decimal, available: Decimal) -> None:
    """Whether the money is there; what needs none is always let through."""
    if required > max(ZERO, available):
        reject("MARGIN", f"Margin shortfall: {rupees(required)} are needed and {rupees(available)} are available.")


def check_holdings(request: OrderRequest, instrument: Instrument, quantity: int, sellable: int) -> None:
    """Delivery sells only what is there; ``quantity`` is what is still to be sold."""
    if request.product is Product.DELIVERY and request.side is Side.SELL and quantity > sellable:
        there = max(0, sellable)
        reject("HOLDINGS", f"Only {there} {instrument.label} can be sold from holdings; sell short with MIS instead.")


def _name(kind: OrderType) -> str:
    return {OrderType.MARKET: "market", OrderType.LIMIT: "limit", OrderType.SL: "SL", OrderType.SL_M: "SL-M"}[kind]


def _phase_name(phase: SessionPhase) -> str:
    if phase.name.startswith("CLOSING"):
        return "closing auction"
    return "pre-open session"


def _moment(at: datetime) -> str:
    local = ist(at)
    return f"{local:%H:%M} on {local.day} {local:%b}"
