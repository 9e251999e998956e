"""Rows of Kite's answers in its documented layout, with invented values."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

PROFILE: Json = {
    "user_id": "AB1234",
    "user_type": "individual",
    "email": "user@example.com",
    "user_name": "TEST USER",
    "user_shortname": "TEST",
    "broker": "ZERODHA",
    "exchanges": ["NSE", "NFO", "BFO", "CDS", "BSE", "MCX", "BCD", "MF"],
    "products": ["CNC", "NRML", "MIS", "BO", "CO"],
    "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
    "avatar_url": None,
    "meta": {"demat_consent": "physical"},
}

_UTILISED: Json = dict.fromkeys(
    [
        "exposure", "option_premium", "holding_sales", "delivery", "turnover", "payout", "m2m_realised", "m2m_unrealised",
        "liquid_collateral", "stock_collateral",
    ],
    0,
)  # fmt: skip

MARGINS: Json = {
    "equity": {
        "enabled": True,
        "net": 99725.05,
        "available": {
            "adhoc_margin": 0,
            "cash": 100000.55,
            "opening_balance": 100000.55,
            "live_balance": 99725.05,
            "collateral": 500.0,
            "intraday_payin": 0,
        },
        "utilised": {"debits": 275.5, "span": 200.25, **_UTILISED},
    },
    "commodity": {
        "enabled": True,
        "net": 100.1,
        "available": {
            "adhoc_margin": 0,
            "cash": 100.1,
            "opening_balance": 0,
            "live_balance": 100.1,
            "collateral": 0,
            "intraday_payin": 0,
        },
        "utilised": {"debits": 0, "span": 0, **_UTILISED},
    },
}

HOLDING: Json = {
    "tradingsymbol": "RELIANCE",
    "exchange": "NSE",
    "instrument_token": 738561,
    "isin": "INE002A01018",
    "product": "CNC",
    "price": 0,
    "quantity": 100,
    "t1_quantity": 5,
    "realised_quantity": 100,
    "used_quantity": 10,
    "authorised_quantity": 0,
    "authorised_date": "2026-11-20 00:00:00",
    "authorisation": {},
    "opening_quantity": 100,
    "short_quantity": 0,
    "collateral_quantity": 20,
    "collateral_type": "WC",
    "discrepancy": False,
    "average_price": 1200.5,
    "last_price": 1234.55,
    "close_price": 1230.0,
    "pnl": 3405.0,
    "day_change": 4.55,
    "day_change_percentage": 0.37,
}

POSITION: Json = {
    "tradingsymbol": "RELIANCE",
    "exchange": "NSE",
    "instrument_token": 738561,
    "product": "MIS",
    "quantity": 50,
    "overnight_quantity": 100,
    "multiplier": 1,
    "average_price": 90.0,
    "close_price": 95.0,
    "last_price": 100.0,
    "value": -3500.0,
    "pnl": 1500.0,
    "m2m": 1000.0,
    "unrealised": 1500.0,
    "realised": 0,
    "buy_quantity": 100,
    "buy_price": 90.0,
    "buy_value": 9000.0,
    "buy_m2m": 9500.0,
    "sell_quantity": 50,
    "sell_price": 110.0,
    "sell_value": 5500.0,
    "sell_m2m": 5500.0,
    "day_buy_quantity": 0,
    "day_buy_price": 0,
    "day_buy_value": 0,
    "day_sell_quantity": 50,
    "day_sell_price": 110.0,
    "day_sell_value": 5500.0,
}

ORDER: Json = {
    "account_id": "AB1234",
    "placed_by": "AB1234",
    "order_id": "1953367517686685697",
    "exchange_order_id": "1100000000000001",
    "parent_order_id": None,
    "status": "OPEN",
    "status_message": None,
    "status_message_raw": None,
    "order_timestamp": "2026-11-20 09:15:02",
    "exchange_update_timestamp": "2026-11-20 09:15:04",
    "exchange_timestamp": "2026-11-20 09:15:03",
    "variety": "regular",
    "modified": False,
    "exchange": "NSE",
    "tradingsymbol": "RELIANCE",
    "instrument_token": 738561,
    "order_type": "LIMIT",
    "transaction_type": "BUY",
    "validity": "DAY",
    "validity_ttl": 0,
    "product": "MIS",
    "quantity": 10,
    "disclosed_quantity": 0,
    "price": 1234.5,
    "trigger_price": 0,
    "average_price": 0,
    "filled_quantity": 0,
    "pending_quantity": 10,
    "cancelled_quantity": 0,
    "market_protection": 0,
    "meta": {},
    "tag": "bhav1",
    "tags": ["bhav1"],
    "guid": None,
}

TRADE: Json = {
    "trade_id": "10000000",
    "order_id": "1953367517686685697",
    "exchange_order_id": "1100000000000001",
    "exchange": "NSE",
    "tradingsymbol": "RELIANCE",
    "instrument_token": 738561,
    "product": "MIS",
    "transaction_type": "BUY",
    "quantity": 10,
    "average_price": 1234.45,
    "fill_timestamp": "2026-11-20 09:16:39",
    "exchange_timestamp": "2026-11-20 09:16:39",
    "order_timestamp": "09:15:02",
}

_LEVEL: Json = {"price": 0, "quantity": 0, "orders": 0}

QUOTE: Json = {
    "instrument_token": 738561,
    "timestamp": "2026-11-20 10:00:01",
    "last_trade_time": "2026-11-20 10:00:00",
    "last_price": 1234.55,
    "last_quantity": 10,
    "average_price": 1234.0,
    "volume": 1000000,
    "buy_quantity": 5000,
    "sell_quantity": 6000,
    "oi": 0,
    "oi_day_high": 0,
    "oi_day_low": 0,
    "net_change": 0,
    "lower_circuit_limit": 1107.1,
    "upper_circuit_limit": 1353.1,
    "ohlc": {"open": 1230.0, "high": 1239.0, "low": 1228.0, "close": 1230.0},
    "depth": {
        "buy": [{"price": 1234.5, "quantity": 100, "orders": 1}, *([_LEVEL] * 4)],
        "sell": [{"price": 1234.55, "quantity": 90, "orders": 2}, *([_LEVEL] * 4)],
    },
}

_TRIGGER_ORDER: Json = {
    "exchange": "NSE",
    "tradingsymbol": "RELIANCE",
    "transaction_type": "SELL",
    "quantity": 10,
    "order_type": "LIMIT",
    "product": "CNC",
}

TRIGGER: Json = {
    "id": 112127,
    "user_id": "AB1234",
    "parent_trigger": None,
    "type": "two-leg",
    "created_at": "2026-11-20 09:30:00",
    "updated_at": "2026-11-20 09:45:00",
    "expires_at": "2027-11-20 09:30:00",
    "status": "triggered",
    "condition": {
        "exchange": "NSE",
        "last_price": 1234.55,
        "tradingsymbol": "RELIANCE",
        "trigger_values": [1200, 1300.5],
        "instrument_token": 738561,
    },
    "orders": [
        _TRIGGER_ORDER
        | {
            "price": 1199,
            "result": {
                "account_id": "AB1234",
                "exchange": "NSE",
                "tradingsymbol": "RELIANCE",
                "validity": "DAY",
                "product": "CNC",
                "order_type": "LIMIT",
                "transaction_type": "SELL",
                "quantity": 10,
                "price": 1199,
                "meta": "{}",
                "timestamp": "2026-11-20 09:45:00",
                "triggered_at": 1199.9,
                "order_result": {
                    "status": "failed",
                    "order_id": "1953367517686685698",
                    "rejection_reason": "Your order price is lower than the current lower circuit limit.",
                },
            },
        },
        _TRIGGER_ORDER | {"price": 1300, "result": None},
    ],
    "meta": {},
}

MARGIN: Json = {
    "type": "equity",
    "tradingsymbol": "NIFTY26NOVFUT",
    "exchange": "NFO",
    "span": 750.25,
    "exposure": 250,
    "option_premium": 0,
    "additional": 0,
    "bo": 0,
    "cash": 0,
    "var": 0,
    "pnl": {"realised": 0, "unrealised": 0},
    "leverage": 1,
    "charges": {},
    "total": 1000.25,
}

CHARGES: Json = {
    "transaction_type": "BUY",
    "tradingsymbol": "RELIANCE",
    "charges": {
        "transaction_tax": 1.0,
        "transaction_tax_type": "stt",
        "exchange_turnover_charge": 0.4,
        "sebi_turnover_charge": 0.05,
        "brokerage": 0.5,
        "stamp_duty": 0.05,
        "gst": {"igst": 0.15, "cgst": 0, "sgst": 0, "total": 0.15},
        "total": 2.15,
    },
}
