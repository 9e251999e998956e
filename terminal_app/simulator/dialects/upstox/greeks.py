"""Implied volatility and greeks of an option from its price (Black-Scholes), in the units that Upstox shows.

Volatility is a fraction a year, theta rupees a day, vega and rho rupees for one percent.
"""

from __future__ import annotations

from datetime import datetime, time
from math import erf, exp, log, pi, sqrt

from terminal_app.domain.clock import IST
from terminal_app.domain.enums import OptionKind
from terminal_app.domain.instrument import Instrument
from terminal_app.simulator.dialects.upstox.frames import Greeks

RATE = 0.065
"""Interest a year."""

_YEAR_S = 365 * 86400.0
_SHORTEST_YEARS = 60 / _YEAR_S
_EXPIRES_AT = time(15, 30)
_LOWEST, _HIGHEST = 0.001, 5.0
_ROUNDS = 40


def greeks_of(option: Instrument, price: float, spot: float, now: datetime) -> tuple[Greeks, float]:
    """The greeks, and the implied volatility; zeros where the price leaves none (below what exercise brings)."""
    assert option.expiry is not None
    assert option.strike is not None
    left = datetime.combine(option.expiry, _EXPIRES_AT, IST) - now
    years = max(left.total_seconds() / _YEAR_S, _SHORTEST_YEARS)
    is_call, strike = option.option_kind is OptionKind.CE, float(option.strike)
    volatility = _implied(price, spot, strike, years, is_call)
    if volatility == 0.0:
        return Greeks(), 0.0
    return _greeks(spot, strike, years, volatility, is_call), round(volatility, 4)


def profit_chance(option: Instrument, price: float, spot: float, now: datetime) -> float:
    """Percent with which a buyer at this price ends with a profit."""
    assert option.expiry is not None
    assert option.strike is not None
    _all, volatility = greeks_of(option, price, spot, now)
    if volatility == 0.0:
        return 0.0
    left = datetime.combine(option.expiry, _EXPIRES_AT, IST) - now
    years = max(left.total_seconds() / _YEAR_S, _SHORTEST_YEARS)
    is_call = option.option_kind is OptionKind.CE
    even = float(option.strike) + (price if is_call else -price)
    if even <= 0:
        return 0.0
    spread = volatility * sqrt(years)
    above = _normal((log(spot / even) + (RATE - volatility**2 / 2) * years) / spread)
    return round(100 * (above if is_call else 1 - above), 2)


def _implied(price: float, spot: float, strike: float, years: float, is_call: bool) -> float:
    """By halving: the price rises with the volatility."""
    low, high = _LOWEST, _HIGHEST
    if not _price(spot, strike, years, low, is_call) < price < _price(spot, strike, years, high, is_call):
        return 0.0
    for _round in range(_ROUNDS):
        middle = (low + high) / 2
        if _price(spot, strike, years, middle, is_call) < price:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _price(spot: float, strike: float, years: float, volatility: float, is_call: bool) -> float:
    spread = volatility * sqrt(years)
    discounted = strike * exp(-RATE * years)
    d1 = log(spot / discounted) / spread + spread / 2
    call = spot * _normal(d1) - discounted * _normal(d1 - spread)
    return call if is_call else call - spot + discounted


def _greeks(spot: float, strike: float, years: float, volatility: float, is_call: bool) -> Greeks:
    spread = volatility * sqrt(years)
    discounted = strike * exp(-RATE * years)
    d1 = log(spot / discounted) / spread + spread / 2
    d2 = d1 - spread
    density = exp(-d1 * d1 / 2) / sqrt(2 * pi)
    sign = 1 if is_call else -1
    decay = -spot * density * volatility / (2 * sqrt(years)) - sign * RATE * discounted * _normal(sign * d2)
    return Greeks(
        delta=round(_normal(d1) if is_call else _normal(d1) - 1, 4),
        theta=round(decay / 365, 4),
        gamma=round(density / (spot * spread), 6),
        vega=round(spot * density * sqrt(years) / 100, 4),
        rho=round(sign * discounted * years * _normal(sign * d2) / 100, 4),
    )


def _normal(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2
