"""Buttons: plain, primary, danger, tool, link, icon, and the two-line Place button."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QWidget

from terminal_app.ui.icons import icon
from terminal_app.ui.kit.styled import ThemedMixin, set_style_property
from terminal_app.ui.theme import RADIUS, SIZE, theme

Part = Literal["plain", "small", "primary", "danger", "buy", "sell", "tool", "link"]


class Button(QPushButton, ThemedMixin):
    """A button that says what it does; `part` chooses the look, `icon_name` stands before the words."""

    def __init__(
        self, text: str, part: Part = "plain", *, icon_name: str = "", key: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._icon_name, self._icon_tone = (
            icon_name,
            {"danger": "error", "primary": "accent.on_fill"}.get(part, "text.2"),
        )
        self.setProperty("part", part)
        self.setAutoDefault(False)
        if key:
            self.setToolTip(f"{text} ({key})")
        self.follow_theme()

    def set_filled(self, filled: bool) -> None:
        """Fill a danger button, as KILL is when trading is halted."""
        self._icon_tone = "text.on_fill" if filled else "error"
        set_style_property(self, "filled", "true" if filled else "false")
        self.restyle()

    def set_icon(self, name: str) -> None:
        """Change the icon; empty takes it away."""
        self._icon_name = name
        self.restyle()

    def restyle(self) -> None:
        side = theme().px(SIZE.icon)
        self.setIconSize(QSize(side, side))
        if self._icon_name:
            self.setIcon(icon(self._icon_name, side, self._icon_tone))


class IconButton(Button):
    """A square tool button with an icon only; the name is its tooltip (with the key) and its accessible name."""

    def __init__(
        self, icon_name: str, name: str, *, key: str = "", checkable: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__("", "tool", icon_name=icon_name, parent=parent)
        self.setCheckable(checkable)
        self.setToolTip(f"{name} ({key})" if key else name)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def restyle(self) -> None:
        super().restyle()
        self.setFixedWidth(theme().px(26))


class PlaceButton(QAbstractButton, ThemedMixin):
    """The ticket's own button: what is sent in the first line, LIVE or PAPER and where it goes in the second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline, self._below, self._side = "Place", "", "off"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.follow_theme()

    def show_order(self, side: Literal["buy", "sell"], headline: str, below: str) -> None:
        """Ready to be pressed: filled with the side's colour."""
        self._set(side, headline, below, enabled=True)

    def show_reason(self, headline: str, below: str) -> None:
        """Grey and off, and it says what to do."""
        self._set("off", headline, below, enabled=False)

    def show_sending(self, side: Literal["buy", "sell"], headline: str, below: str) -> None:
        """Pressed: keeps the colour but cannot be pressed again."""
        self._set(side, headline, below, enabled=False)

    def _set(self, side: str, headline: str, below: str, *, enabled: bool) -> None:
        self._side, self._headline, self._below = side, headline, below
        self.setEnabled(enabled)
        self.setAccessibleName(f"{headline}, {below}" if below else headline)
        self.update()

    def restyle(self) -> None:
        lines = QFontMetrics(theme().font("lead_strong")).height() + QFontMetrics(theme().font("small")).height()
        self.setFixedHeight(max(theme().px(SIZE.place), lines + 8))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(SIZE.side_width) // 2, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme()
        fill, text = look.color("bg.3"), look.color("text.3")
        if self._side != "off":
            hover = self.isEnabled() and self.underMouse() and not self.isDown()
            fill, text = (
                look.color(f"{self._side}.fill_hover" if hover else f"{self._side}.fill"),
                look.color("text.on_fill"),
            )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._side != "off" and not self.isEnabled():
            painter.setOpacity(0.78)
        border = QPen(look.color("border.strong")) if self._side == "off" else QPen(Qt.PenStyle.NoPen)
        painter.setPen(border)
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.control, RADIUS.control)
        painter.setOpacity(1.0)
        self._draw_lines(painter, text)
        if self.hasFocus():
            painter.setPen(QPen(look.color("text.on_fill" if self._side != "off" else "accent"), SIZE.focus_ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 2, 2)

    def _draw_lines(self, painter: QPainter, color: QColor) -> None:
        painter.setPen(color)
        first, second = theme().font("lead_strong"), theme().font("small")
        first_height, second_height = QFontMetrics(first).height(), QFontMetrics(second).height() if self._below else 0
        top = (self.height() - first_height - second_height) // 2
        room = self.width() - 12
        painter.setFont(first)
        text = QFontMetrics(first).elidedText(self._headline, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(6, top, room, first_height, Qt.AlignmentFlag.AlignCenter, text)
        if self._below:
            painter.setFont(second)
            text = QFontMetrics(second).elidedText(self._below, Qt.TextElideMode.ElideRight, room)
            painter.drawText(6, top + first_height - 1, room, second_height, Qt.AlignmentFlag.AlignCenter, text)
