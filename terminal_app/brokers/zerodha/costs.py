"""From Kite's JSON to what orders need and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from terminal_app.brokers.zerodha.fields import Fields, rows
from terminal_app.domain.broker_charges import BrokerCharges
from terminal_app.domain.enums import Segment
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.values import ZERO

EQUITY, COMMODITY = "equity", "commodity"

_MARGIN_PARTS = {
    "span": "SPAN",
    "exposure": "Exposure",
    "option_premium": "Option premium",
    "additional": "Additional",
    "bo": "Bracket order",
    "cash": "Cash",
    "var": "Value at risk",
}
_MARGIN = frozenset({"type", "tradingsymbol", "exchange", "pnl", "leverage", "charges", "total", *_MARGIN_PARTS})
_CHARGE_PARTS = {
    "brokerage": "Brokerage",
    "transaction_tax": "Transaction tax",
    "exchange_turnover_charge": "Exchange",
    "sebi_turnover_charge": "SEBI",
    "stamp_duty": "Stamp duty",
}
_GST = "GST"
_CHARGES = frozenset({"transaction_tax_type", "gst", "total", *_CHARGE_PARTS})

Need = tuple[Decimal, tuple[tuple[str, Decimal], ...]]


def segment_of(id: InstrumentId) -> str:
    """Which of Zerodha's two purses pays for an order."""
    return COMMODITY if id.segment is Segment.COMMODITY else EQUITY


def read_order_margins(data: Any) -> Need:
    """What orders need, each by itself, added up; with the parts."""
    return _add([Fields(row, "margin") for row in rows(data, "margins")])


def read_basket_margin(data: Any) -> Need:
    """What orders need together, hedges counted."""
    return _add([Fields(data, "basket margin").inner("final")])


def _add(margins: Sequence[Fields]) -> Need:
    parts: dict[str, Decimal] = {}
    total = ZERO
    for fields in margins:
        fields.note_others(_MARGIN)
        total += fields.amount("total")
        for name, words in _MARGIN_PARTS.items():
            parts[words] = parts.get(words, ZERO) + fields.amount_or(name, ZERO)
    return total, tuple((words, amount) for words, amount in parts.items() if amount)


def read_charges(data: Any) -> BrokerCharges:
    """What orders cost together, by the broker's own calculation."""
    parts: dict[str, Decimal] = dict.fromkeys((*_CHARGE_PARTS.values(), _GST), ZERO)
    total = ZERO
    for row in rows(data, "charges"):
        fields = Fields(row, "charged order").inner("charges")
        fields.note_others(_CHARGES)
        for name, words in _CHARGE_PARTS.items():
            parts[words] += fields.amount(name)
        parts[_GST] += fields.inner("gst").amount("total")
        total += fields.amount("total")
    return BrokerCharges(total, tuple(parts.items()))
