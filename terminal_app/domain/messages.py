"""What services announce. All frozen: a correction is a new message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from terminal_app.domain.account import Account, Connection
from terminal_app.domain.enums import TradingState
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import Order
from terminal_app.domain.position import Position


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order is new or something about it changed."""

    account: AccountId
    order: Order


@dataclass(frozen=True, slots=True)
class FillAdded:
    """A fill was counted. ``order`` is the order it belongs to, where we know it."""

    account: AccountId
    fill: Fill


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """A fill or the broker's report changed a position."""

    account: AccountId
    position: Position


@dataclass(frozen=True, slots=True)
class BookLoaded:
    """Orders, fills, positions and holdings of an account were read anew: at start, after a reconnect, at day roll."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class FundsChanged:
    """Money of an account changed."""

    account: AccountId
    funds: Funds


@dataclass(frozen=True, slots=True)
class HoldingsChanged:
    """Holdings of an account were read anew."""

    account: AccountId
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class PnlPointAdded:
    """A point of an account's P&L line was kept. Rupees; ``time`` is exchange time."""

    account: AccountId
    time: datetime
    realised: Decimal
    unrealised: Decimal


@dataclass(frozen=True, slots=True)
class AccountsChanged:
    """An account was added, removed, renamed, or switched on or off."""

    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The lamp of an account changed."""

    account: AccountId
    connection: Connection


@dataclass(frozen=True, slots=True)
class CurrentAccountChanged:
    """The user switched. None stands for all accounts together."""

    account: AccountId | None


@dataclass(frozen=True, slots=True)
class TradingStateChanged:
    """The gate was narrowed or opened. ``account`` None: for all accounts. ``reason`` says who did it and why."""

    account: AccountId | None
    state: TradingState
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class InstrumentsChanged:
    """The catalogue was loaded or replaced."""

    count: int


@dataclass(frozen=True, slots=True)
class WatchlistsChanged:
    """A watchlist was edited."""

    list_number: int


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A setting has a new value; ``key`` names it."""

    key: str


class NoticeLevel(StrEnum):
    """How a notice is shown: a toast for what passed, a card in the Log for what failed, a bar for doubt."""

    PASSED = "PASSED"
    NEWS = "NEWS"
    DOUBT = "DOUBT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know: what happened, what it means for the money, whose move it is.

    ``topic`` groups notices of one panel ("orders", "feed", "storage", "replay"); ``account`` is None where it concerns all.
    """

    level: NoticeLevel
    title: str
    text: str
    time: datetime
    topic: str = ""
    account: AccountId | None = None


@dataclass(frozen=True, slots=True)
class NoticePosted:
    """A notice for the toasts and the Log."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class NoticeCleared:
    """A lasting doubt or failure of this topic is over."""

    topic: str
    account: AccountId | None = None
