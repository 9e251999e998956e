"""The fields that Kite's answers are known to have; others are new, left alone, and logged once."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROFILE = _names(
    """user_id user_type email user_name user_shortname broker exchanges products order_types avatar_url meta"""
)
FUNDS = _names("enabled net available utilised")
HOLDING = _names(
    """tradingsymbol exchange instrument_token isin product price quantity t1_quantity realised_quantity used_quantity
    authorised_quantity authorised_date authorisation opening_quantity short_quantity collateral_quantity collateral_type
    discrepancy average_price last_price close_price pnl day_change day_change_percentage mtf"""
)
POSITION = _names(
    """tradingsymbol exchange instrument_token product quantity overnight_quantity multiplier average_price close_price
    last_price value pnl m2m unrealised realised buy_quantity buy_price buy_value buy_m2m sell_quantity sell_price sell_value
    sell_m2m day_buy_quantity day_buy_price day_buy_value day_sell_quantity day_sell_price day_sell_value"""
)
ORDER = _names(
    """order_id exchange_order_id parent_order_id account_id placed_by terminal_id status status_message status_message_raw
    variety exchange tradingsymbol instrument_token order_type transaction_type validity validity_ttl product quantity
    filled_quantity pending_quantity cancelled_quantity disclosed_quantity price trigger_price average_price order_timestamp
    exchange_timestamp exchange_update_timestamp modified market_protection auction_number meta tag tags guid user_id app_id
    unfilled_quantity checksum"""
)
TRADE = _names(
    """trade_id order_id exchange_order_id exchange tradingsymbol instrument_token product transaction_type quantity
    average_price fill_timestamp exchange_timestamp order_timestamp"""
)
QUOTE = _names(
    """instrument_token timestamp last_trade_time last_price last_quantity average_price volume buy_quantity sell_quantity oi
    oi_day_high oi_day_low net_change lower_circuit_limit upper_circuit_limit ohlc depth"""
)
TRIGGER = _names("id user_id parent_trigger type created_at updated_at expires_at status condition orders meta")
TRIGGER_CONDITION = _names("exchange tradingsymbol trigger_values last_price instrument_token")
TRIGGER_ORDER = _names("exchange tradingsymbol transaction_type quantity order_type product price result")
