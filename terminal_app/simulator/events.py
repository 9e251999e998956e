"""What the simulated exchange tells: steps of the market to everybody, events of an account to its owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import Order
from terminal_app.simulator.documents import Documents
from terminal_app.simulator.steps import MarketStep


class AccountEvent(Struct, frozen=True):
    """All that one instant changed about an account. Without orders and fills it is a day roll.

    ``documents`` are what a ledger has to keep before anybody hears of it.
    """

    account: AccountId
    at: datetime
    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    documents: Documents


AccountListener = Callable[[AccountEvent], None]
StepListener = Callable[[MarketStep], None]
