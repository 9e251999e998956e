"""From Kite's JSON to the domain: who is logged in, money, holdings, positions, orders and fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from terminal_app.brokers.text import clean
from terminal_app.brokers.zerodha import layouts
from terminal_app.brokers.zerodha.codes import (
    MARKETS,
    ORDER_TYPES,
    OTHER_MARKETS,
    OTHER_PRODUCTS,
    PRODUCTS,
    SIDES,
    VALIDITIES,
    VARIETIES,
    decode,
)
from terminal_app.brokers.zerodha.fields import Fields, rows
from terminal_app.brokers.zerodha.statuses import status_of
from terminal_app.domain.account import Profile
from terminal_app.domain.enums import OrderPending, OrderStatus, Validity, Variety
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import BrokerOrderId, ClientTag, InstrumentId, TradeId
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.position import Position, Positions
from terminal_app.domain.values import ZERO

Identify = Callable[[str, str], InstrumentId]
"""From a Kite exchange and trading symbol to the instrument; raises ProtocolError."""

NOT_CONSENTED = ""
"""What a profile says of a demat account without a power of attorney: each sale has to be authorised."""

_SEGMENTS = {"equity": "Equity", "commodity": "Commodity"}
_AVAILABLE = {
    "cash": "cash",
    "intraday_payin": "paid in today",
    "adhoc_margin": "extra margin of the broker",
}
_AVAILABLE_KNOWN = frozenset({"opening_balance", "live_balance", "collateral", *_AVAILABLE})
_USED = {
    "span": "SPAN margin",
    "exposure": "exposure margin",
    "option_premium": "option premium",
    "delivery": "delivery margin",
    "holding_sales": "holdings sold",
    "turnover": "turnover",
    "payout": "paid out",
    "liquid_collateral": "liquid collateral used",
    "stock_collateral": "stock collateral used",
    "m2m_realised": "booked today",
    "m2m_unrealised": "open today",
}
_USED_KNOWN = frozenset({"debits", *_USED})


def read_profile(data: Any) -> tuple[Profile, str]:
    """Who is logged in, and what the demat account has consented to (empty: nothing)."""
    fields = Fields(data, "profile")
    fields.note_others(layouts.PROFILE)
    exchanges = dict.fromkeys(
        decode(MARKETS, code, "exchange") for code in fields.texts("exchanges") if code not in OTHER_MARKETS
    )
    products = dict.fromkeys(
        decode(PRODUCTS, code, "product") for code in fields.texts("products") if code not in OTHER_PRODUCTS
    )
    meta = fields.inner("meta") if "meta" in fields else Fields({}, "profile.meta")
    profile = Profile(fields.text("user_id"), clean(fields.text_or("user_name"), 80), tuple(exchanges), tuple(products))
    return profile, meta.text_or("demat_consent", NOT_CONSENTED)


def read_funds(data: Any, as_of: datetime) -> Funds:
    """Money of both segments together; the parts name the segment where both are in use."""
    both = Fields(data, "funds")
    both.note_others(_SEGMENTS)
    segments = [(words, both.inner(name)) for name, words in _SEGMENTS.items()]
    enabled = [(words, fields) for words, fields in segments if fields.flag("enabled")]
    opening = available = used = collateral = ZERO
    parts: list[tuple[str, Decimal]] = []
    for words, fields in enabled:
        fields.note_others(layouts.FUNDS)
        has, uses = fields.inner("available"), fields.inner("utilised")
        has.note_others(_AVAILABLE_KNOWN)
        uses.note_others(_USED_KNOWN)
        opening += has.amount_or("opening_balance", ZERO)
        available += has.amount("live_balance")
        used += uses.amount("debits")
        collateral += has.amount_or("collateral", ZERO)
        prefix = f"{words}: " if len(enabled) > 1 else ""
        parts += _parts(prefix, has, _AVAILABLE)
        parts += _parts(prefix, uses, _USED)
    return Funds(opening, available, used, as_of, collateral, tuple(parts))


def read_available(data: Any, segments: Iterable[str]) -> Decimal:
    """What the named segments (equity, commodity) have available together."""
    both = Fields(data, "funds")
    return sum((both.inner(name).inner("available").amount("live_balance") for name in segments), ZERO)


def _parts(prefix: str, fields: Fields, words: dict[str, str]) -> list[tuple[str, Decimal]]:
    told = [(f"{prefix}{word}", fields.amount_or(name, ZERO)) for name, word in words.items() if name in fields]
    return [(word[:1].upper() + word[1:], amount) for word, amount in told if amount]


def read_holdings(data: Any, identify: Identify, *, has_consented: bool) -> list[Holding]:
    """Shares in the demat account. ``has_consented``: the account has a power of attorney, so sales need no authorisation.

    Shares bought with the broker's money (MTF) belong to the total, and cannot be sold as delivery: they count as pledged.
    """
    return [_holding(Fields(row, "holding"), identify, has_consented) for row in rows(data, "holdings")]


def _holding(fields: Fields, identify: Identify, has_consented: bool) -> Holding:
    fields.note_others(layouts.HOLDING)
    quantity, average = fields.count("quantity"), fields.amount("average_price")
    used = fields.count_or("used_quantity")
    own, pledged = quantity, fields.count_or("collateral_quantity")
    t1_quantity = fields.count("t1_quantity")
    if "mtf" in fields:
        funded = fields.inner("mtf")
        count = funded.count_or("quantity")
        if count:
            paid = average * (quantity + t1_quantity) + funded.amount("average_price") * count
            average = paid / (quantity + t1_quantity + count)
            quantity += count
            pledged += count
    free = max(0, own - fields.count_or("collateral_quantity") - used)
    return Holding(
        instrument=identify(fields.text("exchange"), fields.text("tradingsymbol")),
        quantity=quantity,
        average_price=average,
        t1_quantity=t1_quantity,
        pledged_quantity=pledged,
        used_quantity=used,
        previous_close=fields.price_or_none("close_price"),
        isin=fields.text_or("isin"),
        needs_authorisation=not has_consented and free > fields.count_or("authorised_quantity"),
    )


def read_positions(data: Any, identify: Identify) -> Positions:
    """Net and day positions; closed ones stay in the lists with quantity 0."""
    fields = Fields(data, "positions")
    fields.note_others({"net", "day"})
    return Positions(
        tuple(_position(Fields(row, "position"), identify) for row in fields.rows("net")),
        tuple(_position(Fields(row, "position"), identify) for row in fields.rows("day")),
    )


def _position(fields: Fields, identify: Identify) -> Position:
    """Kite's values have the multiplier in them, ours do not; its split of realised and unrealised is not filled in.

    Realised is what its own formula of the P&L leaves when the open part stands at its average price.
    """
    fields.note_others(layouts.POSITION)
    multiplier = fields.amount_or("multiplier", Decimal(1)) or Decimal(1)
    quantity, average = fields.count("quantity"), fields.amount("average_price")
    flows = fields.amount("sell_value") - fields.amount("buy_value")
    average = average if quantity else ZERO
    return Position(
        instrument=identify(fields.text("exchange"), fields.text("tradingsymbol")),
        product=decode(PRODUCTS, fields.text("product"), "product"),
        quantity=quantity,
        average_price=average,
        realised_pnl=flows + average * quantity * multiplier,
        buy_quantity=fields.count("day_buy_quantity"),
        buy_value=fields.amount("day_buy_value") / multiplier,
        sell_quantity=fields.count("day_sell_quantity"),
        sell_value=fields.amount("day_sell_value") / multiplier,
        carried_quantity=fields.count("overnight_quantity"),
        carried_price=fields.amount_or("close_price", ZERO),
        multiplier=multiplier,
    )


def read_orders(data: Any, identify: Identify) -> list[Order]:
    """All orders of a list, as it is sorted."""
    return [read_order(row, identify) for row in rows(data, "orders")]


def order_symbols(data: Any) -> list[tuple[str, str]]:
    """Exchange and trading symbol of each row of a list of orders, fills, holdings or positions."""
    found = (Fields(row, "row") for row in rows(data, "rows"))
    return [(fields.text("exchange"), fields.text("tradingsymbol")) for fields in found]


def wire_variety(data: Any) -> tuple[BrokerOrderId, str]:
    """Under which word Kite keeps an order."""
    fields = Fields(data, "order")
    return BrokerOrderId(fields.text("order_id")), fields.text("variety")


def read_order(data: Any, identify: Identify) -> Order:
    """One order of the book, of a history, or of the stream."""
    fields = Fields(data, "order")
    fields.note_others(layouts.ORDER)
    request = _request(fields, identify)
    filled = fields.count("filled_quantity")
    status, pending = status_of(fields.text("status"), request.order_type, filled)
    placed = fields.moment("order_timestamp")
    heard = (fields.moment_or_none("exchange_timestamp"), fields.moment_or_none("exchange_update_timestamp"))
    average = fields.amount_or("average_price", ZERO)
    return Order(
        request=request,
        status=status,
        placed_at=placed,
        updated_at=max((placed, *(moment for moment in heard if moment is not None))),
        tag=_tag(fields),
        broker_id=BrokerOrderId(fields.text("order_id")),
        pending=pending if not status.is_closed else OrderPending.NONE,
        filled_quantity=filled,
        average_price=average if filled and average else None,
        reason=_reason(fields, status),
    )


def _request(fields: Fields, identify: Identify) -> OrderRequest:
    order_type = decode(ORDER_TYPES, fields.text("order_type"), "order type")
    validity = decode(VALIDITIES, fields.text("validity"), "validity")
    protection = fields.amount_or("market_protection", ZERO)
    variety = decode(VARIETIES, fields.text("variety"), "variety")
    disclosed = fields.count_or("disclosed_quantity")
    return OrderRequest(
        instrument=identify(fields.text("exchange"), fields.text("tradingsymbol")),
        side=decode(SIDES, fields.text("transaction_type"), "side"),
        quantity=fields.count("quantity"),
        order_type=order_type,
        product=decode(PRODUCTS, fields.text("product"), "product"),
        validity=validity,
        limit_price=fields.amount("price") if order_type.has_limit else None,
        trigger_price=fields.amount("trigger_price") if order_type.has_trigger else None,
        disclosed_quantity=_leg_quantity(fields) if variety is Variety.ICEBERG else disclosed,
        market_protection=protection if protection > 0 else None,
        variety=variety,
        validity_minutes=fields.count_or("validity_ttl") if validity is Validity.TTL else 0,
    )


def _leg_quantity(fields: Fields) -> int:
    """An iceberg's leg; Kite writes the meta data as an object or, in some answers, as a text."""
    meta = fields.value("meta") if "meta" in fields else None
    if isinstance(meta, dict) and isinstance(meta.get("iceberg"), dict):
        return Fields(meta["iceberg"], "order.meta.iceberg").count("leg_quantity")
    return fields.count("quantity")


def _tag(fields: Fields) -> ClientTag | None:
    tag = fields.text_or("tag")
    return ClientTag(tag) if tag else None


def _reason(fields: Fields, status: OrderStatus) -> str:
    words = fields.text_or("status_message") or fields.text_or("status_message_raw")
    if not words and status is OrderStatus.REJECTED:
        return "Zerodha gave no reason."
    return clean(words)


def read_fills(data: Any, identify: Identify) -> list[Fill]:
    """All fills of a list."""
    return [_fill(Fields(row, "trade"), identify) for row in rows(data, "trades")]


def _fill(fields: Fields, identify: Identify) -> Fill:
    fields.note_others(layouts.TRADE)
    at = fields.moment_or_none("fill_timestamp") or fields.moment_or_none("exchange_timestamp")
    if at is None:
        raise ProtocolError("Zerodha's trade lacks the field “fill_timestamp”.")
    return Fill(
        trade_id=TradeId(fields.text("trade_id")),
        broker_order_id=BrokerOrderId(fields.text("order_id")),
        instrument=identify(fields.text("exchange"), fields.text("tradingsymbol")),
        side=decode(SIDES, fields.text("transaction_type"), "side"),
        product=decode(PRODUCTS, fields.text("product"), "product"),
        quantity=fields.count("quantity"),
        price=fields.amount("average_price"),
        filled_at=at,
    )
