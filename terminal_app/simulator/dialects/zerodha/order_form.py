"""What an order call asks for: Kite's form fields, checked one by one, and the exchange's request that they come to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from terminal_app.domain.enums import OrderType, Product, Side, Validity
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.values import ZERO
from terminal_app.simulator.dialects.zerodha.errors import NO_PROTECTION, bad_input, invalid
from terminal_app.simulator.dialects.zerodha.symbols import Name, SymbolTable

REGULAR, AMO, COVER, ICEBERG, AUCTION = "regular", "amo", "co", "iceberg", "auction"
VARIETIES = (REGULAR, AMO, COVER, ICEBERG, AUCTION)
ORDER_TYPES = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "SL": OrderType.SL,
    "SL-M": OrderType.SL_M,
}
PRODUCTS = {
    "CNC": Product.DELIVERY,
    "NRML": Product.CARRY,
    "MIS": Product.INTRADAY,
    "MTF": Product.DELIVERY,
    "CO": Product.INTRADAY,
}
"""What the exchange books them as. Margin funding is booked as delivery that is paid in full."""
VALIDITIES = ("DAY", "IOC", "TTL")
AUTOMATIC = Decimal(-1)

_MOST_TAG = 20
_LEGS = range(2, 51)
_MOST_TTL = 1440
_MOST = 1_000_000_000
"""Beyond every price and quantity that there is."""


class OrderForm(Struct):
    """One order as Kite's fields say it. Prices are rupees, 0 where there is none; quantities are units."""

    name: Name
    instrument: InstrumentId
    transaction_type: str
    order_type: str
    product: str
    quantity: int
    price: Decimal = ZERO
    trigger_price: Decimal = ZERO
    validity: str = "DAY"
    validity_ttl: int = 0
    disclosed_quantity: int = 0
    market_protection: Decimal = ZERO
    tag: str | None = None
    autoslice: bool = False
    legs: int = 0
    leg_quantity: int = 0

    def request(self, quantity: int | None = None) -> OrderRequest:
        """The order as the exchange takes it."""
        kind = ORDER_TYPES[self.order_type]
        protection = self.market_protection if self.market_protection > ZERO and not kind.has_limit else None
        return OrderRequest(
            instrument=self.instrument,
            side=Side(self.transaction_type),
            quantity=self.quantity if quantity is None else quantity,
            order_type=kind,
            product=PRODUCTS[self.product],
            validity=Validity.IOC if self.validity == "IOC" else Validity.DAY,
            limit_price=self.price if kind.has_limit else None,
            trigger_price=self.trigger_price if kind.has_trigger else None,
            disclosed_quantity=self.disclosed_quantity,
            market_protection=protection,
        )


def read_order(form: Mapping[str, str], variety: str, symbols: SymbolTable) -> OrderForm:
    """Read the fields of a new order. Raises Refusal naming the first that is missing or wrong."""
    if variety not in VARIETIES:
        raise invalid("variety")
    name = read_name(form, symbols)
    order = OrderForm(
        name=name,
        instrument=symbols.instrument(name).id,
        transaction_type=choice(form, "transaction_type", ("BUY", "SELL")),
        order_type=choice(form, "order_type", tuple(ORDER_TYPES)),
        product=choice(form, "product", tuple(PRODUCTS)),
        quantity=count(form, "quantity", least=1),
        price=amount(form, "price"),
        trigger_price=amount(form, "trigger_price"),
        validity=choice(form, "validity", VALIDITIES, usual="DAY"),
        validity_ttl=count(form, "validity_ttl", usual=0),
        disclosed_quantity=count(form, "disclosed_quantity", usual=0),
        market_protection=amount(form, "market_protection", least=AUTOMATIC),
        tag=form.get("tag") or None,
        autoslice=choice(form, "autoslice", ("true", "false"), usual="false") == "true",
    )
    _check_prices(order)
    if order.validity == "TTL" and not 0 < order.validity_ttl <= _MOST_TTL:
        raise invalid("validity_ttl")
    if order.tag is not None and len(order.tag) > _MOST_TAG:
        raise bad_input(f"Invalid `tag`. It should be at most {_MOST_TAG} characters.")
    _check_variety(order, form, variety)
    return order


def read_change(form: Mapping[str, str], old: OrderForm) -> OrderForm:
    """The order with the fields of a modification in place. Raises Refusal."""
    order = OrderForm(
        name=old.name,
        instrument=old.instrument,
        transaction_type=old.transaction_type,
        order_type=choice(form, "order_type", tuple(ORDER_TYPES), usual=old.order_type),
        product=old.product,
        quantity=count(form, "quantity", least=1, usual=old.quantity),
        price=amount(form, "price", usual=old.price),
        trigger_price=amount(form, "trigger_price", usual=old.trigger_price),
        validity=choice(form, "validity", VALIDITIES, usual=old.validity),
        validity_ttl=old.validity_ttl,
        disclosed_quantity=count(form, "disclosed_quantity", usual=old.disclosed_quantity),
        market_protection=amount(form, "market_protection", least=AUTOMATIC, usual=old.market_protection),
        tag=old.tag,
        legs=old.legs,
        leg_quantity=old.leg_quantity,
    )
    _check_prices(order)
    return order


def read_name(form: Mapping[str, str], symbols: SymbolTable) -> Name:
    """The instrument of ``exchange`` and ``tradingsymbol``. Raises Refusal."""
    exchange, symbol = required(form, "exchange"), required(form, "tradingsymbol")
    name = symbols.by_symbol(exchange, symbol)
    if name is None:
        raise bad_input("The instrument you are placing an order for has either expired or does not exist.")
    return name


def required(form: Mapping[str, str], field: str) -> str:
    """A field that must be there. Raises Refusal."""
    value = form.get(field, "").strip()
    if not value:
        raise bad_input(f"Missing or empty field `{field}`")
    return value


def choice(form: Mapping[str, str], field: str, allowed: tuple[str, ...], usual: str | None = None) -> str:
    """One of some words. Raises Refusal."""
    value = required(form, field) if usual is None else form.get(field, "").strip() or usual
    if value not in allowed:
        raise invalid(field)
    return value


def count(form: Mapping[str, str], field: str, *, least: int = 0, usual: int | None = None) -> int:
    """A whole number. Raises Refusal."""
    text = required(form, field) if usual is None else form.get(field, "").strip() or str(usual)
    try:
        number = int(text)
    except ValueError:
        raise invalid(field) from None
    if not least <= number <= _MOST:
        raise invalid(field)
    return number


def amount(form: Mapping[str, str], field: str, *, least: Decimal = ZERO, usual: Decimal = ZERO) -> Decimal:
    """Rupees or percent. Raises Refusal."""
    text = form.get(field, "").strip()
    if not text:
        return usual
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise invalid(field) from None
    if not number.is_finite() or not least <= number <= _MOST:
        raise invalid(field)
    return number


def _check_prices(order: OrderForm) -> None:
    kind = ORDER_TYPES[order.order_type]
    if kind.has_limit and not order.price:
        raise bad_input("Missing or empty field `price`")
    if kind.has_trigger and not order.trigger_price:
        raise bad_input("Missing or empty field `trigger_price`")
    if not kind.has_limit:
        if not order.market_protection:
            raise bad_input(NO_PROTECTION)
        if order.market_protection != AUTOMATIC and not ZERO < order.market_protection <= 100:
            raise invalid("market_protection")


def _check_variety(order: OrderForm, form: Mapping[str, str], variety: str) -> None:
    if order.product == "CO" and variety != COVER:
        raise invalid("product")
    if variety == AUCTION:
        required(form, "auction_number")
        raise invalid("auction_number")  # no auction is ever held here: the list of auctions is empty
    if variety == COVER:
        if order.order_type not in ("MARKET", "LIMIT"):
            raise invalid("order_type")
        if not order.trigger_price:
            raise bad_input("Missing or empty field `trigger_price`")
    if variety == ICEBERG:
        order.legs, order.leg_quantity = count(form, "iceberg_legs"), count(form, "iceberg_quantity", least=1)
        if order.legs not in _LEGS:
            raise bad_input(f"Invalid `iceberg_legs`. It should be {_LEGS.start} to {_LEGS.stop - 1}.")
        if not (order.legs - 1) * order.leg_quantity < order.quantity <= order.legs * order.leg_quantity:
            raise bad_input("Invalid `iceberg_quantity`. It should be the quantity divided by the legs.")
