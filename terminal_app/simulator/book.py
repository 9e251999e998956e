"""The market as the simulated exchange displays it now: one row per instrument, in columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.enums import Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import DEPTH_LEVELS, Depth, DepthLevel, Quote
from terminal_app.domain.values import from_paise
from terminal_app.simulator.matching import Ladder, Levels, Print
from terminal_app.simulator.steps import OHLC, MarketSource, MarketStep

STALE_AFTER = timedelta(seconds=60)
"""A price older than this, in exchange time, fills nothing."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def epoch_ns(moment: datetime) -> int:
    """Nanoseconds since 1970 UTC, exact."""
    return (moment - _EPOCH) // _MICROSECOND * 1000


class MarketBook:
    """What every instrument's last step showed. Prices paise, quantities units, ``time_ns`` epoch nanoseconds (0:
    never).
    """

    def __init__(self, source: MarketSource) -> None:
        self._source = source
        self._rows: dict[InstrumentId, int] = {}
        self.ids: list[InstrumentId] = []
        """Entry by row; it only ever grows, and stays the same object."""
        self.time_ns = _numbers(0)
        self.steps_today = _numbers(0)
        self.last_paise = _numbers(0)
        self.last_units = _numbers(0)
        self.volume = _numbers(0)
        self.open_interest = _numbers(0)
        self.ohlc_paise = _numbers(0, OHLC)
        self.bid_paise = _numbers(0, DEPTH_LEVELS)
        self.bid_quantity = _numbers(0, DEPTH_LEVELS)
        self.bid_orders = _numbers(0, DEPTH_LEVELS)
        self.ask_paise = _numbers(0, DEPTH_LEVELS)
        self.ask_quantity = _numbers(0, DEPTH_LEVELS)
        self.ask_orders = _numbers(0, DEPTH_LEVELS)
        self.grow()

    def grow(self) -> None:
        """Take in what the source has listed since."""
        instruments = self._source.instruments
        missing = len(instruments) - len(self.ids)
        if missing <= 0:
            return
        for row in range(len(self.ids), len(instruments)):
            self.ids.append(instruments[row].id)
            self._rows[instruments[row].id] = row
        for name, column in list(vars(self).items()):
            if isinstance(column, np.ndarray):
                setattr(self, name, np.concatenate([column, _numbers(missing, *column.shape[1:])]))

    def row(self, id: InstrumentId) -> int | None:
        """The row of an instrument; None where it is not listed."""
        self.grow()
        return self._rows.get(id)

    def instrument(self, row: int) -> Instrument:
        """The contract as it stands now."""
        return self._source.instruments[row]

    def apply(self, step: MarketStep) -> None:
        """Show a step: its depth replaces what was displayed, and what own orders had taken of it."""
        self.grow()
        rows = step.index
        self.time_ns[rows] = epoch_ns(step.at)
        self.steps_today[rows] += 1
        self.last_paise[rows] = step.last_paise
        self.last_units[rows] = step.traded
        self.volume[rows] = step.volume
        self.open_interest[rows] = step.open_interest
        self.ohlc_paise[rows] = step.ohlc_paise
        self.bid_paise[rows] = step.bid_paise
        self.bid_quantity[rows] = step.bid_quantity
        self.bid_orders[rows] = step.bid_orders
        self.ask_paise[rows] = step.ask_paise
        self.ask_quantity[rows] = step.ask_quantity
        self.ask_orders[rows] = step.ask_orders

    def begin_day(self) -> None:
        """Forget how often prices were heard: the next step of each instrument is the first of its day."""
        self.steps_today[:] = 0

    @staticmethod
    def print_of(step: MarketStep, place: int) -> Print | None:
        """The trade that a row of a step tells of."""
        units = int(step.traded[place])
        return Print(int(step.last_paise[place]), units) if units > 0 else None

    def has_price(self, row: int) -> bool:
        """Whether a step was ever shown."""
        return bool(self.time_ns[row])

    def is_stale(self, row: int, now: datetime) -> bool:
        """Whether the last step is too old to fill anything."""
        return epoch_ns(now) - int(self.time_ns[row]) > STALE_AFTER // _MICROSECOND * 1000

    def is_usable(self, row: int, now: datetime) -> bool:
        """Whether the displayed depth may fill an arriving order: not a first price, not a stale one."""
        return int(self.steps_today[row]) > 1 and not self.is_stale(row, now)

    def mark_paise(self, row: int) -> int | None:
        """What a position is valued at: the last price."""
        return int(self.last_paise[row]) or None

    def previous_close(self, row: int) -> Decimal | None:
        """Yesterday's close, where the source knows it."""
        close = int(self.ohlc_paise[row, 3])
        return from_paise(close) if close else None

    def ladder(self, row: int) -> Ladder:
        """The displayed depth; taking from it changes what is displayed."""
        bids = Levels(Side.BUY, self.bid_paise[row], self.bid_quantity[row])
        return Ladder(bids, Levels(Side.SELL, self.ask_paise[row], self.ask_quantity[row]))

    def quote(self, row: int) -> Quote | None:
        """All that is known of a row's price; None before its first step."""
        if not self.has_price(row):
            return None
        instrument = self.instrument(row)
        day_open, high, low, close = (from_paise(one) if one else None for one in self.ohlc_paise[row].tolist())
        return Quote(
            instrument=instrument.id,
            last_price=from_paise(int(self.last_paise[row])),
            last_quantity=int(self.last_units[row]),
            open=day_open,
            high=high,
            low=low,
            previous_close=close,
            volume=int(self.volume[row]),
            open_interest=int(self.open_interest[row]) if instrument.is_derivative else None,
            lower_circuit=instrument.lower_circuit,
            upper_circuit=instrument.upper_circuit,
            depth=self._depth(row),
            time=_EPOCH + timedelta(microseconds=int(self.time_ns[row]) // 1000),
        )

    def _depth(self, row: int) -> Depth:
        bids = _levels(self.bid_paise[row], self.bid_quantity[row], self.bid_orders[row])
        asks = _levels(self.ask_paise[row], self.ask_quantity[row], self.ask_orders[row])
        return Depth(bids, asks, sum(one.quantity for one in bids), sum(one.quantity for one in asks))


def _levels(
    prices: NDArray[np.int64], quantities: NDArray[np.int64], orders: NDArray[np.int64]
) -> tuple[DepthLevel, ...]:
    rows = zip(prices.tolist(), quantities.tolist(), orders.tolist(), strict=True)
    return tuple(DepthLevel(from_paise(price), quantity, count) for price, quantity, count in rows if quantity > 0)


def _numbers(rows: int, *width: int) -> NDArray[np.int64]:
    return np.zeros((rows, *width), dtype=np.int64)
