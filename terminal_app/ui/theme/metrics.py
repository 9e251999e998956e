"""Sizes, spaces, times and type steps, in pixels at 96 dpi and zoom 100 % unless a name says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class TypeStep(NamedTuple):
    """One of the six type steps and their strong variant: size in points and OpenType weight (400, 500, 600)."""

    points: float
    weight: int


TYPE: Mapping[str, TypeStep] = MappingProxyType(
    {
        "micro": TypeStep(7.5, 600),
        "small": TypeStep(8.25, 400),
        "small_strong": TypeStep(8.25, 600),
        "body": TypeStep(9.0, 400),
        "strong": TypeStep(9.0, 600),
        "input": TypeStep(9.75, 400),
        "lead": TypeStep(9.75, 500),
        "lead_strong": TypeStep(9.75, 600),
        "title": TypeStep(12.0, 600),
        "figure": TypeStep(16.5, 600),
    }
)
"""Type steps by name. `body` is the application font; weight does the work, not size."""

FONT_FAMILY = "Inter"
MONO_FAMILY = "JetBrains Mono"
FALLBACK_FAMILIES = ("Noto Sans", "Segoe UI", "SF Pro Text", "DejaVu Sans")


class Size:  # plain, not a dataclass: it is made before the first paint
    """Fixed extents. Heights that hold text are minimums: they grow with the font."""

    row_compact: int = 22
    row_normal: int = 24
    row_reason: int = 40
    row_group: int = 20
    table_header: int = 22
    panel_header: int = 28
    menu_bar: int = 26
    top_bar: int = 44
    status_bar: int = 24
    control: int = 28
    control_small: int = 22
    control_large: int = 36
    place: int = 38
    icon: int = 16
    icon_small: int = 12
    lamp: int = 10
    stepper: int = 16
    identity_frame: int = 3
    identity_band: int = 22
    splitter: int = 4
    scroll_bar: int = 10
    focus_ring: int = 2
    selection_bar: int = 3
    side_rail: int = 3
    watchlist_width: int = 304
    side_width: int = 320
    bottom_height: int = 252
    toast_width: int = 336
    min_window: tuple[int, int] = (1180, 700)
    default_window: tuple[int, int] = (1440, 900)


class Space:
    """Gaps on the 4 px base."""

    hair: int = 2
    tight: int = 4
    form_gap: int = 6
    panel_pad: int = 8
    cell_pad: int = 8
    group: int = 12
    section: int = 16
    dialog_pad: int = 20


class Radius:
    """Corner radii; panels have none."""

    chip: int = 2
    control: int = 3
    card: int = 4
    dialog: int = 6


class Motion:
    """Times in milliseconds. With reduced motion all of them but `toast_stay` are 0."""

    flash_hold: int = 120
    flash_fade: int = 280
    toast_in: int = 120
    toast_stay: int = 4000
    lamp_turn: int = 1200
    error_nudge: int = 160
    ring_tick: int = 250


SIZE = Size()
SPACE = Space()
RADIUS = Radius()
MOTION_MS = Motion()
