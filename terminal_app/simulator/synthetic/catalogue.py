"""The instruments of the synthetic market: rows that only grow, with each day's bands, ticks and freeze quantities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.values import from_paise
from terminal_app.simulator.synthetic.day import DayPrices
from terminal_app.simulator.synthetic.depth import Liquidity
from terminal_app.simulator.synthetic.derivatives import Derivatives
from terminal_app.simulator.synthetic.listing import Contract
from terminal_app.simulator.synthetic.spec import MarketSpec

_BEST_LEVEL_SHARE = 12
"""The best level of a stock shows about one in so many of a minute's units."""
_TRADING_MINUTES = 375


class Catalogue:
    """Stocks, then indices, then contracts in the order in which they were first listed."""

    def __init__(self, spec: MarketSpec) -> None:
        self._spec = spec
        self._rows: dict[InstrumentId, int] = {}
        self._contracts: dict[InstrumentId, Contract] = {}
        self.instruments: list[Instrument] = []

    @property
    def spots(self) -> int:
        """How many rows are stocks and indices."""
        return len(self._spec.stocks) + len(self._spec.indices)

    def row(self, id: InstrumentId) -> int | None:
        """The place of an instrument."""
        return self._rows.get(id)

    def contract(self, id: InstrumentId) -> Contract | None:
        """The contract behind an id, listed now or once."""
        return self._contracts.get(id)

    def begin_day(self, prices: DayPrices, tick: NDArray[np.int64], derivatives: Derivatives) -> NDArray[np.int32]:
        """Enter the day's instruments; the rows of the day's own order (stocks, indices, contracts)."""
        spot = self._spot_instruments(prices, tick)
        rows = [self._put(instrument) for instrument in spot]
        for place, contract in enumerate(derivatives.contracts):
            self._contracts[contract.id] = contract
            rows.append(self._put(_contract_instrument(contract, derivatives, place)))
        return np.array(rows, dtype=np.int32)

    def _put(self, instrument: Instrument) -> int:
        row = self._rows.setdefault(instrument.id, len(self.instruments))
        if row == len(self.instruments):
            self.instruments.append(instrument)
        else:
            self.instruments[row] = instrument
        return row

    def _spot_instruments(self, prices: DayPrices, tick: NDArray[np.int64]) -> list[Instrument]:
        stocks = [
            Instrument(
                id=stock,
                name=self._spec.names[row],
                lot_size=1,
                tick_size=from_paise(int(tick[row])),
                lower_circuit=from_paise(int(prices.lower[row])),
                upper_circuit=from_paise(int(prices.upper[row])),
                trading_symbol=stock.symbol,
                has_closing_auction=True,
            )
            for row, stock in enumerate(self._spec.stocks)
        ]
        indices = [
            Instrument(
                id=index.id,
                name=index.name,
                lot_size=1,
                tick_size=from_paise(index.step_paise),
                trading_symbol=index.id.symbol,
                intraday_allowed=False,
            )
            for index in self._spec.indices
        ]
        return stocks + indices


def make_liquidity(spec: MarketSpec, prices: DayPrices, tick: NDArray[np.int64], derivatives: Derivatives) -> Liquidity:
    """What the day's depth depends on, in the day's order of rows."""
    stocks, indices = len(spec.stocks), len(spec.indices)
    count = len(derivatives.contracts)
    steps = np.array([index.step_paise for index in spec.indices], dtype=np.int64)
    best = spec.daily_volume / _TRADING_MINUTES / _BEST_LEVEL_SHARE
    return Liquidity(
        tick=np.concatenate([tick, steps, derivatives.tick]),
        lot=np.concatenate([np.ones(stocks + indices, dtype=np.int64), derivatives.lot]),
        lots=np.concatenate([best, np.ones(indices), np.maximum(derivatives.lots_a_minute / 20, 2.0)]),
        lower=np.concatenate([prices.lower, derivatives.lower]),
        upper=np.concatenate([prices.upper, derivatives.upper]),
        tradable=np.concatenate([np.ones(stocks, np.bool_), np.zeros(indices, np.bool_), np.ones(count, np.bool_)]),
    )


def _contract_instrument(contract: Contract, derivatives: Derivatives, place: int) -> Instrument:
    bare = Instrument(contract.id, contract.trading_symbol, 1, from_paise(1))
    return Instrument(
        id=contract.id,
        name=bare.label,
        lot_size=int(derivatives.lot[place]),
        tick_size=from_paise(int(derivatives.tick[place])),
        freeze_quantity=int(derivatives.freeze[place]),
        lower_circuit=from_paise(int(derivatives.lower[place])),
        upper_circuit=from_paise(int(derivatives.upper[place])),
        trading_symbol=contract.trading_symbol,
    )
