"""Margins of derivatives by a dated table of rates: span and exposure, hedged groups capped by their largest loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind
from terminal_app.domain.errors import BadInput, ConfigError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.values import ZERO

T = TypeVar("T")

_LEAST_PER_SHORT = Decimal("0.05")
"""Rupees a unit that a short never goes below, whatever hedges it: one tick of an option."""


class MarginClass(StrEnum):
    """What a rate is for."""

    INDEX_FUTURE = "INDEX_FUTURE"
    STOCK_FUTURE = "STOCK_FUTURE"
    INDEX_OPTION_SHORT = "INDEX_OPTION_SHORT"
    STOCK_OPTION_SHORT = "STOCK_OPTION_SHORT"


class MarginRate(Struct, frozen=True):
    """Fractions of the contract value."""

    span: Decimal
    exposure: Decimal

    @property
    def total(self) -> Decimal:
        """Span and exposure."""
        return self.span + self.exposure


class Leg(Struct, frozen=True):
    """Signed units of one derivative. ``price`` is its market price or the order's, ``reference`` the underlying's; rupees.

    ``paid`` is the premium that was paid a unit (for a short: received).
    """

    instrument: Instrument
    quantity: int
    price: Decimal
    reference: Decimal
    paid: Decimal

    @property
    def units(self) -> Decimal:
        """Signed units times the contract's multiplier."""
        return self.quantity * self.instrument.multiplier


class Blocked(Struct, frozen=True):
    """Money that open contracts block, in rupees."""

    span: Decimal = ZERO
    exposure: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Span and exposure."""
        return self.span + self.exposure

    def __add__(self, other: Blocked) -> Blocked:
        return Blocked(self.span + other.span, self.exposure + other.exposure)

    def __sub__(self, other: Blocked) -> Blocked:
        return Blocked(self.span - other.span, self.exposure - other.exposure)


class MarginTable:
    """Dated rates per class, intraday leverage, and which index an index contract follows.

    The rule (market practice, simplified; rates from the table):

    - a future blocks span and exposure on its own contract value, whichever its side;
    - a short option blocks the larger of its own rate and the future's on the underlying's value, plus the option's market value
      (its premium was credited, and is not to be spent twice); a long option blocks nothing, its premium is paid in full;
    - contracts of one underlying and expiry are a group. Where the group's loss at expiry is limited at any price of the underlying, it
      blocks no more than that loss;
    - a group with a short never comes to nothing: what it blocks and the premium paid in it are at least one tick a unit of the short.
    """

    def __init__(
        self,
        rates: Mapping[MarginClass, Sequence[tuple[date, MarginRate]]],
        leverage: Sequence[tuple[date, Decimal]],
        index_spots: Mapping[tuple[Exchange, str], InstrumentId],
    ) -> None:
        self._rates = rates
        self._leverage = leverage
        self._index_spots = index_spots

    @classmethod
    def from_tables(cls, table: Mapping[str, Any]) -> MarginTable:
        """Build from the parsed ``margins.json``. Raises ConfigError for a table that cannot be understood."""
        try:
            return cls(
                _read_rates(table["rates"]),
                _read_leverage(table["intraday_leverage"]),
                _read_spots(table["index_spots"]),
            )
        except (KeyError, TypeError, ValueError, ArithmeticError, BadInput) as error:
            raise ConfigError("margins", f"The table of margins cannot be read: {error!r}.") from error

    def rate(self, kind: MarginClass, day: date) -> MarginRate:
        """The rate in force on ``day``. Raises ConfigError where there is none."""
        return _in_force(self._rates.get(kind, ()), day, kind.value)

    def intraday_leverage(self, day: date) -> Decimal:
        """How many times its margin an intraday position in shares may be worth. Raises ConfigError where it is not known."""
        return _in_force(self._leverage, day, "intraday leverage")

    def spot(self, instrument: Instrument) -> InstrumentId:
        """What a derivative follows: an index, or the share of that symbol."""
        index = self._index_spots.get((instrument.exchange, instrument.underlying))
        return index or InstrumentId.equity(instrument.exchange, instrument.underlying)

    def blocked(self, legs: Iterable[Leg], day: date) -> Blocked:
        """What these open contracts block together. Raises ConfigError where a rate is missing."""
        groups: dict[tuple[Exchange, str, date | None], list[Leg]] = {}
        for leg in legs:
            groups.setdefault((leg.instrument.exchange, leg.instrument.underlying, leg.instrument.expiry), []).append(
                leg
            )
        return sum((self._group(group, day) for group in groups.values()), Blocked())

    def _group(self, legs: Sequence[Leg], day: date) -> Blocked:
        base = Blocked()
        shorts = ZERO
        premium_paid = ZERO
        for contract in _by_contract(legs):
            base += self._contract(contract, day)
            net = sum((leg.units for leg in contract), ZERO)
            shorts += max(ZERO, -net)
            if contract[0].instrument.kind is InstrumentKind.OPTION:
                premium_paid += sum((leg.paid * leg.units for leg in contract), ZERO)
        loss = largest_loss(legs)
        total = base.total if loss is None else min(base.total, loss)
        if shorts:
            total = max(total, shorts * _LEAST_PER_SHORT - premium_paid)
        exposure = min(base.exposure, total)
        return Blocked(total - exposure, exposure)

    def _contract(self, legs: Sequence[Leg], day: date) -> Blocked:
        """One contract by itself."""
        instrument = legs[0].instrument
        net = sum((leg.units for leg in legs), ZERO)
        if net == 0:
            return Blocked()
        is_index = (instrument.exchange, instrument.underlying) in self._index_spots
        future = self.rate(MarginClass.INDEX_FUTURE if is_index else MarginClass.STOCK_FUTURE, day)
        if instrument.kind is InstrumentKind.FUTURE:
            value = abs(net) * max(leg.price for leg in legs)
            return Blocked(value * future.span, value * future.exposure)
        if net > 0:
            return Blocked()
        option = self.rate(MarginClass.INDEX_OPTION_SHORT if is_index else MarginClass.STOCK_OPTION_SHORT, day)
        rate = max(future, option, key=lambda one: one.total)
        value = -net * max(leg.reference for leg in legs)
        market_value = max(ZERO, -sum((leg.price * leg.units for leg in legs), ZERO))
        return Blocked(value * rate.span + market_value, value * rate.exposure)


def largest_loss(legs: Iterable[Leg]) -> Decimal | None:
    """The most that the group can still cost at its expiry, in rupees and never below zero; None where nothing limits it.

    Options count with their value at expiry (their premium has been paid or received), futures with the change from ``price``. The sum is a
    broken line in the underlying's price, so its lowest point is at zero, at a strike, or nowhere.
    """
    legs = tuple(legs)
    slope = sum((leg.units for leg in legs if leg.instrument.option_kind is not OptionKind.PE), ZERO)
    if slope < 0:
        return None
    corners = {ZERO} | {leg.instrument.strike for leg in legs if leg.instrument.strike is not None}
    worst = min(sum((_value_at_expiry(leg, corner) for leg in legs), ZERO) for corner in corners)
    return max(ZERO, -worst)


def _value_at_expiry(leg: Leg, underlying: Decimal) -> Decimal:
    strike = leg.instrument.strike
    if strike is None:
        return leg.units * (underlying - leg.price)
    return leg.units * intrinsic_value(leg.instrument, underlying)


def intrinsic_value(instrument: Instrument, underlying: Decimal) -> Decimal:
    """What an option is worth at its expiry, in rupees a unit. Raises ValueError for anything else."""
    if instrument.strike is None or instrument.option_kind is None:
        raise ValueError(f"{instrument.id} is not an option")
    gain = underlying - instrument.strike
    return max(ZERO, gain if instrument.option_kind is OptionKind.CE else -gain)


def _by_contract(legs: Iterable[Leg]) -> list[list[Leg]]:
    contracts: dict[InstrumentId, list[Leg]] = {}
    for leg in legs:
        contracts.setdefault(leg.instrument.id, []).append(leg)
    return list(contracts.values())


def _in_force(rows: Sequence[tuple[date, T]], day: date, what: str) -> T:
    for start, value in reversed(rows):
        if start <= day:
            return value
    raise ConfigError("margins", f"The table of margins has no {what} for {day}.")


def _read_rates(rows: Sequence[Mapping[str, str]]) -> dict[MarginClass, list[tuple[date, MarginRate]]]:
    rates: dict[MarginClass, list[tuple[date, MarginRate]]] = {}
    for row in sorted(rows, key=lambda one: one["from"]):
        rate = MarginRate(Decimal(row["span"]), Decimal(row["exposure"]))
        rates.setdefault(MarginClass(row["class"]), []).append((date.fromisoformat(row["from"]), rate))
    return rates


def _read_leverage(rows: Sequence[Mapping[str, str]]) -> list[tuple[date, Decimal]]:
    return sorted((date.fromisoformat(row["from"]), Decimal(row["times"])) for row in rows)


def _read_spots(rows: Mapping[str, str]) -> dict[tuple[Exchange, str], InstrumentId]:
    spots: dict[tuple[Exchange, str], InstrumentId] = {}
    for name, spot in rows.items():
        exchange, _, symbol = name.partition(":")
        spots[Exchange(exchange), symbol] = InstrumentId.parse(spot)
    return spots
