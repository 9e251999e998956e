"""What services announce. All frozen: a correction is a new message."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from terminal_app.domain.account import Account, Connection
from terminal_app.domain.enums import TradingState
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import Order
from terminal_app.domain.position import Position


class OrderChanged(Struct, frozen=True):
    """An order is new or something about it changed."""

    account: AccountId
    order: Order


class FillAdded(Struct, frozen=True):
    """A fill was counted. ``order`` is the order it belongs to, where we know it."""

    account: AccountId
    fill: Fill


class PositionChanged(Struct, frozen=True):
    """A fill or the broker's report changed a position."""

    account: AccountId
    position: Position


class BookLoaded(Struct, frozen=True):
    """Orders, fills, positions and holdings of an account were read anew: at start, after a reconnect, at day roll."""

    account: AccountId


class FundsChanged(Struct, frozen=True):
    """Money of an account changed."""

    account: AccountId
    funds: Funds


class HoldingsChanged(Struct, frozen=True):
    """Holdings of an account were read anew."""

    account: AccountId
    holdings: tuple[Holding, ...]


class PnlPointAdded(Struct, frozen=True):
    """A point of an account's P&L line was kept. Rupees; ``time`` is exchange time."""

    account: AccountId
    time: datetime
    realised: Decimal
    unrealised: Decimal


class AccountsChanged(Struct, frozen=True):
    """An account was added, removed, renamed, or switched on or off."""

    accounts: tuple[Account, ...]


class ConnectionChanged(Struct, frozen=True):
    """The lamp of an account changed."""

    account: AccountId
    connection: Connection


class CurrentAccountChanged(Struct, frozen=True):
    """The user switched. None stands for all accounts together."""

    account: AccountId | None


class TradingStateChanged(Struct, frozen=True):
    """The gate was narrowed or opened. ``account`` None: for all accounts. ``reason`` says who did it and why."""

    account: AccountId | None
    state: TradingState
    reason: str
    since: datetime


class InstrumentsChanged(Struct, frozen=True):
    """The catalogue was loaded or replaced."""

    count: int


class WatchlistsChanged(Struct, frozen=True):
    """A watchlist was edited."""

    list_number: int


class SettingChanged(Struct, frozen=True):
    """A setting has a new value; ``key`` names it."""

    key: str


class NoticeLevel(StrEnum):
    """How a notice is shown: a toast for what passed, a card in the Log for what failed, a bar for doubt."""

    PASSED = "PASSED"
    NEWS = "NEWS"
    DOUBT = "DOUBT"
    FAILED = "FAILED"


class Notice(Struct, frozen=True):
    """Something the user should know: what happened, what it means for the money, whose move it is.

    ``topic`` groups notices of one panel ("orders", "feed", "storage", "replay"); ``account`` is None where it concerns all.
    """

    level: NoticeLevel
    title: str
    text: str
    time: datetime
    topic: str = ""
    account: AccountId | None = None


class NoticePosted(Struct, frozen=True):
    """A notice for the toasts and the Log."""

    notice: Notice


class NoticeCleared(Struct, frozen=True):
    """A lasting doubt or failure of this topic is over."""

    topic: str
    account: AccountId | None = None
