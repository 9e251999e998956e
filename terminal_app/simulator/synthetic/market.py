"""The synthetic market as a price source: day after day, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import numpy as np

from terminal_app.domain.enums import Exchange, Interval, Segment
from terminal_app.domain.hours import MarketHours, trading_day
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Bar
from terminal_app.simulator.contracts import ContractTables
from terminal_app.simulator.steps import MarketStep
from terminal_app.simulator.synthetic.catalogue import Catalogue, make_liquidity
from terminal_app.simulator.synthetic.flow import SpotRates
from terminal_app.simulator.synthetic.history import History
from terminal_app.simulator.synthetic.session import DaySession
from terminal_app.simulator.synthetic.spec import MarketSpec
from terminal_app.simulator.synthetic.world import World

_QUIETEST, _BUSIEST = 0.25, 0.60
"""Chance of a stock's price in a quarter of a second: one to a good two a second."""


class SyntheticMarket:
    """Prices from a seed. What happens at a time depends on the seed and the time alone, never on when ``start`` was.

    The first step shows every instrument as it stands at ``start`` (or when that day's order entry begins) and trades nothing; every
    later day begins with such a step too. A stock trades one to three times a second, an index shows once a second, a contract as its
    liquidity lets it. Raises ConfigError where the tables do not reach.
    """

    def __init__(self, hours: MarketHours, tables: ContractTables, seed: int, start: datetime) -> None:
        self._hours = hours
        self._spec = MarketSpec.from_table(tables.synthetic_market)
        self._world = World(self._spec, seed, hours, tables)
        self._history = History(self._world)
        self._catalogue = Catalogue(self._spec)
        day = trading_day(start)
        while (span := hours.day_span(Exchange.NSE, day)) is None or start >= span[1]:
            day = hours.next_trading_day(Exchange.NSE, Segment.CASH, day)
        self._session = self._begin(day)
        self.start = max(start, self._session.begins_at)
        self._now = self.start
        self._session.begin(self.start)

    @property
    def instruments(self) -> Sequence[Instrument]:
        """Stocks, indices, and every contract that was listed since ``start``."""
        return self._catalogue.instruments

    @property
    def end(self) -> datetime | None:
        """It goes on day after day."""
        return None

    def instrument(self, id: InstrumentId) -> Instrument | None:
        """The contract as of today, or of its last day; None where it was never listed."""
        row = self._catalogue.row(id)
        return None if row is None else self._catalogue.instruments[row]

    def steps(self, until: datetime) -> Iterator[MarketStep]:
        """All steps after the last call, up to and including ``until``."""
        while True:
            at = self._session.next_at
            if at is None:
                day, begins_at = self._following_day()
                if begins_at > until:
                    return
                self._session = self._begin(day)
                self._session.begin(begins_at)
                continue
            if at > until:
                return
            self._now = at
            yield self._session.take()

    def history(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """The bars that the steps of those days would add up to, up to the last step. The opening auction belongs to the first bar."""
        row = self._catalogue.row(id)
        if row is None:
            return []
        contract = self._catalogue.contract(id)
        if contract is not None:
            return self._history.contract(contract, interval, start, end, self._session, self._now)
        return self._history.spot(row, interval, start, end, self._session, self._now)

    def _following_day(self) -> tuple[date, datetime]:
        day = self._hours.next_trading_day(Exchange.NSE, Segment.CASH, self._session.prices.day)
        return day, self._begins_at(day)

    def _begins_at(self, day: date) -> datetime:
        span = self._hours.day_span(Exchange.NSE, day)
        return self._world.prices_open_at(day) if span is None else span[0]

    def _begin(self, day: date) -> DaySession:
        world = self._world
        prices, tick = world.prices(day), world.tick(day)
        derivatives = world.derivatives(day)
        index = self._catalogue.begin_day(prices, tick, derivatives)
        return DaySession(
            seed=world.seed,
            prices=prices,
            derivatives=derivatives,
            rates=self._rates(tick),
            liquidity=make_liquidity(self._spec, prices, tick, derivatives),
            index=index,
            begins_at=self._begins_at(day),
        )

    def _rates(self, tick: np.ndarray[tuple[int], np.dtype[np.int64]]) -> SpotRates:
        spec = self._spec
        steps = np.array([index.step_paise for index in spec.indices], dtype=np.int64)
        busy = np.log(spec.daily_volume / spec.daily_volume.min())
        chance = _QUIETEST + (_BUSIEST - _QUIETEST) * busy / busy.max()
        return SpotRates(np.concatenate([tick, steps]), chance, len(spec.stocks), len(spec.stocks) + spec.vix)
