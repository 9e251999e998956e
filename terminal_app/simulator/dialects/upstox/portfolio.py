"""Money, holdings and positions of one client as Upstox shows them, and the conversion of positions. Rupees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from terminal_app.domain.enums import OrderType, Product, Segment, Side
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.fill import Fill
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId, BrokerOrderId, InstrumentId, TradeId
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.position import Position, PositionKey
from terminal_app.domain.values import ZERO
from terminal_app.simulator.dialects.charges import Charges, Trade, charges_of
from terminal_app.simulator.dialects.upstox import requests
from terminal_app.simulator.dialects.upstox.contracts import Name, Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.orders import PRODUCTS
from terminal_app.simulator.dialects.upstox.shapes import rupees
from terminal_app.simulator.exchange import SimulatedExchange

MOST_MARGIN_ROWS = 20

_FLAT = Decimal(20)
_MOST_DELIVERY = Decimal("0.025")
_INTRADAY = Decimal("0.001")
_FUTURES = Decimal("0.0005")


class Portfolio:
    """Answers from the account at the exchange."""

    def __init__(self, exchange: SimulatedExchange, account: AccountId, names: Names) -> None:
        self._exchange = exchange
        self._account = account
        self._names = names

    # --- money ----------------------------------------------------------------------------------------------------

    def funds(self) -> dict[str, Any]:
        """``/v3/user/get-funds-and-margin``."""
        funds = self._exchange.funds(self._account)
        part = {name: rupees(amount) for name, amount in funds.parts}
        used = rupees(funds.used)
        nothing = {"total": 0.0, "equity": 0.0, "fo_settlement": 0.0}
        realised = part.get("Realised P&L", 0.0)
        loss = {"realised": max(0.0, -realised), "unrealised": part.get("Open loss", 0.0)}
        margin_used = {
            "total": used,
            "mtf": 0.0,
            "loss": {"total": loss["realised"] + loss["unrealised"], **loss},
            "span_exposure": part.get("Span", 0.0) + part.get("Exposure", 0.0),
            "cash_margin_var_elm": part.get("Intraday", 0.0) + part.get("Working orders", 0.0),
            "premium_present": part.get("Option premium", 0.0),
            "delivery_margin": {**nothing, "total": part.get("Delivery", 0.0), "equity": part.get("Delivery", 0.0)},
        }
        pledge_used = {name: value for name, value in margin_used.items() if name != "loss"}
        pledge_used = {**dict.fromkeys(pledge_used, 0.0), "delivery_margin": nothing}
        return {
            "available_to_trade": {
                "total": rupees(funds.available),
                "cash_available_to_trade": {
                    "total": rupees(funds.available),
                    "cash": {
                        "opening_balance": rupees(funds.opening),
                        "added_today": 0.0,
                        "withdrawn_today": 0.0,
                        "amount_from_stock_sale": part.get("Delivery sold", 0.0),
                        "unpaid_charges": 0.0,
                    },
                    "margin_used": margin_used,
                },
                "pledge_available_to_trade": {
                    "total": 0.0,
                    "margin_from_pledge": {"total": 0.0, "equity": 0.0, "mutual_funds": 0.0},
                    "margin_used": pledge_used,
                },
            },
            "unavailable_to_trade": {
                "cash_unavailable_to_trade": {"unsettled_profit": {"todays_profit": 0.0, "previous_days": 0.0}},
                "pledge_unavailable_to_trade": {"equity": 0.0, "mutual_funds": 0.0},
            },
        }

    def funds_v2(self, segment: str) -> dict[str, Any]:
        """``/v2/user/get-funds-and-margin``: one wallet, shown as equity. ``segment`` is SEC, COM or empty for both."""
        funds = self._exchange.funds(self._account)
        part = {name: rupees(amount) for name, amount in funds.parts}
        fields = ("used_margin", "payin_amount", "span_margin", "adhoc_margin", "notional_cash")
        blank = dict.fromkeys((*fields, "available_margin", "exposure_margin"), 0.0)
        equity = {
            **blank,
            "used_margin": rupees(funds.used),
            "span_margin": part.get("Span", 0.0),
            "available_margin": rupees(funds.available),
            "exposure_margin": part.get("Exposure", 0.0),
        }
        match segment:
            case "":
                return {"equity": equity, "commodity": blank}
            case "SEC":
                return {"equity": equity}
            case "COM":
                return {"commodity": blank}
        raise ApiRefusal("UDAPI100036", "The segment is invalid", field="segment", value=segment)

    # --- holdings -------------------------------------------------------------------------------------------------

    def holdings(self) -> list[dict[str, Any]]:
        """``/v2/portfolio/long-term-holdings``."""
        return [self._holding(one) for one in self._exchange.holdings(self._account)]

    def holding_message(self, name: Name) -> dict[str, Any] | None:
        """A holding as the portfolio stream tells it; None where there is none."""
        for one in self._exchange.holdings(self._account):
            if one.instrument == name.id:
                row = self._holding(one)
                left_out = ("last_price", "pnl", "day_change", "day_change_percentage", "tradingsymbol")
                kept = {key: value for key, value in row.items() if key not in left_out}
                return {"update_type": "holding", **kept, "exchange": name.segment, "instrument_key": name.key}
        return None

    def _holding(self, one: Holding) -> dict[str, Any]:
        name = self._names.of_id(one.instrument)
        instrument = self._names.instrument(name)
        last, close = self._prices(one.instrument)
        units = one.total_quantity
        change = last - close
        return {
            "isin": name.isin,
            "cnc_used_quantity": one.used_quantity,
            "collateral_type": "WC",
            "company_name": instrument.name,
            "haircut": 0.2,
            "product": "D",
            "quantity": one.quantity,
            "trading_symbol": name.symbol,
            "tradingsymbol": name.symbol,
            "last_price": rupees(last),
            "close_price": rupees(close),
            "pnl": rupees((last - one.average_price) * units),
            "day_change": rupees(change),
            "day_change_percentage": rupees(change / close * 100 if close else ZERO),
            "instrument_token": name.key,
            "average_price": rupees(one.average_price),
            "collateral_quantity": one.pledged_quantity,
            "collateral_update_quantity": 0,
            "t1_quantity": one.t1_quantity,
            "exchange": name.short_exchange,
        }

    # --- positions ------------------------------------------------------------------------------------------------

    def positions(self, *, only_mtf: bool = False) -> list[dict[str, Any]]:
        """``/v2/portfolio/short-term-positions``, or ``/v3/portfolio/mtf-positions``; closed ones of the day too."""
        net = self._exchange.positions(self._account).net
        return [self._position(one) for one in net if (one.product is Product.MTF) == only_mtf]

    def position_message(self, key: PositionKey) -> dict[str, Any] | None:
        """A position as the portfolio stream tells it: without last price and profit."""
        position = self._exchange.account(self._account).positions.get(key)
        if position is None:
            return None
        name = self._names.of_id(key.instrument)
        left_out = ("last_price", "pnl", "unrealised", "realised", "close_price", "tradingsymbol")
        row = {field: value for field, value in self._position(position).items() if field not in left_out}
        return {"update_type": "position", **row, "exchange": name.segment, "instrument_key": name.key}

    def _position(self, one: Position) -> dict[str, Any]:
        name = self._names.of_id(one.instrument)
        last, close = self._prices(one.instrument)
        # What the carried part cost: so that sell value - buy value + quantity x last price is the profit.
        carried_cost = ZERO
        if one.carried_quantity:
            carried_cost = (
                one.average_price * one.quantity - one.realised_pnl / one.multiplier - one.buy_value + one.sell_value
            )
        carried_buy = max(0, one.carried_quantity)
        carried_sell = max(0, -one.carried_quantity)
        buy_value = one.buy_value + (carried_cost if carried_buy else ZERO)
        sell_value = one.sell_value - (carried_cost if carried_sell else ZERO)
        bought, sold = one.buy_quantity + carried_buy, one.sell_quantity + carried_sell
        return {
            "exchange": name.short_exchange,
            "multiplier": rupees(one.multiplier),
            "value": rupees(sell_value - buy_value),
            "pnl": rupees(one.realised_pnl + one.unrealised_pnl(last)),
            "product": PRODUCTS[one.product],
            "instrument_token": name.key,
            "average_price": rupees(one.average_price) if one.quantity else None,
            "buy_value": rupees(buy_value),
            "overnight_quantity": one.carried_quantity,
            "day_buy_value": rupees(one.buy_value),
            "day_buy_price": _average(one.buy_value, one.buy_quantity),
            "overnight_buy_amount": rupees(carried_cost) if carried_buy else 0.0,
            "overnight_buy_quantity": carried_buy,
            "day_buy_quantity": one.buy_quantity,
            "day_sell_value": rupees(one.sell_value),
            "day_sell_price": _average(one.sell_value, one.sell_quantity),
            "overnight_sell_amount": rupees(-carried_cost) if carried_sell else 0.0,
            "overnight_sell_quantity": carried_sell,
            "day_sell_quantity": one.sell_quantity,
            "quantity": one.quantity,
            "last_price": rupees(last),
            "unrealised": rupees(one.unrealised_pnl(last)),
            "realised": rupees(one.realised_pnl),
            "sell_value": rupees(sell_value),
            "trading_symbol": name.symbol,
            "tradingsymbol": name.symbol,
            "close_price": rupees(close),
            "buy_price": _average(buy_value, bought),
            "sell_price": _average(sell_value, sold),
        }

    def convert(self, body: Mapping[str, Any]) -> PositionKey:
        """``/v2/portfolio/convert-position``; what it became. Raises ApiRefusal."""
        name = requests.instrument(self._names, body.get("instrument_token"))
        old = requests.product(name, body, "old_product")
        new = requests.product(name, body, "new_product")
        side, units = requests.side(body), requests.quantity(body)
        if old is new:
            raise ApiRefusal("UDAPI100036", "The old and new products are the same", field="new_product")
        account = self._exchange.account(self._account)
        position = account.positions.get(PositionKey(name.id, old))
        if position is None or position.quantity * side.sign < units:
            raise ApiRefusal("UDAPI100036", "There is no open position of this quantity", field="quantity", value=units)
        if new is Product.DELIVERY and side is Side.SELL and account.sellable(name.id) < units:
            raise ApiRefusal("UDAPI100036", "The shares are not there to be delivered", field="new_product")
        before = dict(account.positions)
        reduced, moved = _split(position, side, units, new)
        account.positions[position.key] = reduced
        held = account.positions.get(moved.key) or Position(*moved.key, multiplier=position.multiplier)
        account.positions[moved.key] = held.apply(_as_fill(moved, self._exchange.now))
        if self._exchange.purse.available(account) < 0:
            account.positions = before
            raise ApiRefusal("UDAPI100036", "There is not enough margin to convert the position")
        return moved.key

    # --- what orders need and cost --------------------------------------------------------------------------------

    def margin(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``/v2/charges/margin``. Raises ApiRefusal."""
        rows = body.get("instruments")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise ApiRefusal("UDAPI1026", "The instruments are required", field="instruments")
        if len(rows) > MOST_MARGIN_ROWS:
            raise ApiRefusal("UDAPI100038", f"There may be {MOST_MARGIN_ROWS} instruments at most")
        orders = [self._wish(row) for row in rows]
        try:
            each = [self._margin_row([order]) for order in orders]
            whole = self._exchange.margin(self._account, orders).required
        except OrderRejected as refused:
            raise ApiRefusal("UDAPI100038", refused.message) from refused
        return {
            "margins": each,
            "required_margin": sum(row["total_margin"] for row in each),
            "final_margin": rupees(whole),
        }

    def _wish(self, row: Mapping[str, Any]) -> OrderRequest:
        name = requests.instrument(self._names, row.get("instrument_key"), "instrument_key")
        price = requests.number(row, "price")
        return OrderRequest(
            instrument=name.id,
            side=requests.side(row),
            quantity=requests.quantity(row),
            order_type=OrderType.LIMIT if price else OrderType.MARKET,
            product=requests.product(name, row),
            limit_price=price or None,
        )

    def _margin_row(self, orders: Sequence[OrderRequest]) -> dict[str, float]:
        margin = self._exchange.margin(self._account, orders)
        part = {name: rupees(amount) for name, amount in margin.parts}
        return {
            "span_margin": part.get("Span", 0.0),
            "exposure_margin": part.get("Exposure", 0.0),
            "equity_margin": part.get("Delivery", 0.0) + part.get("Intraday", 0.0),
            "net_buy_premium": max(0.0, part.get("Premium", 0.0)),
            "additional_margin": 0.0,
            "total_margin": rupees(margin.required),
            "tender_margin": 0.0,
        }

    def brokerage(self, query: Mapping[str, str]) -> dict[str, Any]:
        """``/v2/charges/brokerage``. Raises ApiRefusal."""
        name = requests.instrument(self._names, query.get("instrument_token", ""))
        try:
            units, price = int(query["quantity"]), Decimal(query["price"])
        except (KeyError, ValueError, ArithmeticError):
            raise ApiRefusal("UDAPI100036", "The quantity and the price must be numbers") from None
        if not price.is_finite() or price > requests.MOST_RUPEES or units > requests.MOST_UNITS:
            raise ApiRefusal("UDAPI100036", "The quantity and the price must be ordinary numbers")
        if units <= 0 or price < 0:
            raise ApiRefusal("UDAPI1052", field="quantity", value=units)
        instrument = self._names.instrument(name)
        product = requests.product(name, query)
        trade = Trade(instrument, requests.side(query), product, price * units * instrument.multiplier)
        return _charges_row(charges_of(trade, tariff))

    def _prices(self, id: InstrumentId) -> tuple[Decimal, Decimal]:
        """Last price and previous close; zero where there is none."""
        quote = self._exchange.quote(id)
        if quote is None:
            return ZERO, ZERO
        last = quote.last_price or quote.previous_close or ZERO
        return last, quote.previous_close or last


def tariff(trade: Trade) -> Decimal:
    """Upstox's brokerage on one executed order (market-rules 10.1): 20 rupees, less for small orders."""
    if trade.instrument.segment is Segment.CASH:
        share = _INTRADAY if trade.product is Product.INTRADAY else _MOST_DELIVERY
        return min(_FLAT, trade.value * share)
    if trade.instrument.strike is None:
        return min(_FLAT, trade.value * _FUTURES)
    return _FLAT


def _charges_row(charges: Charges) -> dict[str, Any]:
    other = {
        "transaction": rupees(round(charges.exchange, 2)),
        "clearing": 0.0,
        "ipft": 0.0,
        "sebi_turnover": rupees(round(charges.sebi, 2)),
    }
    plan = {"name": "BASIC", "min_expense": 20.0}
    return {
        "charges": {
            "total": rupees(round(charges.total, 2)),
            "brokerage": rupees(round(charges.brokerage, 2)),
            "taxes": {
                "gst": rupees(round(charges.gst, 2)),
                "stt": rupees(round(charges.tax, 2)),
                "stamp_duty": rupees(round(charges.stamp, 2)),
            },
            "other_charges": other,
            "otherTaxes": other,
            "dp_plan": plan,
            "dpPlan": plan,
        }
    }


def _average(value: Decimal, units: int) -> float:
    return rupees(round(value / units, 4)) if units else 0.0


def _split(position: Position, side: Side, units: int, new: Product) -> tuple[Position, Position]:
    """What stays of a position, and the part that changes its product: today's trades first, then what was carried."""
    price = position.average_price
    today = min(units, position.buy_quantity if side is Side.BUY else position.sell_quantity)
    carried = side.sign * (units - today)
    rest = replace(
        position,
        quantity=position.quantity - side.sign * units,
        carried_quantity=position.carried_quantity - carried,
        average_price=price if position.quantity != side.sign * units else ZERO,
    )
    if side is Side.BUY:
        rest = replace(rest, buy_quantity=rest.buy_quantity - today, buy_value=rest.buy_value - price * today)
    else:
        rest = replace(rest, sell_quantity=rest.sell_quantity - today, sell_value=rest.sell_value - price * today)
    return rest, replace(position, product=new, quantity=side.sign * units, average_price=price)


def _as_fill(moved: Position, at: datetime) -> Fill:
    """The moved part as a trade at its own price."""
    return Fill(
        trade_id=TradeId(""),
        broker_order_id=BrokerOrderId(""),
        instrument=moved.instrument,
        side=Side.BUY if moved.quantity > 0 else Side.SELL,
        product=moved.product,
        quantity=abs(moved.quantity),
        price=moved.average_price,
        filled_at=at,
    )
