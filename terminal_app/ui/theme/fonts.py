"""Fonts: Inter with tabular figures where it is installed or bundled, else the system's UI font."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF

from terminal_app.ui.resources import resource_path
from terminal_app.ui.theme.metrics import FALLBACK_FAMILIES, FONT_FAMILY, MONO_FAMILY, TYPE

_WEIGHTS = {400: QFont.Weight.Normal, 500: QFont.Weight.Medium, 600: QFont.Weight.DemiBold}


@lru_cache(maxsize=1)
def load_bundled_fonts() -> tuple[str, ...]:
    """Register fonts that a bundle carries under `resources/fonts`; returns the families. A checkout has none."""
    families: list[str] = []
    for path in sorted(resource_path("fonts").glob("*.[ot]tf")):
        font_id = QFontDatabase.addApplicationFont(str(path))
        families.extend(QFontDatabase.applicationFontFamilies(font_id) if font_id >= 0 else ())
    return tuple(families)


@lru_cache(maxsize=1)
def ui_families() -> tuple[str, ...]:
    """Families for text, best first."""
    load_bundled_fonts()
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).families()
    known = QFontDatabase.hasFamily(FONT_FAMILY)
    return tuple(dict.fromkeys([*([FONT_FAMILY] if known else []), *system, *FALLBACK_FAMILIES]))


@lru_cache(maxsize=1)
def mono_families() -> tuple[str, ...]:
    """Families for ids and timeline clocks, best first."""
    load_bundled_fonts()
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families()
    known = QFontDatabase.hasFamily(MONO_FAMILY)
    return tuple(dict.fromkeys([*([MONO_FAMILY] if known else []), *system]))


def make_font(step: str, zoom: float, *, mono: bool = False) -> QFont:
    """A font of one type step with tabular figures on. Raises KeyError for an unknown step."""
    kind = TYPE[step]
    font = QFont(list(mono_families() if mono else ui_families()))
    font.setPointSizeF(kind.points * zoom)
    font.setWeight(_WEIGHTS[kind.weight])
    font.setFeature(QFont.Tag("tnum"), 1)
    if mono:
        font.setStyleHint(QFont.StyleHint.Monospace)
    return font


def has_even_digits(font: QFont) -> bool:
    """Whether all ten digits have one width in this font, so that figures form columns."""
    metrics = QFontMetricsF(font)
    widths = {round(metrics.horizontalAdvance(digit * 8), 2) for digit in "0123456789"}
    return len(widths) == 1
