"""What the synthetic market consists of, read from its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.ids import InstrumentId

PERCENT = 0.01


class IndexSpec(Struct, frozen=True):
    """An index: its level when every stock stands at its own, and the share of each stock in it (sum 1; all 0 for the VIX)."""

    id: InstrumentId
    name: str
    level_paise: float
    step_paise: int
    shares: NDArray[np.float64]

    @property
    def is_vix(self) -> bool:
        """Whether it follows the volatility and not stocks."""
        return not self.shares.any()


class UnderlyingSpec(Struct, frozen=True):
    """What futures and options are listed on: ``index`` is the place of its index. Volumes are lots a day over all contracts."""

    exchange: Exchange
    symbol: str
    index: int
    futures: int
    weeklies: int
    monthlies: int
    strike_step: int
    strikes_each_side: int
    future_lots: int
    option_lots: int


class MarketSpec(Struct, frozen=True):
    """The whole table. Arrays have an entry per stock: ``level_paise``, ``beta``, ``own_volatility`` (a day, as a fraction, beyond the
    market's), ``daily_volume`` in units.
    """

    stocks: tuple[InstrumentId, ...]
    names: tuple[str, ...]
    level_paise: NDArray[np.float64]
    beta: NDArray[np.float64]
    own_volatility: NDArray[np.float64]
    daily_volume: NDArray[np.float64]
    indices: tuple[IndexSpec, ...]
    underlyings: tuple[UnderlyingSpec, ...]
    market_volatility: float
    vix_level: float
    interest_rate: float

    @property
    def vix(self) -> int:
        """The place of the volatility index among the indices."""
        return next(place for place, index in enumerate(self.indices) if index.is_vix)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> MarketSpec:
        """Read ``synthetic_market.json``. Raises ConfigError where it cannot be understood."""
        try:
            return _read(table)
        except (KeyError, TypeError, ValueError, StopIteration) as error:
            raise ConfigError("synthetic market", f"The synthetic market's table cannot be read: {error!r}.") from error


def _read(table: Mapping[str, Any]) -> MarketSpec:
    stocks = table["stocks"]
    market_volatility = float(table["market"]["volatility"]) * PERCENT
    beta = _column(stocks, "beta")
    whole = _column(stocks, "volatility") * PERCENT
    # A stock always has something of its own, however high its beta.
    own = np.sqrt(np.maximum(whole**2 - (beta * market_volatility) ** 2, (whole * 0.4) ** 2))
    weight = _column(stocks, "weight")
    indices = tuple(_index(row, stocks, weight) for row in table["indices"])
    places = {index.id.symbol: place for place, index in enumerate(indices)}
    return MarketSpec(
        stocks=tuple(InstrumentId.equity(Exchange.NSE, row["symbol"]) for row in stocks),
        names=tuple(row["name"] for row in stocks),
        level_paise=_column(stocks, "level") * 100,
        beta=beta,
        own_volatility=own,
        daily_volume=_column(stocks, "daily_volume"),
        indices=indices,
        underlyings=tuple(_underlying(row, places) for row in table["underlyings"]),
        market_volatility=market_volatility,
        vix_level=float(table["market"]["vix_level"]),
        interest_rate=float(table["market"]["interest_rate"]) * PERCENT,
    )


def _column(rows: Any, name: str) -> NDArray[np.float64]:
    return np.array([row[name] for row in rows], dtype=np.float64)


def _index(row: Mapping[str, Any], stocks: Any, weight: NDArray[np.float64]) -> IndexSpec:
    members = row["members"]
    if members == "vix":
        shares = np.zeros(len(stocks))
    else:
        chosen = np.array([members == "all" or bool(stock[members]) for stock in stocks])
        shares = np.where(chosen, weight, 0.0)
        shares /= shares.sum()
    id = InstrumentId.index(Exchange(row["exchange"]), row["symbol"])  # noqa: A001 - the word of the contract
    return IndexSpec(id, row["name"], float(row["level"]) * 100, int(row["step_paise"]), shares)


def _underlying(row: Mapping[str, Any], places: Mapping[str, int]) -> UnderlyingSpec:
    return UnderlyingSpec(
        exchange=Exchange(row["exchange"]),
        symbol=row["symbol"],
        index=places[row["index"]],
        futures=int(row["futures"]),
        weeklies=int(row["weeklies"]),
        monthlies=int(row["monthlies"]),
        strike_step=int(row["strike_step"]),
        strikes_each_side=int(row["strikes_each_side"]),
        future_lots=int(row["future_lots"]),
        option_lots=int(row["option_lots"]),
    )
