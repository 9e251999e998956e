"""From Upstox's JSON to the domain: orders, fills, holdings, positions, money and the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from terminal_app.brokers.text import clean
from terminal_app.brokers.upstox.codes import (
    ACCOUNT_EXCHANGES,
    ACCOUNT_PRODUCTS,
    ARMED,
    ORDER_TYPES,
    SIDES,
    STATES,
    VALIDITIES,
    VARIETIES,
    products_at,
)
from terminal_app.brokers.upstox.fields import Fields, names, rows
from terminal_app.domain.account import Profile
from terminal_app.domain.broker_charges import BrokerCharges
from terminal_app.domain.enums import OrderStatus, OrderType, Variety
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import BrokerOrderId, ClientTag, TradeId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.position import Position
from terminal_app.domain.values import ZERO

V = TypeVar("V")

Find = Callable[[str], Instrument]
"""The instrument of a key. Raises ProtocolError for one that is not listed."""

ORDER_FIELDS = names(
    "exchange product price quantity status guid tag instrument_token placed_by tradingsymbol trading_symbol order_type validity "
    "trigger_price disclosed_quantity transaction_type average_price filled_quantity pending_quantity status_message "
    "status_message_raw exchange_order_id parent_order_id order_id variety order_timestamp exchange_timestamp is_amo "
    "order_request_id order_ref_id update_type user_id userId instrument_key market_protection"
)
_FILL_FIELDS = names(
    "exchange product tradingsymbol trading_symbol instrument_token order_type transaction_type quantity exchange_order_id order_id "
    "exchange_timestamp average_price trade_id order_ref_id order_timestamp"
)
_HOLDING_FIELDS = names(
    "isin cnc_used_quantity collateral_type company_name haircut product quantity tradingsymbol trading_symbol last_price close_price "
    "pnl day_change day_change_percentage instrument_token average_price collateral_quantity collateral_update_quantity t1_quantity "
    "exchange"
)
_POSITION_FIELDS = names(
    "exchange multiplier value pnl product instrument_token average_price buy_value overnight_quantity day_buy_value day_buy_price "
    "overnight_buy_amount overnight_buy_quantity day_buy_quantity day_sell_value day_sell_price overnight_sell_amount "
    "overnight_sell_quantity day_sell_quantity quantity last_price unrealised realised sell_value tradingsymbol trading_symbol "
    "close_price buy_price sell_price"
)
_PROFILE_FIELDS = names("email exchanges products broker user_id user_name order_types user_type poa ddpi is_active")


def read_orders(data: Any, find: Find, now: datetime) -> list[Order]:
    """The order book, or the states of one order, in the order they came."""
    return [read_order(row, find, now) for row in rows(data, "order book")]


def read_order(value: Any, find: Find, now: datetime) -> Order:
    """An order as the books and the stream of updates tell it. ``now`` stands in for a time that is not said."""
    row = Fields(value, "order", ORDER_FIELDS)
    instrument = find(row.text("instrument_key") if row.has("instrument_key") else row.text("instrument_token"))
    order_type = row.one_of("order_type", ORDER_TYPES)
    quantity, filled = row.count("quantity"), row.count("filled_quantity")
    status_words = row.text("status").lower()
    state = STATES.get(status_words)
    if state is None:
        raise ProtocolError(f"Upstox's order has the status “{status_words[:60]}”, a word that is not known.")
    placed_at = row.moment_or_none("order_timestamp") or now
    tag = row.text_or("tag")
    message = row.text_or("status_message") or row.text_or("status_message_raw")
    return Order(
        request=OrderRequest(
            instrument=instrument.id,
            side=row.one_of("transaction_type", SIDES),
            quantity=quantity,
            order_type=order_type,
            product=row.one_of("product", products_at(instrument.id)),
            validity=row.one_of("validity", VALIDITIES),
            limit_price=row.amount("price") if order_type.has_limit else None,
            trigger_price=row.amount("trigger_price") if order_type.has_trigger else None,
            disclosed_quantity=row.count_or("disclosed_quantity"),
            variety=_variety(row),
        ),
        status=state.status or _working_status(status_words, order_type, quantity, filled),
        placed_at=placed_at,
        updated_at=max(placed_at, row.moment_or_none("exchange_timestamp") or placed_at),
        tag=ClientTag(tag) if tag else None,
        broker_id=BrokerOrderId(row.text("order_id")),
        pending=state.pending,
        filled_quantity=filled,
        average_price=row.price_or_none("average_price"),
        reason=clean(message),
    )


def _variety(row: Fields) -> Variety:
    if row.flag("is_amo"):
        return Variety.AMO
    # Some rows leave the variety empty; AMO is the only one that is_amo does not tell apart from the usual.
    return row.one_of("variety", VARIETIES) if row.text_or("variety") else Variety.REGULAR


def _working_status(status_words: str, order_type: OrderType, quantity: int, filled: int) -> OrderStatus:
    if 0 < filled < quantity:
        return OrderStatus.PARTIALLY_FILLED
    if order_type.has_trigger and status_words not in ARMED:
        return OrderStatus.TRIGGER_PENDING
    return OrderStatus.OPEN


def read_fills(data: Any, find: Find, now: datetime) -> list[Fill]:
    """Fills, in the order they came."""
    return [_fill(Fields(row, "trade", _FILL_FIELDS), find, now) for row in rows(data, "trades")]


def _fill(row: Fields, find: Find, now: datetime) -> Fill:
    instrument = find(row.text("instrument_token"))
    return Fill(
        trade_id=TradeId(row.text("trade_id")),
        broker_order_id=BrokerOrderId(row.text("order_id")),
        instrument=instrument.id,
        side=row.one_of("transaction_type", SIDES),
        product=row.one_of("product", products_at(instrument.id)),
        quantity=row.count("quantity"),
        price=row.amount("average_price"),
        filled_at=row.moment_or_none("exchange_timestamp") or row.moment_or_none("order_timestamp") or now,
    )


def read_holdings(data: Any, find: Find, *, needs_authorisation: bool) -> list[Holding]:
    """Shares in the demat account."""
    return [
        _holding(Fields(row, "holding", _HOLDING_FIELDS), find, needs_authorisation) for row in rows(data, "holdings")
    ]


def _holding(row: Fields, find: Find, needs_authorisation: bool) -> Holding:
    return Holding(
        instrument=find(row.text("instrument_token")).id,
        quantity=row.count("quantity"),
        average_price=row.amount("average_price"),
        t1_quantity=row.count("t1_quantity"),
        pledged_quantity=row.count_or("collateral_quantity"),
        used_quantity=row.count_or("cnc_used_quantity"),
        previous_close=row.price_or_none("close_price"),
        isin=row.text("isin"),
        needs_authorisation=needs_authorisation,
    )


def read_positions(data: Any, find: Find) -> tuple[list[Position], list[Position]]:
    """Net positions, and what was traded today of them."""
    net, day = [], []
    for value in rows(data, "positions"):
        row = Fields(value, "position", _POSITION_FIELDS)
        instrument = find(row.text("instrument_token"))
        net.append(_net_position(row, instrument))
        if row.count_or("day_buy_quantity") or row.count_or("day_sell_quantity"):
            day.append(_day_position(row, instrument))
    return net, day


def _net_position(row: Fields, instrument: Instrument) -> Position:
    quantity = row.count("quantity")
    average = row.amount_or("average_price", ZERO) if quantity else ZERO
    multiplier = _multiplier(row, instrument)
    bought, sold = _traded(row, "buy", multiplier), _traded(row, "sell", multiplier)
    flows = sold + _carried(row, "sell", multiplier) - bought - _carried(row, "buy", multiplier)
    carried = row.count_or("overnight_quantity")
    return Position(
        instrument=instrument.id,
        product=row.one_of("product", products_at(instrument.id)),
        quantity=quantity,
        average_price=average,
        # Worked out from the flows: the broker's own figure is not to be relied on.
        realised_pnl=(flows + quantity * average) * multiplier,
        buy_quantity=row.count_or("day_buy_quantity"),
        buy_value=bought,
        sell_quantity=row.count_or("day_sell_quantity"),
        sell_value=sold,
        carried_quantity=carried,
        carried_price=row.amount_or("close_price", ZERO) if carried else ZERO,
        multiplier=multiplier,
    )


def _day_position(row: Fields, instrument: Instrument) -> Position:
    multiplier = _multiplier(row, instrument)
    buy_quantity, sell_quantity = row.count_or("day_buy_quantity"), row.count_or("day_sell_quantity")
    bought, sold = _traded(row, "buy", multiplier), _traded(row, "sell", multiplier)
    quantity = buy_quantity - sell_quantity
    average = ZERO
    if quantity:
        average = bought / buy_quantity if quantity > 0 else sold / sell_quantity
    return Position(
        instrument=instrument.id,
        product=row.one_of("product", products_at(instrument.id)),
        quantity=quantity,
        average_price=average,
        realised_pnl=(sold - bought + quantity * average) * multiplier,
        buy_quantity=buy_quantity,
        buy_value=bought,
        sell_quantity=sell_quantity,
        sell_value=sold,
        multiplier=multiplier,
    )


def _multiplier(row: Fields, instrument: Instrument) -> Decimal:
    return row.amount_or("multiplier", instrument.multiplier)


def _traded(row: Fields, side: str, multiplier: Decimal) -> Decimal:
    """Price times units of today's trades. The broker's value is exact, but may have the multiplier in it."""
    if multiplier == 1:
        return row.amount_or(f"day_{side}_value", ZERO)
    return row.amount_or(f"day_{side}_price", ZERO) * row.count_or(f"day_{side}_quantity")


def _carried(row: Fields, side: str, multiplier: Decimal) -> Decimal:
    """Price times units of what was open when the day began, where the broker tells it on this side."""
    quantity = row.count_or(f"overnight_{side}_quantity")
    amount = row.amount_or(f"overnight_{side}_amount", ZERO)
    if multiplier == 1 or not quantity:
        return amount
    close = row.amount_or("close_price", ZERO)
    # With or without the multiplier in it: the reading that is nearer to the close is the right one.
    plain, multiplied = amount / quantity, amount / quantity / multiplier
    return quantity * (plain if abs(plain - close) <= abs(multiplied - close) else multiplied)


_CASH = names("total cash margin_used")
_PLEDGE = names("total margin_from_pledge margin_used")
_CASH_PARTS = names("opening_balance added_today withdrawn_today amount_from_stock_sale unpaid_charges")
_USED_PARTS = names("total mtf loss span_exposure cash_margin_var_elm premium_present delivery_margin")


def read_funds(data: Any, now: datetime) -> Funds:
    """Money of the account."""
    whole = Fields(data, "funds", names("available_to_trade unavailable_to_trade"))
    available = whole.inner("available_to_trade", names("total cash_available_to_trade pledge_available_to_trade"))
    cash = available.inner("cash_available_to_trade", _CASH)
    pledge = available.inner("pledge_available_to_trade", _PLEDGE)
    money = cash.inner("cash", _CASH_PARTS)
    cash_used = cash.inner("margin_used", _USED_PARTS)
    pledge_used = pledge.inner("margin_used", _USED_PARTS)
    pledged = pledge.inner("margin_from_pledge", names("total equity mutual_funds")).amount("total")
    loss = cash_used.inner("loss", names("total realised unrealised")) if cash_used.has("loss") else None
    parts = [
        ("Opening balance", money.amount("opening_balance")),
        ("Added today", money.amount_or("added_today", ZERO)),
        ("Withdrawn today", money.amount_or("withdrawn_today", ZERO)),
        ("From sales of shares", money.amount_or("amount_from_stock_sale", ZERO)),
        ("Unpaid charges", money.amount_or("unpaid_charges", ZERO)),
        ("Margin from pledge", pledged),
        ("Span and exposure", _both("span_exposure", cash_used, pledge_used)),
        ("Margin for shares", _both("cash_margin_var_elm", cash_used, pledge_used)),
        ("Premium", _both("premium_present", cash_used, pledge_used)),
        ("Delivery margin", _delivery(cash_used) + _delivery(pledge_used)),
        ("MTF", _both("mtf", cash_used, pledge_used)),
        ("Realised loss", loss.amount_or("realised", ZERO) if loss else ZERO),
        ("Unrealised loss", loss.amount_or("unrealised", ZERO) if loss else ZERO),
    ]
    return Funds(
        opening=money.amount("opening_balance"),
        available=available.amount("total"),
        used=cash_used.amount("total") + pledge_used.amount("total"),
        as_of=now,
        collateral=pledged,
        parts=tuple(part for part in parts if part[1]),
    )


def _both(name: str, cash: Fields, pledge: Fields) -> Decimal:
    return cash.amount_or(name, ZERO) + pledge.amount_or(name, ZERO)


def _delivery(used: Fields) -> Decimal:
    if not used.has("delivery_margin"):
        return ZERO
    return used.inner("delivery_margin", names("total equity fo_settlement")).amount_or("total", ZERO)


def read_profile(data: Any) -> tuple[Profile, bool | None]:
    """Who is logged in, and whether holdings may be sold without asking the depository (None: not said)."""
    row = Fields(data, "profile", _PROFILE_FIELDS)
    exchanges = [_word(one, ACCOUNT_EXCHANGES, "exchange") for one in row.texts("exchanges")]
    products = [ours for one in row.texts("products") for ours in _word(one, ACCOUNT_PRODUCTS, "product")]
    may_sell: bool | None = True if row.flag("poa") else None
    if may_sell is None and row.has("ddpi"):
        may_sell = row.flag("ddpi")
    profile = Profile(
        client_id=row.text("user_id"),
        name=clean(row.text("user_name")),
        exchanges=tuple(dict.fromkeys(exchanges)),
        products=tuple(dict.fromkeys(products)),
    )
    return profile, may_sell


def _word(word: str, meanings: Mapping[str, V], what: str) -> V:
    if word not in meanings:
        raise ProtocolError(f"Upstox's profile names the {what} “{word[:40]}”, a word that is not known.")
    return meanings[word]


_MARGIN_PARTS = {
    "span_margin": "Span",
    "exposure_margin": "Exposure",
    "equity_margin": "Margin for shares",
    "net_buy_premium": "Premium",
    "additional_margin": "Additional",
    "tender_margin": "Tender",
}


def read_margin(data: Any) -> tuple[Decimal, dict[str, Decimal]]:
    """What the orders of one call need together, and its parts before the benefit of the basket."""
    whole = Fields(data, "margin", names("margins required_margin final_margin"))
    parts: dict[str, Decimal] = {}
    for value in whole.rows("margins"):
        row = Fields(value, "margin row", frozenset({*_MARGIN_PARTS, "total_margin"}))
        for name, label in _MARGIN_PARTS.items():
            parts[label] = parts.get(label, ZERO) + row.amount_or(name, ZERO)
    required, final = whole.amount("required_margin"), whole.amount("final_margin")
    if final != required:
        parts["Benefit of the basket"] = final - required
    return final, parts


def read_charges(data: Any) -> BrokerCharges:
    """What one order would cost."""
    known = names("total brokerage taxes other_charges otherTaxes other_taxes dp_plan dpPlan")
    row = Fields(data, "charges", names("charges")).inner("charges", known)
    taxes = row.inner("taxes", names("gst stt stamp_duty"))
    others_name = "other_charges" if row.has("other_charges") else "otherTaxes"
    others = row.inner(others_name, names("transaction clearing ipft sebi_turnover"))
    total = row.amount("total")
    parts = [
        ("Brokerage", row.amount("brokerage")),
        ("STT", taxes.amount("stt")),
        ("Exchange", others.amount("transaction")),
        ("Clearing", others.amount_or("clearing", ZERO)),
        ("IPFT", others.amount_or("ipft", ZERO)),
        ("SEBI", others.amount("sebi_turnover")),
        ("Stamp duty", taxes.amount("stamp_duty")),
        ("GST", taxes.amount("gst")),
    ]
    rest = total - sum((amount for _name, amount in parts), ZERO)
    if rest:
        parts.append(("Depository and others", rest))
    return BrokerCharges(total, tuple(parts))
