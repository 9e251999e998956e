"""Which futures and options are listed on a day: the running expiries, and the strikes that came up since each was first listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import Exchange, OptionKind
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import InstrumentId
from terminal_app.simulator.synthetic.spec import UnderlyingSpec

_LONGEST_LISTING = 70
"""Trading days that an option series is looked back for its strikes."""
_WEEKLY_MONTHS = "123456789OND"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class Contract(Struct, frozen=True):
    """One listed contract. ``underlying`` is the place in the market's underlyings; ``strike`` 0 for a future, else whole rupees."""

    id: InstrumentId
    underlying: int
    expiry: date
    strike: int
    is_call: bool
    trading_symbol: str

    @property
    def is_future(self) -> bool:
        """Whether it is a future."""
        return self.strike == 0


class ContractListing:
    """Answers from the calendar and the closes of the days before, so that a day's list does not depend on when the program began."""

    def __init__(
        self,
        underlyings: tuple[UnderlyingSpec, ...],
        hours: MarketHours,
        previous_day: Callable[[date], date],
        spot_before: Callable[[int, date], int],
    ) -> None:
        """``previous_day`` gives the trading day before one; ``spot_before(index, day)`` an index's close before it, in paise."""
        self._underlyings = underlyings
        self._hours = hours
        self._previous_day = previous_day
        self._spot_before = spot_before
        self._expiries: dict[tuple[int, date], tuple[date, ...]] = {}

    def on(self, day: date) -> list[Contract]:
        """Everything listed on this trading day, by underlying, expiry and strike."""
        contracts: list[Contract] = []
        for place, spec in enumerate(self._underlyings):
            monthlies = self._hours.monthly_expiries(spec.exchange, day, spec.futures)
            contracts += [_future(spec, place, expiry) for expiry in monthlies]
            for expiry in self.option_expiries(place, day):
                code = f"{spec.symbol}{self._expiry_code(spec.exchange, expiry)}"
                for strike in self._strikes(place, expiry, day):
                    contracts += [_option(spec, place, expiry, strike, kind, code) for kind in OptionKind]
        return contracts

    def rank(self, contract: Contract, day: date) -> int | None:
        """0 for the nearest expiry of its kind, 1 for the next; None where the contract is not listed on this day."""
        spec = self._underlyings[contract.underlying]
        if contract.is_future:
            expiries = self._hours.monthly_expiries(spec.exchange, day, spec.futures)
        else:
            expiries = self.option_expiries(contract.underlying, day)
        if contract.expiry not in expiries:
            return None
        if not contract.is_future and contract.strike not in self._strikes(contract.underlying, contract.expiry, day):
            return None
        return expiries.index(contract.expiry)

    def option_expiries(self, place: int, day: date) -> tuple[date, ...]:
        """The expiries whose options are listed on this day: the next weeklies, and the next monthlies that are not among them."""
        key = (place, day)
        if key not in self._expiries:
            spec = self._underlyings[place]
            weeklies = self._hours.weekly_expiries(spec.exchange, day, spec.weeklies)
            monthlies = self._hours.monthly_expiries(spec.exchange, day, spec.monthlies + spec.weeklies)
            further = [expiry for expiry in monthlies if expiry not in weeklies][: spec.monthlies]
            self._expiries[key] = tuple(sorted((*weeklies, *further)))
        return self._expiries[key]

    def _expiry_code(self, exchange: Exchange, expiry: date) -> str:
        """``26NOV`` for the last expiry of a month, ``26D01`` for a weekly one (market-rules 7)."""
        if self._hours.monthly_expiries(exchange, expiry, 1)[0] == expiry:
            return f"{expiry:%y}{_MONTHS[expiry.month - 1]}"
        return f"{expiry:%y}{_WEEKLY_MONTHS[expiry.month - 1]}{expiry:%d}"

    def _strikes(self, place: int, expiry: date, day: date) -> list[int]:
        """Strikes around every close since the series was listed: one that was traded never vanishes before its expiry."""
        spec = self._underlyings[place]
        strikes: set[int] = set()
        for _ in range(_LONGEST_LISTING):
            if expiry not in self.option_expiries(place, day):
                break
            centre = round(self._spot_before(spec.index, day) / 100 / spec.strike_step)
            each = range(centre - spec.strikes_each_side, centre + spec.strikes_each_side + 1)
            strikes.update(step * spec.strike_step for step in each)
            day = self._previous_day(day)
        return sorted(strikes)


def _future(spec: UnderlyingSpec, place: int, expiry: date) -> Contract:
    symbol = f"{spec.symbol}{expiry:%y}{_MONTHS[expiry.month - 1]}FUT"
    return Contract(InstrumentId.future(spec.exchange, spec.symbol, expiry), place, expiry, 0, False, symbol)


def _option(spec: UnderlyingSpec, place: int, expiry: date, strike: int, kind: OptionKind, code: str) -> Contract:
    symbol = f"{code}{strike}{kind.value}"
    id = InstrumentId.option(spec.exchange, spec.symbol, expiry, Decimal(strike), kind)  # noqa: A001 - the contract's word
    return Contract(id, place, expiry, strike, kind is OptionKind.CE, symbol)
