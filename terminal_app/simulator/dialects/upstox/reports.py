"""What is told of days that are over: past trades, and the profit of closed trades, first in first out. Rupees."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.domain.clock import ist
from terminal_app.domain.enums import InstrumentKind, Product, Segment, Side
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import InstrumentId
from terminal_app.simulator.dialects.charges import Charges, Trade, charges_of
from terminal_app.simulator.dialects.upstox.contracts import Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.portfolio import tariff
from terminal_app.simulator.dialects.upstox.shapes import rupees

PAGE_LIMIT = 5000

_SEGMENTS = {
    "EQ": frozenset({Segment.CASH}),
    "FO": frozenset({Segment.FNO}),
    "COM": frozenset({Segment.COMMODITY}),
    "CD": frozenset({Segment.CURRENCY}),
    "MF": frozenset[Segment](),
}
_TRADES, _PROFITS = "%Y-%m-%d", "%d-%m-%Y"


class Closed(Struct, frozen=True):
    """Units that were bought and sold."""

    instrument: InstrumentId
    product: Product
    quantity: int
    bought: Fill
    sold: Fill

    @property
    def closed_on(self) -> date:
        """The day of the later half."""
        return max(ist(self.bought.filled_at), ist(self.sold.filled_at)).date()


class Reports:
    """Answers from every fill of a client since the start."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def past_trades(self, fills: Iterable[Fill], query: Mapping[str, str], today: date) -> tuple[list[Any], Any]:
        """``/v2/charges/historical-trades``: the rows of a page, and the page. Raises ApiRefusal."""
        segment = query.get("segment", "")
        chosen = _segments(segment) if segment else frozenset(Segment)
        first, last = (_day(query, field, _TRADES) for field in ("start_date", "end_date"))
        page, size = (_count(query, field) for field in ("page_number", "page_size"))
        rows = [
            self._past_trade(one)
            for one in fills
            if first <= ist(one.filled_at).date() <= min(last, today) and one.instrument.segment in chosen
        ]
        shown = rows[(page - 1) * size : page * size]
        pages = -(-len(rows) // size)
        return shown, {
            "page": {"page_number": page, "page_size": size, "total_records": len(rows), "total_pages": pages}
        }

    def profit_count(self, fills: Sequence[Fill], query: Mapping[str, str]) -> dict[str, Any]:
        """``/v2/trade/profit-loss/metadata``. Raises ApiRefusal."""
        return {"trades_count": len(self._closed(fills, query)), "page_size_limit": PAGE_LIMIT}

    def profits(self, fills: Sequence[Fill], query: Mapping[str, str]) -> tuple[list[Any], Any]:
        """``/v2/trade/profit-loss/data``: the rows of a page, and the page. Raises ApiRefusal."""
        page, size = (_count(query, field) for field in ("page_number", "page_size"))
        rows = [self._profit(one) for one in self._closed(fills, query)]
        return rows[(page - 1) * size : page * size], {"page": {"page_number": page, "page_size": size}}

    def profit_charges(self, fills: Sequence[Fill], query: Mapping[str, str]) -> dict[str, Any]:
        """``/v2/trade/profit-loss/charges``. Raises ApiRefusal."""
        costs = [self._cost(half) for one in self._closed(fills, query) for half in self._halves(one)]

        def together(part: str) -> float:
            return rupees(round(sum((getattr(one, part) for one in costs), Decimal(0)), 2))

        return {
            "charges_breakdown": {
                "total": together("total"),
                "brokerage": together("brokerage"),
                "taxes": {"gst": together("gst"), "stt": together("tax"), "stamp_duty": together("stamp")},
                "charges": {
                    "transaction": together("exchange"),
                    "clearing": 0.0,
                    "others": 0.0,
                    "sebi_turnover": together("sebi"),
                    "demat_transaction": 0.0,
                },
            }
        }

    def _closed(self, fills: Sequence[Fill], query: Mapping[str, str]) -> list[Closed]:
        chosen = _segments(query.get("segment", ""))
        year = query.get("financial_year", "")
        if len(year) != 4 or not year.isdecimal():
            raise ApiRefusal("UDAPI100036", "The financial year is invalid", field="financial_year", value=year)
        start = date(2000 + int(year[:2]), 4, 1)
        end = date(start.year + 1, 3, 31)
        first = _day(query, "from_date", _PROFITS) if query.get("from_date") else start
        last = _day(query, "to_date", _PROFITS) if query.get("to_date") else end
        first, last = max(first, start), min(last, end)
        return [one for one in closed(fills) if one.instrument.segment in chosen and first <= one.closed_on <= last]

    def _past_trade(self, fill: Fill) -> dict[str, Any]:
        name = self._names.of_id(fill.instrument)
        instrument = self._names.instrument(name)
        is_option = instrument.kind is InstrumentKind.OPTION
        return {
            "exchange": instrument.exchange.value,
            "segment": next(word for word, some in _SEGMENTS.items() if instrument.segment in some),
            "option_type": instrument.option_kind.value if is_option and instrument.option_kind else "",
            "quantity": fill.quantity,
            "amount": rupees(fill.value),
            "trade_id": fill.trade_id,
            "trade_date": f"{ist(fill.filled_at):%Y-%m-%d}",
            "transaction_type": fill.side.value,
            "scrip_name": instrument.name,
            "strike_price": f"{instrument.strike or Decimal(0):f}",
            "expiry": instrument.expiry.isoformat() if instrument.expiry else "",
            "price": rupees(fill.price),
            "isin": name.isin,
            "symbol": name.symbol,
            "instrument_token": name.key,
        }

    def _profit(self, one: Closed) -> dict[str, Any]:
        name = self._names.of_id(one.instrument)
        return {
            "quantity": float(one.quantity),
            "isin": name.isin,
            "scrip_name": self._names.instrument(name).name,
            "trade_type": "EQ"
            if one.instrument.segment is Segment.CASH
            else "FUT"
            if one.instrument.strike is None
            else "OPT",
            "buy_date": _written(one.bought.filled_at),
            "buy_average": rupees(one.bought.price),
            "sell_date": _written(one.sold.filled_at),
            "sell_average": rupees(one.sold.price),
            "buy_amount": rupees(one.bought.price * one.quantity),
            "sell_amount": rupees(one.sold.price * one.quantity),
        }

    @staticmethod
    def _halves(one: Closed) -> Iterator[tuple[Fill, int]]:
        yield one.bought, one.quantity
        yield one.sold, one.quantity

    def _cost(self, half: tuple[Fill, int]) -> Charges:
        fill, quantity = half
        instrument = self._names.instrument(self._names.of_id(fill.instrument))
        trade = Trade(instrument, fill.side, fill.product, fill.price * quantity * instrument.multiplier)
        return charges_of(trade, tariff)


def closed(fills: Iterable[Fill]) -> Iterator[Closed]:
    """Pairs of a purchase and a sale, the oldest first, in each instrument and product."""
    waiting: dict[tuple[InstrumentId, Product], deque[tuple[Fill, int]]] = {}
    for fill in fills:
        queue = waiting.setdefault((fill.instrument, fill.product), deque())
        left = fill.quantity
        while left and queue and queue[0][0].side is not fill.side:
            other, open_units = queue.popleft()
            units = min(left, open_units)
            bought, sold = (fill, other) if fill.side is Side.BUY else (other, fill)
            yield Closed(fill.instrument, fill.product, units, bought, sold)
            left -= units
            if open_units > units:
                queue.appendleft((other, open_units - units))
        if left:
            queue.append((fill, left))


def _segments(text: str) -> frozenset[Segment]:
    if text not in _SEGMENTS:
        raise ApiRefusal("UDAPI100036", "The segment is invalid", field="segment", value=text)
    return _SEGMENTS[text]


def _day(query: Mapping[str, str], field: str, shape: str) -> date:
    text = query.get(field, "")
    try:
        return datetime.strptime(text, shape).date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise ApiRefusal("UDAPI1015", f"The {field} is invalid", field=field, value=text) from None


def _count(query: Mapping[str, str], field: str) -> int:
    text = query.get(field, "")
    if not text.isdecimal() or not 1 <= int(text) <= PAGE_LIMIT:
        raise ApiRefusal("UDAPI100036", f"The {field} is invalid", field=field, value=text)
    return int(text)


def _written(at: datetime) -> str:
    return f"{ist(at):%d-%m-%Y}"
