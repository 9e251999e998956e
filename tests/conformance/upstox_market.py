"""A small Upstox instrument list with a row of every market, and what Upstox's calls answer when all goes well."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from terminal_app.domain.clock import IST
from tests.conformance.recording import Request


def _expiry(day: date) -> int:
    return int(datetime.combine(day, time(23, 59, 59), IST).timestamp()) * 1000


def _row(segment: str, kind: str, key: str, symbol: str, lot: int, tick_paise: float, **more: Any) -> dict[str, Any]:
    return {
        "segment": segment,
        "exchange": {"N": "NSE", "B": "BSE", "M": "MCX"}[segment[0]],
        "instrument_type": kind,
        "instrument_key": f"{segment}|{key}",
        "trading_symbol": symbol,
        "exchange_token": key if key.isdecimal() else "1",
        "name": symbol,
        "lot_size": lot,
        "tick_size": tick_paise,
        "freeze_quantity": 1800.0,
        "qty_multiplier": 1.0,
        **more,
    }


def _derivative(
    segment: str, kind: str, key: str, of: str, lot: int, tick_paise: float, day: date, strike: float = 0.0
) -> dict[str, Any]:
    symbol = f"{of} {kind} {day:%d %b %y}".upper()
    return _row(
        segment, kind, key, symbol, lot, tick_paise, underlying_symbol=of, expiry=_expiry(day), strike_price=strike
    )


_LAST = date(2026, 11, 24)
ROWS = (
    _row("NSE_EQ", "EQ", "INE002A01018", "RELIANCE", 1, 10.0, isin="INE002A01018"),
    _row("NSE_EQ", "EQ", "INE101A01026", "M&M", 1, 10.0, isin="INE101A01026"),
    _row("NSE_EQ", "BE", "INE376L01013", "ABNINT", 1, 1.0, isin="INE376L01013"),
    _row("BSE_EQ", "A", "INE009A01021", "INFY", 1, 5.0, isin="INE009A01021"),
    _row("NSE_INDEX", "INDEX", "Nifty 50", "NIFTY", 0, 0.0),
    _row("BSE_INDEX", "INDEX", "SENSEX", "SENSEX", 0, 0.0),
    _derivative("NSE_FO", "FUT", "48699", "BANKNIFTY", 30, 20.0, _LAST),
    _derivative("NSE_FO", "CE", "50918", "NIFTY", 65, 5.0, _LAST, 25000.0),
    _derivative("BSE_FO", "PE", "835999", "SENSEX", 20, 5.0, date(2026, 11, 26), 84000.0),
    _derivative("NCD_FO", "FUT", "6892", "USDINR", 1, 0.25, date(2026, 11, 26)),
    _derivative("BCD_FO", "FUT", "1000540", "EURINR", 1, 0.25, date(2026, 11, 26)),
    _derivative("MCX_FO", "FUT", "579304", "SILVER", 30, 100.0, date(2026, 12, 4)),
    _derivative("NSE_COM", "FUT", "132844", "GOLD", 1, 100.0, date(2026, 12, 4)),
)

ORDER: dict[str, Any] = {
    "exchange": "NSE",
    "product": "D",
    "price": 100.5,
    "quantity": 10,
    "status": "open",
    "tag": None,
    "instrument_token": "NSE_EQ|INE002A01018",
    "placed_by": "AB1234",
    "trading_symbol": "RELIANCE",
    "tradingsymbol": "RELIANCE",
    "order_type": "LIMIT",
    "validity": "DAY",
    "trigger_price": 0.0,
    "disclosed_quantity": 2,
    "transaction_type": "BUY",
    "average_price": 0.0,
    "filled_quantity": 0,
    "pending_quantity": 10,
    "status_message": None,
    "status_message_raw": None,
    "exchange_order_id": "1100000000000001",
    "parent_order_id": None,
    "order_ref_id": "1",
    "order_request_id": "1",
    "variety": "SIMPLE",
    "order_timestamp": "2026-11-20 09:20:00",
    "exchange_timestamp": "2026-11-20 09:20:00",
    "is_amo": False,
    "guid": None,
}
"""What Upstox says of any order that it is asked for."""

_USER: dict[str, Any] = {
    "email": "someone@example.com",
    "exchanges": ["NSE", "NFO", "BSE", "CDS", "BFO", "BCD", "MCX"],
    "products": ["D", "CO", "I"],
    "broker": "UPSTOX",
    "user_id": "AB1234",
    "user_name": "Some One",
    "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
    "user_type": "individual",
    "poa": False,
    "is_active": True,
}
_MARGIN_ROW = {
    "span_margin": 1.5,
    "exposure_margin": 0.0,
    "equity_margin": 10.0,
    "net_buy_premium": 0.0,
    "additional_margin": 0.0,
    "total_margin": 11.5,
    "tender_margin": 0.0,
}
_CHARGES: dict[str, Any] = {
    "total": 5.5,
    "brokerage": 1.0,
    "taxes": {"gst": 0.5, "stt": 1.0, "stamp_duty": 0.5},
    "other_charges": {"transaction": 1.0, "clearing": 0.5, "ipft": 0.5, "sebi_turnover": 0.5},
    "dp_plan": {"name": "plan", "min_expense": 18.5},
}
_PURSE = {
    "used_margin": 0.0,
    "payin_amount": 0.0,
    "span_margin": 0.0,
    "adhoc_margin": 0.0,
    "notional_cash": 0.0,
    "available_margin": 1000.5,
    "exposure_margin": 0.0,
}
_DELIVERY = {"total": 0.0, "equity": 0.0, "fo_settlement": 0.0}
_USED = {
    "total": 0.0,
    "mtf": 0.0,
    "span_exposure": 0.0,
    "cash_margin_var_elm": 0.0,
    "premium_present": 0.0,
    "delivery_margin": _DELIVERY,
}
_FUNDS: dict[str, Any] = {
    "available_to_trade": {
        "total": 1000.5,
        "cash_available_to_trade": {
            "total": 1000.5,
            "cash": {
                "opening_balance": 1000.5,
                "added_today": 0.0,
                "withdrawn_today": 0.0,
                "amount_from_stock_sale": 0.0,
                "unpaid_charges": 0.0,
            },
            "margin_used": {**_USED, "loss": {"total": 0.0, "realised": 0.0, "unrealised": 0.0}},
        },
        "pledge_available_to_trade": {
            "total": 0.0,
            "margin_from_pledge": {"total": 0.0, "equity": 0.0, "mutual_funds": 0.0},
            "margin_used": _USED,
        },
    },
    "unavailable_to_trade": {
        "cash_unavailable_to_trade": {"unsettled_profit": {"todays_profit": 0.0, "previous_days": 0.0}},
        "pledge_unavailable_to_trade": {"equity": 0.0, "mutual_funds": 0.0},
    },
}


def answer(request: Request) -> object:
    """What Upstox says to a call that it likes."""
    if "instruments" in request.path:
        return list(ROWS)
    if request.path == "/v2/login/authorization/token":
        return {**_USER, "access_token": "access"}
    return {"status": "success", "data": _data(request), "metadata": {"latency": 1}}


def _data(request: Request) -> object:
    path = request.path
    if path == "/v3/order/gtt":
        return []
    if path.startswith("/v3/order/gtt/"):
        return {"gtt_order_ids": [request.body.get("gtt_order_id", "GTT-C25000001")]}
    if path == "/v3/order/place":
        return {"order_ids": ["250101000000001"]}
    if path == "/v3/order/modify":
        return {"order_id": request.body["order_id"]}
    if path == "/v3/order/cancel":
        return {"order_id": dict(request.query)["order_id"]}
    if path == "/v2/order/details":
        return {**ORDER, "order_id": dict(request.query)["order_id"]}
    if "candle" in path:
        return {"candles": []}
    if path == "/v2/charges/margin":
        rows = [_MARGIN_ROW] * len(request.body["instruments"])
        return {"margins": rows, "required_margin": 11.5 * len(rows), "final_margin": 11.5 * len(rows)}
    if path == "/v2/charges/brokerage":
        return {"charges": _CHARGES}
    if path == "/v2/user/profile":
        return _USER
    if path == "/v2/user/get-funds-and-margin":
        return {"equity": _PURSE, "commodity": _PURSE}
    if path == "/v3/user/get-funds-and-margin":
        return _FUNDS
    if path == "/v2/portfolio/convert-position":
        return {"status": "complete"}
    if path == "/v2/logout":
        return True
    return {} if "market-quote" in path else []
