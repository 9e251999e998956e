"""What the chart panel remembers: interval, overlays, pinned instruments, and whether it follows the chosen instrument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from terminal_app.domain.enums import Interval
from terminal_app.domain.errors import BadInput
from terminal_app.domain.ids import InstrumentId

INTERVALS: tuple[tuple[str, str], ...] = tuple(
    (interval.value, "D" if interval is Interval.D1 else interval.value)
    for interval in (Interval.M1, Interval.M3, Interval.M5, Interval.M15, Interval.H1, Interval.D1)
)
"""Key and text of each interval that the header offers."""
OVERLAYS: tuple[tuple[str, str, str], ...] = (
    ("ema20", "EMA 20", "chart.line.1"),
    ("ema50", "EMA 50", "chart.line.2"),
    ("vwap", "VWAP", "chart.line.3"),
)
"""Key, text and colour of each indicator."""
_PINNED = (InstrumentId.parse("NSE:NIFTY 50:INDEX"),)
_MOST_PINNED = 8


class ChartState(Struct):
    """``instrument`` is what the chart shows, None before anything was chosen."""

    interval: Interval = Interval.M5
    overlays: list[str] = field(default_factory=lambda: ["ema20", "vwap"])
    pinned: list[InstrumentId] = field(default_factory=lambda: list(_PINNED))
    instrument: InstrumentId | None = None
    linked: bool = True
    order_lines: bool = True

    def tabs(self, is_listed: Callable[[InstrumentId], bool]) -> list[InstrumentId]:
        """The shown instrument first unless it is pinned, then the pinned ones that are listed."""
        pinned = [one for one in self.pinned if one == self.instrument or is_listed(one)]
        if self.instrument is None or self.instrument in pinned:
            return pinned
        return [self.instrument, *pinned]

    def set_pinned(self, instrument: InstrumentId, pinned: bool) -> None:
        """Keep a tab for this instrument, or no longer; the oldest goes where there are too many."""
        if pinned and instrument not in self.pinned:
            self.pinned = [*self.pinned, instrument][-_MOST_PINNED:]
        elif not pinned and instrument in self.pinned:
            self.pinned.remove(instrument)

    def set_overlay(self, key: str, shown: bool) -> None:
        """Show an indicator, or no longer."""
        wanted = {*self.overlays, key} if shown else set(self.overlays) - {key}
        self.overlays = [name for name, _, _ in OVERLAYS if name in wanted]

    def save(self) -> dict[str, Any]:
        """For the layout file."""
        return {
            "interval": self.interval.value,
            "overlays": list(self.overlays),
            "pinned": [one.text for one in self.pinned],
            "instrument": self.instrument.text if self.instrument is not None else "",
            "linked": self.linked,
            "order_lines": self.order_lines,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take back what was saved; what cannot be read any more keeps its default."""
        if saved.get("interval") in {key for key, _ in INTERVALS}:
            self.interval = Interval(saved["interval"])
        if isinstance(saved.get("overlays"), list):
            self.overlays = [key for key, _, _ in OVERLAYS if key in saved["overlays"]]
        if isinstance(saved.get("pinned"), list):
            found = [_parsed(text) for text in saved["pinned"]]
            self.pinned = [one for one in found if one is not None][-_MOST_PINNED:]
        self.instrument = _parsed(saved.get("instrument")) or self.instrument
        self.linked = bool(saved.get("linked", self.linked))
        self.order_lines = bool(saved.get("order_lines", self.order_lines))


def _parsed(text: object) -> InstrumentId | None:
    try:
        return InstrumentId.parse(text) if isinstance(text, str) and text else None
    except BadInput:
        return None
