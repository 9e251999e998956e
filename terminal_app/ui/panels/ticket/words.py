"""The ticket's sentences: what an order is, where it goes, what an instrument is."""

from __future__ import annotations

from terminal_app.domain.account import Account
from terminal_app.domain.enums import (
    AccountKind,
    Exchange,
    InstrumentKind,
    OrderType,
    Product,
    Segment,
    Side,
    Validity,
)
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderRequest
from terminal_app.ui import formats
from terminal_app.ui.kit.identity import Identity
from terminal_app.ui.shell.switcher import broker_name

SIDES = ((Side.BUY.value, "BUY"), (Side.SELL.value, "SELL"))
NEUTRAL_PRODUCTS = ((Product.INTRADAY.value, "MIS"), (Product.CARRY.value, "NRML"))
"""What stands in the product row before it is known what is offered."""
TYPE_WORDS = {OrderType.LIMIT: "Limit", OrderType.MARKET: "Market", OrderType.SL: "SL", OrderType.SL_M: "SL-M"}
VALIDITY_WORDS = {Validity.DAY: "Day", Validity.IOC: "IOC", Validity.TTL: "Minutes"}
_MARKETS = {
    (Exchange.NSE, Segment.FNO): "NFO",
    (Exchange.BSE, Segment.FNO): "BFO",
    (Exchange.NSE, Segment.CURRENCY): "CDS",
    (Exchange.BSE, Segment.CURRENCY): "BCD",
}
_KINDS = {InstrumentKind.EQUITY: "equity", InstrumentKind.INDEX: "index"}


SEPARATOR = " · "
"""Between the facts of an instrument."""


def counted(count: int, word: str) -> str:
    """1 lot, 2 lots."""
    return f"{formats.quantity(count)} {word}{'' if count == 1 else 's'}"


def amount(units: int, instrument: Instrument) -> str:
    """30 lots (1,950), or 50 where there are no lots."""
    lot = instrument.lot_size
    if lot > 1 and units % lot == 0:
        return f"{counted(units // lot, 'lot')} ({formats.quantity(units)})"
    return formats.quantity(units)


def price_words(request: OrderRequest, instrument: Instrument) -> str:
    """at 118.40, at market, at 118.40 once 118.00 trades."""
    places = instrument.price_decimals
    text = "at market" if request.limit_price is None else f"at {formats.price(request.limit_price, places)}"
    if request.trigger_price is not None:
        text += f", trigger {formats.price(request.trigger_price, places)}"
    return text


def order_words(request: OrderRequest, instrument: Instrument) -> str:
    """BUY 30 lots (1,950) at 118.40."""
    return f"{request.side.value} {amount(request.quantity, instrument)} {price_words(request, instrument)}"


def kind_word(account: Account) -> str:
    """LIVE or PAPER."""
    return "PAPER" if account.kind is AccountKind.PAPER else "LIVE"


def account_words(account: Account) -> str:
    """Zerodha AB1234, or the name of a paper account."""
    if account.kind is AccountKind.PAPER:
        return account.name
    return f"{broker_name(account.broker)} {account.client_id or account.name}"


def destination(account: Account, orders: int, *, brief: bool = False) -> str:
    """LIVE, 2 orders to Zerodha AB1234; PAPER, simulated money, 1 order to Paper. ``brief`` leaves room for more behind it."""
    where = f"{counted(orders, 'order')} to {account_words(account)}"
    if account.kind is AccountKind.PAPER:
        return f"PAPER, {where}" if brief else f"PAPER, simulated money, {where}"
    return f"LIVE, {where}"


def identity(account: Account | None) -> tuple[Identity, str, str]:
    """The band: which money, in words, and whose."""
    if account is None:
        return Identity.NONE, "All accounts: choose where this order goes", ""
    if account.kind is AccountKind.PAPER:
        return Identity.PAPER, "simulated money", "" if account.name.casefold() == "paper" else account.name
    return Identity.LIVE, "a simulator, no real money" if account.is_demo else "real money", account_words(account)


def instrument_facts(instrument: Instrument) -> str:
    """NFO · lot 65 · tick 0.05 · freeze 1,800."""
    parts = [_MARKETS.get((instrument.exchange, instrument.segment), instrument.exchange.value)]
    if instrument.kind in _KINDS:
        parts.append(_KINDS[instrument.kind])
    if instrument.lot_size > 1:
        parts.append(f"lot {formats.quantity(instrument.lot_size)}")
    if instrument.is_tradable and instrument.tick_size > 0:
        parts.append(f"tick {formats.number(instrument.tick_size, instrument.price_decimals)}")
    if instrument.max_slice:
        parts.append(f"freeze {formats.quantity(instrument.freeze_quantity)}")
    return SEPARATOR.join(parts)
