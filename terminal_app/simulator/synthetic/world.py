"""The synthetic market's past and present by day: prices, contracts and ticks of any trading day, from the seed and the calendar."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.enums import Exchange, OptionKind
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.values import PAISA
from terminal_app.simulator.contracts import CASH, ContractTables
from terminal_app.simulator.synthetic.day import DayPrices, close_paise, day_times, make_day
from terminal_app.simulator.synthetic.derivatives import Derivatives, make_derivatives
from terminal_app.simulator.synthetic.levels import DailyLevels
from terminal_app.simulator.synthetic.listing import Contract, ContractListing
from terminal_app.simulator.synthetic.spec import MarketSpec

Ints = NDArray[np.int64]

_DAYS_KEPT = 12


class World:
    """Answers for any trading day since 2015; what is expensive is kept for the days asked for last."""

    def __init__(self, spec: MarketSpec, seed: int, hours: MarketHours, tables: ContractTables) -> None:
        self.spec = spec
        self.seed = seed
        self.levels = DailyLevels(spec, seed, hours)
        self._hours = hours
        self._tables = tables
        self._listing = ContractListing(spec.underlyings, hours, self.levels.previous_day, self._spot_before)
        self._days: OrderedDict[date, DayPrices] = OrderedDict()
        self._ticks: dict[tuple[int, int], Ints] = {}
        self._closes: dict[date, Ints] = {}
        stock = spec.stocks[0]
        self._stock = _bare(stock, closing_auction=True)
        self._index = _bare(spec.indices[0].id)
        self._option = _bare(InstrumentId.option(Exchange.NSE, "NIFTY", date(2026, 1, 6), Decimal(100), OptionKind.CE))

    def is_trading_day(self, day: date) -> bool:
        """Whether the market has prices on this day."""
        return self.levels.is_trading_day(day)

    def tick(self, day: date) -> Ints:
        """The stocks' ticks in paise: fixed for the month by the last close before it (market-rules 4)."""
        key = (day.year, day.month)
        if key not in self._ticks:
            prices = np.floor(self._fixing_levels(day) + 0.5).astype(np.int64).tolist()
            ticks = [self._tables.tick_paise(CASH, Exchange.NSE, day, price) for price in prices]
            self._ticks[key] = np.array(ticks, dtype=np.int64)
        return self._ticks[key]

    def previous_close(self, day: date) -> Ints:
        """The closes of the trading day before this one: stocks, then indices; paise."""
        known = self._closes.get(day)
        if known is None:
            before = self.levels.before(day)
            known = close_paise(self.spec, before, self.tick(before.day))
            self._closes[day] = known
        return known

    def prices(self, day: date) -> DayPrices:
        """All minutes of this trading day."""
        found = self._days.get(day)
        if found is None:
            times = day_times(self._hours, self._stock, self._index, self._option, day)
            before, after = self.levels.before(day), self.levels.at(day)
            found = make_day(self.spec, self.seed, times, before, after, self.tick(day), self.previous_close(day))
            self._days[day] = found
            while len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        else:
            self._days.move_to_end(day)
        return found

    def derivatives(self, day: date) -> Derivatives:
        """All contracts that are listed on this trading day."""
        return self._derivatives(day, self._listing.on(day))

    def derivative(self, day: date, contract: Contract) -> Derivatives | None:
        """One contract alone, with the prices it has among all; None where it was not listed on this trading day."""
        return None if self._listing.rank(contract, day) is None else self._derivatives(day, [contract])

    def _derivatives(self, day: date, contracts: list[Contract]) -> Derivatives:
        ranks = {(one.underlying, one.expiry, one.is_future): one for one in contracts}
        known = {key: self._listing.rank(one, day) or 0 for key, one in ranks.items()}
        rank = np.array([known[one.underlying, one.expiry, one.is_future] for one in contracts], dtype=np.int64)
        closes = self.previous_close(day)
        fixing = self.previous_close(self._first_of_month(day))
        times = self.prices(day).times
        return make_derivatives(self.spec, self.seed, day, contracts, rank, self._tables, times, closes, fixing)

    def prices_open_at(self, day: date) -> datetime:
        """When trading begins on this trading day."""
        return day_times(self._hours, self._stock, self._index, self._option, day).opens_at

    def _fixing_levels(self, day: date) -> NDArray[np.float64]:
        before = self.levels.before(self._first_of_month(day))
        levels: NDArray[np.float64] = self.spec.level_paise * np.exp(before.stocks)
        return levels

    def _first_of_month(self, day: date) -> date:
        first = day.replace(day=1)
        while not self.levels.is_trading_day(first):
            first = first.replace(day=first.day + 1)
        return first

    def _spot_before(self, index: int, day: date) -> int:
        return int(self.previous_close(day)[len(self.spec.stocks) + index])


def _bare(id: InstrumentId, *, closing_auction: bool = False) -> Instrument:
    """An instrument that stands for its market when hours are asked for."""
    return Instrument(id, id.symbol, 1, PAISA, has_closing_auction=closing_auction)
