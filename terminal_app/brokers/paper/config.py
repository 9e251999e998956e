"""What a paper account is opened with, what it can do, and the practice market it trades on by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from msgspec import Struct

import terminal_app
from terminal_app.brokers.base import Capabilities
from terminal_app.domain.enums import Product, Segment
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import AccountId
from terminal_app.domain.margins import MarginTable
from terminal_app.simulator.clocks import PracticeClock
from terminal_app.simulator.contracts import ContractTables
from terminal_app.simulator.exchange import DEFAULT_PROTECTION, SimulatedExchange
from terminal_app.simulator.faults import Faults
from terminal_app.simulator.venue import Venue

DEFAULT_FUNDS = Decimal(1_000_000)
"""Rupees that a new paper account begins with."""
DEFAULT_SEED = 1
"""The practice market that everybody has who does not ask for another."""

CAPABILITIES = Capabilities(
    products={
        Segment.CASH: (Product.INTRADAY, Product.DELIVERY),
        Segment.FNO: (Product.CARRY, Product.INTRADAY),
    },
    product_codes={Product.DELIVERY: "CNC", Product.INTRADAY: "MIS", Product.CARRY: "NRML"},
    default_protection=DEFAULT_PROTECTION,
    square_off_times={Segment.CASH: "15:10", Segment.FNO: "15:20"},
)


class PaperCredentials(Struct, frozen=True):
    """Which account, with how much money (rupees), on which practice market."""

    account: AccountId
    funds: Decimal
    seed: int


def read_credentials(credentials: Mapping[str, str]) -> PaperCredentials:
    """Check the keys ``account``, ``funds`` and, where another market is wanted, ``seed``. Raises ConfigError."""
    for key in ("account", "funds"):
        if not credentials.get(key):
            raise ConfigError(key, f"A paper account needs “{key}” among its credentials.")
    return PaperCredentials(AccountId(credentials["account"]), _funds(credentials["funds"]), _seed(credentials))


def _funds(text: str) -> Decimal:
    try:
        funds = Decimal(text)
    except InvalidOperation:
        raise ConfigError("funds", f"The funds “{text}” are not a number of rupees.") from None
    if not funds.is_finite() or funds <= 0:
        raise ConfigError("funds", "The funds of a paper account must be above zero.")
    return funds


def _seed(credentials: Mapping[str, str]) -> int:
    text = credentials.get("seed", str(DEFAULT_SEED))
    try:
        return int(text)
    except ValueError:
        raise ConfigError("seed", f"The seed “{text}” is not a whole number.") from None


def data_folder() -> Path:
    """Where the dated tables lie: beside the package, in a bundle as in the source tree."""
    return Path(terminal_app.__file__).resolve().parent.parent / "resources" / "data"


def practice_venue(seed: int, folder: Path | None = None) -> Venue:
    """A practice market of its own on a practice clock that begins on the next trading day. Raises ConfigError."""
    from terminal_app.simulator.synthetic import SyntheticMarket

    folder = folder or data_folder()
    hours = MarketHours.from_tables(_table(folder, "holidays"), _table(folder, "sessions"))
    clock = PracticeClock(hours, None)
    market = SyntheticMarket(hours, ContractTables.read(folder), seed, clock.now())
    margins = MarginTable.from_tables(_table(folder, "margins"))
    return Venue(SimulatedExchange(market, hours, margins, Faults()), clock)


def _table(folder: Path, name: str) -> Any:
    path = folder / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(name, f"{path} could not be read ({error}): install Bhav again.") from error
