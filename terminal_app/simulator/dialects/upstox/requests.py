"""Reads the bodies of order calls: what a field must be, and with which code Upstox refuses one that is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web
from msgspec import Struct

from terminal_app.domain.enums import Exchange, OrderType, Product, Segment, Side, Validity
from terminal_app.domain.order import OrderChange, OrderRequest
from terminal_app.simulator.dialects.upstox.contracts import Name, Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal

MOST_TAG = 40
MOST_KEYS = 500
MOST_UNITS = 10**9
MOST_RUPEES = 10**9

_TYPES = {"MARKET": OrderType.MARKET, "LIMIT": OrderType.LIMIT, "SL": OrderType.SL, "SL-M": OrderType.SL_M}
_VALIDITIES = {"DAY": Validity.DAY, "IOC": Validity.IOC}
_AUTOMATIC, _LEAST_PROTECTION, _MOST_PROTECTION = -1, 1, 25


class NewOrder(Struct, frozen=True):
    """A place request that was understood."""

    name: Name
    request: OrderRequest
    tag: str
    is_amo: bool
    slices: bool


async def json_body(request: web.Request) -> Any:
    """The body as JSON. Raises ApiRefusal."""
    try:
        return json.loads(await request.text() or "null", parse_float=Decimal)
    except ValueError:
        raise ApiRefusal("UDAPI100036", "The request body is not valid JSON") from None


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object. Raises ApiRefusal."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise ApiRefusal("UDAPI100036", "The request body must be a JSON object")
    return body


def needed(query: Mapping[str, str], name: str, code: str) -> str:
    """A query parameter that must be there. Raises ApiRefusal."""
    value = query.get(name, "")
    if not value:
        raise ApiRefusal(code, f"The {name} is required", field=name)
    return value


def instrument(names: Names, key: Any, field: str = "instrument_token") -> Name:
    """The instrument of a key. Raises ApiRefusal."""
    if not isinstance(key, str) or not key:
        raise ApiRefusal("UDAPI1026", field=field)
    if "|" not in key:
        raise ApiRefusal("UDAPI1021", field=field, value=key)
    name = names.of_key(key)
    if name is None:
        raise ApiRefusal("UDAPI100011", field=field, value=key)
    return name


def keys(query: Mapping[str, str]) -> list[str]:
    """The instrument keys of a quote call. Raises ApiRefusal."""
    text = query.get("instrument_key") or query.get("symbol") or ""
    if not text:
        raise ApiRefusal("UDAPI1009", "The instrument_key is required", field="instrument_key")
    found = [key.strip() for key in text.split(",") if key.strip()]
    for key in found:
        if "|" not in key:
            raise ApiRefusal("UDAPI1087", field="instrument_key", value=key)
    if len(found) > MOST_KEYS:
        raise ApiRefusal("UDAPI100042", field="instrument_key")
    return found


def new_order(names: Names, body: Mapping[str, Any]) -> NewOrder:
    """A place request (v2 and v3 have the same fields). Raises ApiRefusal."""
    name = instrument(names, body.get("instrument_token"))
    if name.segment == "MCX_FO":
        raise ApiRefusal("UDAPI1161")
    kind = _order_type(body)
    request = OrderRequest(
        instrument=name.id,
        side=side(body),
        quantity=quantity(body),
        order_type=kind,
        product=product(name, body),
        validity=_validity(body),
        limit_price=_price(body, "price", is_needed=kind.has_limit),
        trigger_price=_price(body, "trigger_price", is_needed=kind.has_trigger),
        disclosed_quantity=_whole(body, "disclosed_quantity", default=0),
        market_protection=protection(body, kind),
    )
    return NewOrder(name, request, _tag(body), body.get("is_amo") is True, body.get("slice") is True)


def order_id(query: Mapping[str, Any]) -> str:
    """The order that a call is about. Raises ApiRefusal."""
    value = query.get("order_id")
    if value is None or value == "":
        raise ApiRefusal("UDAPI1010", field="order_id")
    if not isinstance(value, str) or not value.isalnum():
        raise ApiRefusal("UDAPI1023", field="order_id", value=str(value))
    return value


def change(body: Mapping[str, Any], before: OrderRequest) -> tuple[OrderChange, Decimal | None]:
    """A modify request, and the market protection in it. Raises ApiRefusal."""
    kind = _order_type(body)
    wanted = _whole(body, "quantity", default=0)
    if body.get("quantity") is not None and wanted == 0:
        raise ApiRefusal("UDAPI1052", field="quantity", value=0)
    limit = _price(body, "price", is_needed=kind.has_limit)
    trigger = _price(body, "trigger_price", is_needed=kind.has_trigger)
    changed = OrderChange(
        quantity=wanted or None,
        limit_price=limit,
        trigger_price=trigger,
        order_type=None if kind is before.order_type else kind,
        validity=_validity(body),
    )
    return changed, protection(body, kind, is_new=False)


def side(body: Mapping[str, Any]) -> Side:
    """Buy or sell. Raises ApiRefusal."""
    value = body.get("transaction_type")
    if not isinstance(value, str) or value not in Side.__members__:
        raise ApiRefusal("UDAPI100036", "The transaction_type is invalid", field="transaction_type", value=value)
    return Side(value)


def quantity(body: Mapping[str, Any]) -> int:
    """A quantity above zero. Raises ApiRefusal."""
    value = _whole(body, "quantity")
    if value <= 0:
        raise ApiRefusal("UDAPI1052", field="quantity", value=value)
    return value


def product(name: Name, body: Mapping[str, Any], field: str = "product") -> Product:
    """``D`` is delivery for shares, carried forward for contracts. Raises ApiRefusal."""
    value = body.get(field)
    is_cash = name.id.segment is Segment.CASH
    match value:
        case "D":
            return Product.DELIVERY if is_cash else Product.CARRY
        case "I":
            return Product.INTRADAY
        case "MTF" if is_cash and name.id.exchange in (Exchange.NSE, Exchange.BSE):
            return Product.MTF
    raise ApiRefusal("UDAPI100036", f"The {field} is invalid", field=field, value=value)


def protection(body: Mapping[str, Any], kind: OrderType, *, is_new: bool = True) -> Decimal | None:
    """The market protection in percent; None for the automatic one and for orders that take none. Raises ApiRefusal."""
    value = body.get("market_protection")
    if value is None and not is_new:
        return None
    if kind.has_limit:
        return None
    if value is None or value == 0:
        raise ApiRefusal("UDAPI1158", field="market_protection", value=value)
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or value != int(value):
        raise ApiRefusal("UDAPI1177", field="market_protection", value=str(value))
    if value > _MOST_PROTECTION:
        raise ApiRefusal("UDAPI1176", field="market_protection", value=int(value))
    if value != _AUTOMATIC and value < _LEAST_PROTECTION:
        raise ApiRefusal("UDAPI1177", field="market_protection", value=int(value))
    return None if value == _AUTOMATIC else Decimal(int(value))


def number(body: Mapping[str, Any], field: str) -> Decimal | None:
    """A number; None where it is missing. Raises ApiRefusal."""
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ApiRefusal("UDAPI100036", f"The {field} must be a number", field=field, value=str(value))
    amount = Decimal(value)
    if abs(amount) > MOST_RUPEES:
        raise ApiRefusal("UDAPI100036", f"The {field} is too large", field=field, value=str(value))
    return _exact(amount)


def _order_type(body: Mapping[str, Any]) -> OrderType:
    value = body.get("order_type")
    if not value:
        raise ApiRefusal("UDAPI1004", field="order_type")
    if not isinstance(value, str) or value not in _TYPES:
        raise ApiRefusal("UDAPI1056", field="order_type", value=value)
    return _TYPES[value]


def _validity(body: Mapping[str, Any]) -> Validity:
    value = body.get("validity")
    if not value:
        raise ApiRefusal("UDAPI1007", field="validity")
    if not isinstance(value, str) or value not in _VALIDITIES:
        raise ApiRefusal("UDAPI1055", field="validity", value=value)
    return _VALIDITIES[value]


def _price(body: Mapping[str, Any], field: str, *, is_needed: bool) -> Decimal | None:
    """A price that the order type needs; one that it does not take is not looked at, as the field is always sent."""
    value = number(body, field)
    if value is None and field == "price":
        raise ApiRefusal("UDAPI1043", field=field)
    if not is_needed:
        return None
    if value is None or value <= 0:
        raise ApiRefusal("UDAPI1043", f"The {field} is required", field=field, value=str(value))
    return value


def _whole(body: Mapping[str, Any], field: str, default: int | None = None) -> int:
    value = body.get(field)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiRefusal("UDAPI100036", f"The {field} must be a whole number", field=field, value=str(value))
    if not 0 <= value <= MOST_UNITS:
        raise ApiRefusal("UDAPI100036", f"The {field} is out of its range", field=field, value=str(value))
    return value


def _tag(body: Mapping[str, Any]) -> str:
    value = body.get("tag") or ""
    if not isinstance(value, str) or len(value) > MOST_TAG:
        raise ApiRefusal("UDAPI1119", field="tag", value=str(value))
    return value


def _exact(value: Decimal) -> Decimal:
    """Without the trailing zeros that a JSON float brings: 1234.50 and 1234.5 are one price."""
    plain = value.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral() else plain
