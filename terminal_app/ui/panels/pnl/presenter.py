"""What the P&L panel shows of the services: whose, since when, bars, marks and rows to save; without widgets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.enums import Product
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.position import PositionKey
from terminal_app.domain.values import ZERO
from terminal_app.ui import formats
from terminal_app.ui.panels.pnl.model import ALL_DAYS
from terminal_app.ui.panels.pnl.tools import EVERY

if TYPE_CHECKING:
    from terminal_app.domain.fill import Fill
    from terminal_app.domain.pnl import PnlPoint
    from terminal_app.services.accounts import AccountService
    from terminal_app.services.market import MarketService
    from terminal_app.services.portfolio import PositionView

_SEPARATOR = "\n"
_QUARTER = timedelta(minutes=15)
_FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class BarView(Struct, frozen=True):
    """One position's result of the day; ``key`` reads back with ``bar_position``."""

    key: str
    name: str
    quantity: int
    value: Decimal
    left_note: str
    right_note: str


class MarkView(Struct, frozen=True):
    """A fill on the line: epoch seconds, whether it bought, and its words."""

    time_s: float
    is_buy: bool
    label: str


def chosen_account(accounts: AccountService, scope: str) -> AccountId | None:
    """Whose P&L is shown; None for all together."""
    return None if scope == EVERY else accounts.current


def account_choice(accounts: AccountService) -> str:
    """The current account's name where there is a choice between it and all, else nothing."""
    current = accounts.current
    return accounts.get(current).name if current is not None and len(accounts.all()) > 1 else ""


def first_moment(span: str, now: datetime) -> datetime:
    """Since when days are shown: midnight in India of the span's first calendar day."""
    if span == ALL_DAYS:
        return _FIRST_DAY
    local = formats.to_ist(now) - timedelta(days=int(span) - 1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def midnight_s(moment: datetime) -> int:
    """Epoch seconds of the midnight in India before a moment."""
    return int(formats.to_ist(moment).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def shown_span(
    session: tuple[datetime, datetime], first: datetime | None, last: datetime | None
) -> tuple[datetime, datetime]:
    """The part of the session that the line is drawn in: a short one at first, in which it is seen to move, later all of it."""
    if first is None or last is None:
        return session
    begin = max(session[0], _floored(first - timedelta(minutes=1), timedelta(minutes=5)))
    quarters = ceil(3 * (last - begin) / _QUARTER)
    end = begin + max(1, quarters) * _QUARTER
    return (begin, end) if end < session[1] else session


def _floored(moment: datetime, step: timedelta) -> datetime:
    step_s = int(step.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // step_s * step_s, UTC)


def bar_key(account: AccountId, key: PositionKey) -> str:
    """The name of a position's bar."""
    return _SEPARATOR.join((account, key.instrument.text, key.product.value))


def bar_position(text: str) -> tuple[AccountId, PositionKey]:
    """The position that a bar stands for."""
    account, instrument, product = text.split(_SEPARATOR)
    return AccountId(account), PositionKey(InstrumentId.parse(instrument), Product(product))


def bars(views: Sequence[PositionView], market: MarketService, names: dict[AccountId, str]) -> list[BarView]:
    """A bar for each position, the largest gain first. ``names`` are said where positions of several accounts are shown."""
    found = [
        BarView(
            bar_key(view.account, view.position.key),
            _name(view, market, names),
            view.position.quantity,
            view.day_pnl if view.day_pnl is not None else ZERO,
            f"realised {formats.signed(view.realised)}" if view.day_pnl is not None else "no price yet",
            f"unrealised {formats.signed(view.unrealised)}",
        )
        for view in views
    ]
    return sorted(found, key=lambda bar: (-bar.value, bar.name))


def _name(view: PositionView, market: MarketService, names: dict[AccountId, str]) -> str:
    label = market.label(view.position.instrument)
    return f"{label} {names[view.account]}" if view.account in names else label


def marks(fills: Iterable[tuple[AccountId, Fill]], market: MarketService) -> list[MarkView]:
    """The fills as marks, oldest first."""
    found = []
    for _, fill in fills:
        instrument = market.instrument(fill.instrument)
        decimals = instrument.price_decimals if instrument is not None else 2
        units, at = formats.quantity(fill.quantity), formats.price(fill.price, decimals)
        words = f"{fill.side.value} {units} {market.label(fill.instrument)} at {at}"
        found.append(MarkView(fill.filled_at.timestamp(), fill.side.sign > 0, words))
    return sorted(found, key=lambda mark: mark.time_s)


def csv_text(points: Sequence[PnlPoint]) -> str:
    """The points for a spreadsheet: times in IST, plain rupees."""
    lines = ["time,realised,unrealised,pnl"]
    lines += [
        f"{formats.to_ist(point.time):%Y-%m-%d %H:%M:%S},{point.realised:f},{point.unrealised:f},{point.total:f}"
        for point in points
    ]
    return "\n".join(lines) + "\n"
