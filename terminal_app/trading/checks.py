"""The checks of an order before anything is sent: what the ticket shows beside its fields, and what the desk refuses.

Pure functions. Each problem names the field, the rule and the fix in one sentence, with values that a click can take over.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from terminal_app.brokers.base import Capabilities
from terminal_app.domain.enums import (
    Exchange,
    OrderType,
    Product,
    Segment,
    SessionPhase,
    Side,
    Validity,
    Variety,
)
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.values import ZERO, ceil_to_step, floor_to_step, is_multiple
from terminal_app.trading.slices import MAX_SLICES, plan_slices
from terminal_app.trading.words import price, units

FixValue = Decimal | int | OrderType | Product | Validity

MAX_QUANTITY = 10**9
"""Units; beyond this no exchange goes."""

NEEDS_PRICES = frozenset({"NO_PRICE", "TRIGGER_SIDE"})
"""Codes of problems that our own view of the prices causes: they do not keep anybody from closing a position."""

_MIN_DISCLOSED_PERCENT = {Exchange.MCX: 25, Exchange.NCDEX: 25}
_NO_ENTRY = {
    SessionPhase.CLOSED: "The market is closed",
    SessionPhase.PRE_OPEN_MATCH: "The opening auction is being matched",
    SessionPhase.BUFFER: "The market opens in a moment",
    SessionPhase.CLOSING_REFERENCE: "The closing auction has not begun",
    SessionPhase.CLOSING_MATCH: "The closing auction is being matched",
    SessionPhase.POST_CLOSE: "The market is closed",
}
_LIMIT_ONLY = frozenset({SessionPhase.PRE_OPEN_LIMIT, SessionPhase.CLOSING_LIMIT})
_AUCTIONS = frozenset(
    {SessionPhase.PRE_OPEN, SessionPhase.PRE_OPEN_LIMIT, SessionPhase.CLOSING_ENTRY, SessionPhase.CLOSING_LIMIT}
)
_NAMES = {OrderType.MARKET: "market", OrderType.LIMIT: "limit", OrderType.SL: "SL", OrderType.SL_M: "SL-M"}


class Fix(Struct, frozen=True):
    """A value that would do: what the link says, the field it goes to and the value."""

    label: str
    field: str
    value: FixValue


class Problem(Struct, frozen=True):
    """Why an order cannot go out. ``field`` is the name in ``OrderRequest``; "phase" where no field is to blame."""

    field: str
    message: str
    fixes: tuple[Fix, ...] = ()
    code: str = ""


def check(
    request: OrderRequest,
    instrument: Instrument | None,
    capabilities: Capabilities,
    quote: Quote | None,
    phase: SessionPhase | None,
    *,
    sellable: int | None = None,
) -> list[Problem]:
    """Everything that is wrong with an order, in the order of the ticket's fields.

    ``phase`` None: not known, so nothing is said about the session. ``sellable``: units that a delivery sale may sell; None: not known.
    """
    if instrument is None:
        return [Problem("instrument", f"{request.instrument} is not among today's instruments.", code="INSTRUMENT")]
    if not instrument.is_tradable:
        return [Problem("instrument", f"{instrument.label} is an index: it is shown, not traded.", code="NOT_TRADABLE")]
    return [
        *_product(request, instrument, capabilities),
        *_order_type(request, capabilities),
        *_session(request, capabilities, phase),
        *_quantity(request, instrument),
        *_short_delivery(request, instrument, capabilities, sellable),
        *_limit_price(request, instrument, quote),
        *_trigger_price(request, instrument, quote),
        *_market_price(request, instrument, quote),
        *_validity(request, capabilities, phase),
        *_disclosed(request, instrument, phase),
    ]


def check_freeze(request: OrderRequest, instrument: Instrument) -> Problem | None:
    """Whether the order, sent as one, exceeds the freeze quantity."""
    if len(plan_slices(request.quantity, instrument)) <= 1:
        return None
    largest = instrument.max_slice
    return Problem(
        "quantity",
        f"{units(request.quantity)} is above {units(largest)}, the most that one order may have here: send it in slices.",
        (Fix(units(largest), "quantity", largest),),
        "FREEZE_QUANTITY",
    )


def _quantity(request: OrderRequest, instrument: Instrument) -> Iterator[Problem]:
    quantity, lot = request.quantity, max(1, instrument.lot_size)
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        yield Problem("quantity", "The quantity must be a whole number.", code="QUANTITY")
        return
    if quantity <= 0:
        fix = Fix(units(lot), "quantity", lot)
        yield Problem("quantity", f"The quantity must be above zero: at least {units(lot)}.", (fix,), "QUANTITY")
        return
    if quantity > MAX_QUANTITY:
        yield Problem("quantity", f"{units(quantity)} units are more than any exchange takes.", code="QUANTITY")
        return
    if quantity % lot:
        lower = quantity // lot * lot
        near = [value for value in (lower, lower + lot) if value > 0]
        yield Problem(
            "quantity",
            f"{units(quantity)} is not a multiple of the lot {units(lot)}.",
            tuple(Fix(units(value), "quantity", value) for value in near),
            "LOT_SIZE",
        )
        return
    slices = len(plan_slices(quantity, instrument))
    if slices > MAX_SLICES:
        most = MAX_SLICES * instrument.max_slice
        yield Problem(
            "quantity",
            f"{units(quantity)} would become {slices} orders; at most {MAX_SLICES} go out at once.",
            (Fix(units(most), "quantity", most),),
            "TOO_MANY_SLICES",
        )


def _short_delivery(
    request: OrderRequest, instrument: Instrument, capabilities: Capabilities, sellable: int | None
) -> Iterator[Problem]:
    if request.side is not Side.SELL or request.product is not Product.DELIVERY or sellable is None:
        return
    if request.quantity <= sellable:
        return
    fixes = []
    if sellable > 0:
        fixes.append(Fix(units(sellable), "quantity", sellable))
    if instrument.intraday_allowed and Product.INTRADAY in capabilities.products.get(instrument.segment, ()):
        fixes.append(Fix(_code(capabilities, Product.INTRADAY), "product", Product.INTRADAY))
    held = f"you hold {units(sellable)} that can be sold" if sellable > 0 else "you hold none that can be sold"
    yield Problem(
        "quantity",
        f"Delivery cannot be sold short: {held} of {instrument.label}.",
        tuple(fixes),
        "SHORT_DELIVERY",
    )


def _limit_price(request: OrderRequest, instrument: Instrument, quote: Quote | None) -> Iterator[Problem]:
    value = request.limit_price
    if not request.order_type.has_limit:
        if value is not None:
            yield Problem("limit_price", f"{_a(request.order_type)} order has no price.", code="PRICE")
        return
    if value is None:
        yield Problem("limit_price", "Enter a price.", _last(quote, instrument, "limit_price"), "PRICE")
        return
    yield from _price("limit_price", "price", value, instrument, quote)


def _trigger_price(request: OrderRequest, instrument: Instrument, quote: Quote | None) -> Iterator[Problem]:
    value = request.trigger_price
    if not request.order_type.has_trigger:
        if value is not None:
            yield Problem("trigger_price", f"{_a(request.order_type)} order has no trigger.", code="TRIGGER")
        return
    if value is None:
        yield Problem("trigger_price", "Enter a trigger price.", code="TRIGGER")
        return
    wrong = list(_price("trigger_price", "trigger price", value, instrument, quote))
    yield from wrong
    if wrong:
        return
    yield from _trigger_and_limit(request, value)
    yield from _trigger_side(request, value, instrument, quote)


def _trigger_and_limit(request: OrderRequest, trigger: Decimal) -> Iterator[Problem]:
    limit = request.limit_price
    if request.order_type is not OrderType.SL or limit is None or not limit.is_finite():
        return
    is_buy = request.side is Side.BUY
    if (limit >= trigger) if is_buy else (limit <= trigger):
        return
    rule = "at or above" if is_buy else "at or below"
    yield Problem(
        "limit_price",
        f"The price of {'a buy' if is_buy else 'a sell'} stop must be {rule} its trigger {price(trigger)}.",
        (Fix(price(trigger), "limit_price", trigger),),
        "TRIGGER_AND_LIMIT",
    )


def _trigger_side(
    request: OrderRequest, trigger: Decimal, instrument: Instrument, quote: Quote | None
) -> Iterator[Problem]:
    last = quote.last_price if quote is not None else None
    if last is None:
        return
    is_buy = request.side is Side.BUY
    if (trigger > last) if is_buy else (trigger < last):
        return
    tick = instrument.tick_size
    near = floor_to_step(last, tick) + tick if is_buy else ceil_to_step(last, tick) - tick
    where = "above" if is_buy else "below"
    yield Problem(
        "trigger_price",
        f"The trigger of {'a buy' if is_buy else 'a sell'} stop must be {where} the last price {price(last)}.",
        (Fix(price(near), "trigger_price", near),) if near > ZERO else (),
        "TRIGGER_SIDE",
    )


def _price(field: str, name: str, value: Decimal, instrument: Instrument, quote: Quote | None) -> Iterator[Problem]:
    if not value.is_finite() or value <= ZERO:
        yield Problem(field, f"The {name} must be above zero.", _last(quote, instrument, field), "PRICE")
        return
    lower, upper = band(instrument, quote)
    tick = instrument.tick_size
    if tick > ZERO and not is_multiple(value, tick):
        near = [floor_to_step(value, tick), ceil_to_step(value, tick)]
        yield Problem(
            field,
            f"{price(value)} is not a multiple of the tick {price(tick)}: "
            f"the {name} must be a multiple of {price(tick)}.",
            tuple(Fix(price(step), field, step) for step in near if step > ZERO),
            "TICK_SIZE",
        )
    if upper is not None and value > upper:
        most = floor_to_step(upper, tick) if tick > ZERO else upper
        yield Problem(
            field,
            f"{price(value)} is above {price(upper)}, the highest {name} allowed today.",
            (Fix(price(most), field, most),),
            "PRICE_BAND",
        )
    if lower is not None and value < lower:
        least = ceil_to_step(lower, tick) if tick > ZERO else lower
        yield Problem(
            field,
            f"{price(value)} is below {price(lower)}, the lowest {name} allowed today.",
            (Fix(price(least), field, least),),
            "PRICE_BAND",
        )


def band(instrument: Instrument, quote: Quote | None) -> tuple[Decimal | None, Decimal | None]:
    """Today's lowest and highest price: the quote's, which moves during the day, else the contract's; None where there is none."""
    lower = quote.lower_circuit if quote is not None else None
    upper = quote.upper_circuit if quote is not None else None
    return lower or instrument.lower_circuit or None, upper or instrument.upper_circuit or None


def _market_price(request: OrderRequest, instrument: Instrument, quote: Quote | None) -> Iterator[Problem]:
    protection = request.market_protection
    if request.order_type.has_limit:
        if protection is not None:
            text = f"{_a(request.order_type)} order takes no market protection."
            yield Problem("market_protection", text, code="PROTECTION")
        return
    if protection is not None and not ZERO < protection <= 100:
        yield Problem("market_protection", "The protection must be above 0 and at most 100 %.", code="PROTECTION")
    if request.order_type is OrderType.MARKET and (quote is None or quote.last_price is None):
        yield Problem(
            "order_type",
            f"There is no price for {instrument.label} yet, so a market order could fill anywhere: use a limit.",
            (Fix("Limit", "order_type", OrderType.LIMIT),),
            "NO_PRICE",
        )


def _product(request: OrderRequest, instrument: Instrument, capabilities: Capabilities) -> Iterator[Problem]:
    offered = capabilities.products.get(instrument.segment, ())
    if not instrument.intraday_allowed:
        offered = tuple(product for product in offered if product is not Product.INTRADAY)
    if request.product in offered:
        return
    fixes = tuple(Fix(_code(capabilities, product), "product", product) for product in offered)
    if not offered:
        message = f"{instrument.label} cannot be traded with this account."
    else:
        message = f"{_code(capabilities, request.product)} is not offered for {instrument.label}."
    yield Problem("product", message, fixes, "PRODUCT")


def _order_type(request: OrderRequest, capabilities: Capabilities) -> Iterator[Problem]:
    if request.order_type not in capabilities.order_types:
        fixes = tuple(Fix(_NAMES[kind].capitalize(), "order_type", kind) for kind in capabilities.order_types)
        message = f"This broker takes no {_NAMES[request.order_type]} orders."
        yield Problem("order_type", message, fixes, "ORDER_TYPE")
    if request.variety not in capabilities.varieties:
        yield Problem("variety", f"This broker takes no {request.variety.value} orders.", code="VARIETY")


def _session(request: OrderRequest, capabilities: Capabilities, phase: SessionPhase | None) -> Iterator[Problem]:
    if phase is None or request.variety is Variety.AMO:
        return
    closed = _NO_ENTRY.get(phase)
    if closed is not None:
        yield Problem("phase", f"{closed}: no orders are taken now.", code="MARKET_CLOSED")
        return
    limit = Fix("Limit", "order_type", OrderType.LIMIT)
    fixes = (limit,) if OrderType.LIMIT in capabilities.order_types else ()
    if phase in _AUCTIONS and request.order_type.has_trigger:
        yield Problem("order_type", "Stop orders are not taken in the auction.", fixes, "AUCTION")
    elif phase in _LIMIT_ONLY and request.order_type is OrderType.MARKET:
        yield Problem("order_type", "Only limit orders are taken in this part of the auction.", fixes, "AUCTION")


def _validity(request: OrderRequest, capabilities: Capabilities, phase: SessionPhase | None) -> Iterator[Problem]:
    day = (Fix("Day", "validity", Validity.DAY),)
    if request.validity not in capabilities.validities:
        yield Problem("validity", f"This broker takes no {request.validity.value} orders.", day, "VALIDITY")
    elif request.validity is Validity.IOC and phase in _AUCTIONS:
        yield Problem("validity", "IOC orders are not taken in the auction.", day, "AUCTION")


def _disclosed(request: OrderRequest, instrument: Instrument, phase: SessionPhase | None) -> Iterator[Problem]:
    shown, quantity = request.disclosed_quantity, request.quantity
    if shown == 0:
        return
    none = (Fix("0", "disclosed_quantity", 0),)
    if shown < 0 or shown > quantity:
        text = f"The disclosed quantity must be between 0 and the order's {units(quantity)}."
        yield Problem("disclosed_quantity", text, none, "DISCLOSED")
    elif instrument.segment in (Segment.FNO, Segment.CURRENCY):
        yield Problem("disclosed_quantity", "Derivatives take no disclosed quantity.", none, "DISCLOSED")
    elif request.validity is Validity.IOC or phase in _AUCTIONS:
        where = "An IOC order takes" if request.validity is Validity.IOC else "The auction takes"
        yield Problem("disclosed_quantity", f"{where} no disclosed quantity.", none, "DISCLOSED")
    else:
        percent = _MIN_DISCLOSED_PERCENT.get(instrument.exchange, 10)
        least = -(-quantity * percent // 100)
        lot = max(1, instrument.lot_size)
        least = -(-least // lot) * lot
        if shown < least:
            text = f"At least {percent} % of the order must be disclosed: {units(least)} or more."
            fixes = (Fix(units(least), "disclosed_quantity", least), *none)
            yield Problem("disclosed_quantity", text, fixes, "DISCLOSED")


def _last(quote: Quote | None, instrument: Instrument, field: str) -> tuple[Fix, ...]:
    last = quote.last_price if quote is not None else None
    if last is None or instrument.tick_size <= ZERO:
        return ()
    near = floor_to_step(last, instrument.tick_size)
    return (Fix(price(near), field, near),)


def _a(kind: OrderType) -> str:
    return f"An {_NAMES[kind]}" if _NAMES[kind].startswith("SL") else f"A {_NAMES[kind]}"


def _code(capabilities: Capabilities, product: Product) -> str:
    return capabilities.product_codes.get(product, product.value)
