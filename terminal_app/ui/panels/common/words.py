"""Words and cells that several table panels write the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.domain.enums import AccountKind, Exchange, Product, Segment, Side
from terminal_app.ui.grid.cells import Cell

if TYPE_CHECKING:
    from terminal_app.domain.account import Account
    from terminal_app.domain.ids import AccountId, InstrumentId
    from terminal_app.services.terminal import Terminal

_MARKETS = {
    (Exchange.NSE, Segment.FNO): "NFO",
    (Exchange.BSE, Segment.FNO): "BFO",
    (Exchange.NSE, Segment.CURRENCY): "CDS",
    (Exchange.BSE, Segment.CURRENCY): "BCD",
}
_PRODUCTS = {
    Product.DELIVERY: "Delivery",
    Product.INTRADAY: "Intraday",
    Product.CARRY: "Carry",
    Product.MTF: "MTF",
}


def market_code(instrument: InstrumentId) -> str:
    """The market as traders abbreviate it: NSE, NFO, BFO, MCX."""
    return _MARKETS.get((instrument.exchange, instrument.segment), instrument.exchange.value)


def counted(count: int, word: str) -> str:
    """1 order, 2 orders."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def kind_word(account: Account) -> str:
    """LIVE or PAPER."""
    return "PAPER" if account.kind is AccountKind.PAPER else "LIVE"


def account_name(terminal: Terminal, account: AccountId) -> str:
    """The account's name, or its id where it was removed meanwhile."""
    try:
        return terminal.accounts.get(account).name
    except KeyError:
        return account


def side_cell(side: Side) -> Cell:
    """BUY or SELL as a chip in the side's colour."""
    return Cell("", chip=side.value, chip_kind=side.value.lower())


class ProductCodes:
    """The broker's own word for a product: MIS, NRML, CNC. Asked once for each account and segment."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._known: dict[tuple[AccountId, Segment, Product], str] = {}

    def code(self, account: AccountId, instrument: InstrumentId, product: Product) -> str:
        """The code; our own word where the account is not connected."""
        key = (account, instrument.segment, product)
        found = self._known.get(key)
        if found is not None:
            return found
        codes = self._terminal.orders.rules(account, instrument).product_codes
        if not codes or product not in codes:
            return _PRODUCTS[product]
        self._known[key] = codes[product]
        return codes[product]
