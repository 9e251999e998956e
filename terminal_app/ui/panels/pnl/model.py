"""The figures of a P&L line: its best value, its largest fall, and the cards that tell of a day or of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.values import ZERO
from terminal_app.ui import formats

if TYPE_CHECKING:
    from terminal_app.domain.pnl import PnlPoint
    from terminal_app.services.portfolio import PositionView, Totals

TODAY, ALL_DAYS = "today", "all"
SPANS: tuple[tuple[str, str], ...] = ((TODAY, "Today"), ("7", "7 days"), ("30", "30 days"), (ALL_DAYS, "All"))
"""Key and text of each span of time; a number counts calendar days, today included."""


class Card(Struct, frozen=True):
    """One figure: title, value, the colour of the value, a remark below."""

    title: str
    value: str
    tone: str = "text.1"
    note: str = ""


class Fall(Struct, frozen=True):
    """From a highest value to the lowest after it; ``rupees`` is zero or negative."""

    rupees: Decimal
    start: datetime
    end: datetime


class Track:
    """Follows a line point by point. Times are aware, values rupees."""

    def __init__(self, points: Iterable[tuple[datetime, Decimal]] = ()) -> None:
        self.best: tuple[datetime, Decimal] | None = None
        self.fall: Fall | None = None
        for time, value in points:
            self.add(time, value)

    def add(self, time: datetime, value: Decimal) -> None:
        """The newest point."""
        if self.best is None or value > self.best[1]:
            self.best = (time, value)
        since, highest = self.best
        if self.fall is None or value - highest < self.fall.rupees:
            self.fall = Fall(value - highest, since, time)


def day_cards(totals: Totals, views: Sequence[PositionView], track: Track) -> tuple[Card, ...]:
    """What today brought so far."""
    open_count = sum(view.position.is_open for view in views)
    unknown = totals.without_price
    note = f"{unknown} without a price" if unknown else _counted(len(views), "position")
    return (
        Card("Day P&L", formats.with_arrow(totals.day_pnl), formats.tone(totals.day_pnl), note),
        Card(
            "Realised",
            formats.signed(totals.realised),
            formats.tone(totals.realised),
            _counted(len(views) - open_count, "closed position"),
        ),
        Card(
            "Unrealised",
            formats.signed(totals.unrealised),
            formats.tone(totals.unrealised),
            _counted(open_count, "open position"),
        ),
        _fall_card(track.fall, formats.hour_minute),
        _best_card(track),
    )


def _fall_card(fall: Fall | None, words: Callable[[datetime], str]) -> Card:
    if fall is None or not fall.rupees:
        return Card("Largest fall", formats.EN_DASH, "text.3", "none yet" if fall is not None else "")
    if words(fall.start) == words(fall.end):
        return Card("Largest fall", formats.signed(fall.rupees, 0), "loss", f"at {words(fall.end)}")
    note = f"{words(fall.start)} to {words(fall.end)}"
    return Card("Largest fall", formats.signed(fall.rupees, 0), "loss", note)


def _best_card(track: Track) -> Card:
    if track.best is None:
        return Card("Best", formats.EN_DASH, "text.3")
    time, value = track.best
    return Card("Best", formats.signed(value, 0), formats.tone(value), f"at {formats.hour_minute(time)}")


def span_cards(days: Sequence[PnlPoint]) -> tuple[Card, ...]:
    """What several days brought; each point is the last of its day."""
    together, line = ZERO, []
    for day in days:
        together += day.total
        line.append((day.time, together))
    realised = sum((day.realised for day in days), ZERO)
    best = max(days, key=lambda day: day.total, default=None)
    worst = min(days, key=lambda day: day.total, default=None)
    won = sum(day.total > 0 for day in days)
    # The line begins at nothing: a loss on the first day is a fall from zero.
    start = [(days[0].time, ZERO)] if days else []
    return (
        Card("P&L", formats.with_arrow(together), formats.tone(together), _counted(len(days), "day")),
        Card("Realised", formats.signed(realised), formats.tone(realised), "of closed positions"),
        Card("Days in profit", f"{won} of {len(days)}"),
        _fall_card(Track([*start, *line]).fall, _short_day),
        _day_card("Best day", best),
        _day_card("Worst day", worst),
    )


def _day_card(title: str, day: PnlPoint | None) -> Card:
    if day is None:
        return Card(title, formats.EN_DASH, "text.3")
    return Card(title, formats.signed(day.total, 0), formats.tone(day.total), formats.day(day.time))


def _short_day(moment: datetime) -> str:
    return formats.day(moment).rpartition(" ")[0]


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
