"""A small Kite instrument list with a row of every market, and what Kite's calls answer when all goes well."""

from __future__ import annotations

from typing import Any

from tests.conformance.recording import Request

_HEADER = "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange"
_ROWS = (
    ("RELIANCE", "RELIANCE INDUSTRIES", "", "0", "0.1", "1", "EQ", "NSE", "NSE", 1),
    ("M&M", "MAHINDRA & MAHINDRA", "", "0", "0.1", "1", "EQ", "NSE", "NSE", 1),
    ("ABNINT-BE", "A B N INTERCORP", "", "0", "0.01", "1", "EQ", "NSE", "NSE", 1),
    ("BAJAJ-AUTO", "BAJAJ AUTO", "", "0", "0.5", "1", "EQ", "NSE", "NSE", 1),
    ("INFY", "INFOSYS", "", "0", "0.05", "1", "EQ", "BSE", "BSE", 4),
    ("NIFTY 50", "NIFTY 50", "", "0", "0", "0", "EQ", "INDICES", "NSE", 9),
    ("SENSEX", "SENSEX", "", "0", "0", "0", "EQ", "INDICES", "BSE", 9),
    ("NIFTY26NOVFUT", "NIFTY", "2026-11-24", "0", "0.1", "65", "FUT", "NFO-FUT", "NFO", 2),
    ("NIFTY26N2425000CE", "NIFTY", "2026-11-24", "25000", "0.05", "65", "CE", "NFO-OPT", "NFO", 2),
    ("M&M26NOV3500PE", "M&M", "2026-11-24", "3500", "0.05", "200", "PE", "NFO-OPT", "NFO", 2),
    ("SENSEX26NOV84000PE", "SENSEX", "2026-11-26", "84000", "0.05", "20", "PE", "BFO-OPT", "BFO", 5),
    ("USDINR26NOVFUT", "USDINR", "2026-11-26", "0", "0.0025", "1", "FUT", "CDS-FUT", "CDS", 3),
    ("EURINR26NOVFUT", "EURINR", "2026-11-26", "0", "0.0025", "1", "FUT", "BCD-FUT", "BCD", 6),
    ("CRUDEOIL26DECFUT", "CRUDEOIL", "2026-12-18", "0", "1", "1", "FUT", "MCX-FUT", "MCX", 7),
    ("GOLD26DECFUT", "GOLD", "2026-12-04", "0", "1", "1", "FUT", "NCO-FUT", "NCO", 12),
)


def dump_lines() -> list[str]:
    """The list as CSV lines, header first."""
    lines = [_HEADER]
    for number, (symbol, name, expiry, strike, tick, lot, kind, segment, exchange, code) in enumerate(_ROWS, 1000):
        token = number * 256 + code
        lines.append(f"{token},{number},{symbol},{name},0,{expiry},{strike},{tick},{lot},{kind},{segment},{exchange}")
    return lines


_MARGIN: dict[str, Any] = {
    "type": "equity",
    "tradingsymbol": "RELIANCE",
    "exchange": "NSE",
    "span": 0,
    "exposure": 0,
    "option_premium": 0,
    "additional": 0,
    "bo": 0,
    "cash": 0,
    "var": 100.5,
    "pnl": {"realised": 0, "unrealised": 0},
    "leverage": 5,
    "total": 100.5,
}
_CHARGES: dict[str, Any] = {
    "transaction_tax": 1.5,
    "transaction_tax_type": "stt",
    "exchange_turnover_charge": 0.1,
    "sebi_turnover_charge": 0.01,
    "brokerage": 0.3,
    "stamp_duty": 0.2,
    "gst": {"igst": 0.05, "cgst": 0, "sgst": 0, "total": 0.05},
    "total": 2.16,
}
_USER: dict[str, Any] = {
    "user_id": "AB1234",
    "user_type": "individual",
    "email": "someone@example.com",
    "user_name": "Some One",
    "user_shortname": "Some",
    "broker": "ZERODHA",
    "exchanges": ["NSE", "NFO", "BFO", "CDS", "BSE", "MCX", "BCD", "MF"],
    "products": ["CNC", "NRML", "MIS", "BO", "CO"],
    "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
    "avatar_url": None,
    "meta": {"demat_consent": "consent"},
}
_SESSION = {
    **_USER,
    "api_key": "key",
    "access_token": "token",
    "public_token": "public",
    "enctoken": "",
    "refresh_token": "",
    "silo": "",
    "login_time": "2026-11-20 09:00:00",
}
_AVAILABLE = ("adhoc_margin", "cash", "opening_balance", "live_balance", "collateral", "intraday_payin")
_UTILISED = (
    "debits",
    "exposure",
    "m2m_realised",
    "m2m_unrealised",
    "option_premium",
    "payout",
    "span",
    "holding_sales",
    "turnover",
    "liquid_collateral",
    "stock_collateral",
    "delivery",
)
_FUNDS: dict[str, Any] = {
    "enabled": True,
    "net": 100.5,
    "available": dict.fromkeys(_AVAILABLE, 0.5),
    "utilised": dict.fromkeys(_UTILISED, 0.0),
}


def _charged(order: dict[str, Any]) -> dict[str, Any]:
    return {**order, "price": order.get("average_price", 0), "charges": _CHARGES}


def answer(request: Request) -> object:
    """What Kite says to a call that it likes."""
    if request.path.startswith("/instruments") and "historical" not in request.path:
        return "\n".join(dump_lines()).encode()
    return {"status": "success", "data": _data(request)}


def _data(request: Request) -> object:
    path, method = request.path, request.method
    if path.startswith("/orders"):
        return [] if method == "GET" else {"order_id": "1953367517686685697"}
    if path.startswith("/gtt/triggers"):
        return [] if method == "GET" else {"trigger_id": 123}
    if path.startswith("/instruments/historical"):
        return {"candles": []}
    if path == "/session/token":
        return _SESSION if method == "POST" else True
    if path == "/margins/orders":
        return [_MARGIN] * len(request.body)
    if path == "/margins/basket":
        return {"initial": _MARGIN, "final": _MARGIN, "orders": [_MARGIN] * len(request.body), "charges": _CHARGES}
    if path == "/charges/orders":
        return [_charged(order) for order in request.body]
    if path == "/portfolio/positions":
        return {"net": [], "day": []} if method == "GET" else True
    if path == "/user/profile":
        return _USER
    if path == "/user/margins":
        return {"equity": _FUNDS, "commodity": _FUNDS}
    return {} if path.startswith("/quote") else []
