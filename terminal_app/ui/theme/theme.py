"""The theme in force: scheme, colour set, zoom and motion, and the signal that says one of them changed."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

from terminal_app.ui.theme.colors import DARK, DARK_SAFE, LIGHT, LIGHT_SAFE
from terminal_app.ui.theme.fonts import has_even_digits, make_font
from terminal_app.ui.theme.metrics import MOTION_MS

ZOOM_MIN, ZOOM_MAX = 0.8, 2.0


class Scheme(StrEnum):
    """What the user chose; SYSTEM follows the desktop where it reports a scheme, else dark."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class Theme(QObject):
    """Colours by name, fonts by step, pixels by zoom. Widgets that paint themselves repaint on `changed`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._choice = Scheme.SYSTEM
        self._system_dark = True
        self._safe_colors = False
        self._zoom = 1.0
        self._reduce_motion = False
        self._app: QApplication | None = None
        self._values: dict[str, str] = dict(DARK)
        self._colors: dict[str, QColor] = {}
        self._fonts: dict[tuple[str, bool], QFont] = {}
        self._number_fonts: dict[str, QFont] = {}

    @property
    def choice(self) -> Scheme:
        """What the user chose, before the system is asked."""
        return self._choice

    @property
    def is_dark(self) -> bool:
        """Whether the dark colours are in force."""
        return self._choice is Scheme.DARK or (self._choice is Scheme.SYSTEM and self._system_dark)

    @property
    def safe_colors(self) -> bool:
        """Whether profit, loss and candles use the colour-blind safe set."""
        return self._safe_colors

    @property
    def zoom(self) -> float:
        """Text and control scale, 1.0 is 100 %."""
        return self._zoom

    @property
    def reduce_motion(self) -> bool:
        """Whether flashes and slides are off."""
        return self._reduce_motion

    def color(self, name: str) -> QColor:
        """The colour of a token such as `buy.fill` or `chart.grid`. Raises KeyError for an unknown name."""
        found = self._colors.get(name)
        if found is None:
            found = self._colors[name] = _parse(self._values[name])
        return QColor(found)

    def css(self, name: str) -> str:
        """The colour of a token as text for rich text, without alpha."""
        return self.color(name).name()

    def font(self, step: str = "body") -> QFont:
        """The font of a type step (`micro small body strong lead title figure`) at the present zoom."""
        return self._cached_font(step, mono=False)

    def mono(self, step: str = "small") -> QFont:
        """The fixed-width font, for ids and timeline clocks only."""
        return self._cached_font(step, mono=True)

    def number_font(self, step: str = "body") -> QFont:
        """The font for figures in columns: the text font where its digits are even, else the fixed-width one."""
        font = self._number_fonts.get(step)
        if font is None:
            font = self.font(step)
            font = self._number_fonts[step] = font if has_even_digits(font) else self.mono(step)
        return QFont(font)

    def px(self, size: float) -> int:
        """A size in pixels at the present zoom, at least 1 for what is not 0."""
        return max(1, round(size * self._zoom)) if size else 0

    def motion_ms(self, name: str) -> int:
        """A time of `Motion` in milliseconds, 0 where motion is reduced (but for `toast_stay`)."""
        value: int = getattr(MOTION_MS, name)
        return 0 if self._reduce_motion and name != "toast_stay" else value

    def ask_system(self, app: QApplication) -> None:
        """Learn the desktop's scheme, for what is painted before the application is dressed."""
        self._on_system_scheme_changed(app.styleHints().colorScheme())

    def apply(self, app: QApplication) -> None:
        """Dress the application: Fusion, palette, font, style sheet; follow the desktop's scheme from now on."""
        if self._app is not app:
            self._app = app
            app.setStyle("Fusion")
            hints = app.styleHints()
            self._system_dark = hints.colorScheme() is not Qt.ColorScheme.Light
            hints.colorSchemeChanged.connect(self._on_system_scheme_changed)
        self._refresh()

    def set_choice(self, choice: Scheme | str) -> None:
        """Switch to dark, light or the desktop's scheme at once."""
        self._choice = Scheme(choice)
        self._refresh()

    def set_safe_colors(self, on: bool) -> None:
        """Switch the colour-blind safe set on or off at once."""
        self._safe_colors = on
        self._refresh()

    def set_zoom(self, zoom: float) -> None:
        """Scale text and controls; kept between 80 % and 200 %."""
        self._zoom = min(ZOOM_MAX, max(ZOOM_MIN, round(zoom, 2)))
        self._refresh()

    def set_reduce_motion(self, on: bool) -> None:
        """Switch flashes and slides off or on."""
        self._reduce_motion = on
        self.changed.emit()

    def _cached_font(self, step: str, *, mono: bool) -> QFont:
        font = self._fonts.get((step, mono))
        if font is None:
            font = self._fonts[step, mono] = make_font(step, self._zoom, mono=mono)
        return QFont(font)

    def _on_system_scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        self._system_dark = scheme is not Qt.ColorScheme.Light
        if self._choice is Scheme.SYSTEM:
            self._refresh()

    def _refresh(self) -> None:
        base, safe = (DARK, DARK_SAFE) if self.is_dark else (LIGHT, LIGHT_SAFE)
        self._values = {**base, **(safe if self._safe_colors else {})}
        self._colors.clear()
        self._fonts.clear()
        self._number_fonts.clear()
        if self._app is not None:
            from terminal_app.ui.theme.palette import make_palette
            from terminal_app.ui.theme.qss import style_sheet

            self._app.setPalette(make_palette(self.color))
            self._app.setFont(self.font("body"))
            self._app.setStyleSheet(style_sheet(self._values, self._zoom))
        self.changed.emit()


def _parse(value: str) -> QColor:
    """#rrggbb or #rrggbbaa; Qt itself reads eight digits as #aarrggbb."""
    color = QColor(value[:7])
    if len(value) == 9:
        color.setAlpha(int(value[7:], 16))
    return color


_current: Theme | None = None


def theme() -> Theme:
    """The theme of this process, made on first use."""
    global _current  # noqa: PLW0603 - one application has one palette; Qt keeps it as a global too
    if _current is None:
        _current = Theme()
    return _current
