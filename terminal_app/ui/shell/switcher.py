"""The account switcher: the broker's mark, the account's name, its lamp and day P&L, and the list of all accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.ui import formats
from terminal_app.ui.kit.lamp import LampState, paint_lamp
from terminal_app.ui.kit.popover import Popover
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SIZE, theme

if TYPE_CHECKING:
    from terminal_app.domain.account import Account, Connection

_BROKER_NAMES = {
    "paper": "simulated",
    "zerodha": "Zerodha",
    "upstox": "Upstox",
    "angelone": "Angel One",
    "icici": "ICICI Direct",
    "groww": "Groww",
}


_STEPS: dict[int, int] = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


def broker_name(broker: str) -> str:
    """The broker's name as its customers write it."""
    return _BROKER_NAMES.get(broker, broker)


def lamp_state(account: Account, connection: Connection) -> LampState:
    """The lamp that an account shows."""
    states = {
        ConnectionState.OFF: LampState.OFF,
        ConnectionState.LOGGING_IN: LampState.LOGGING_IN,
        ConnectionState.EXPIRED: LampState.EXPIRED,
        ConnectionState.ERROR: LampState.ERROR,
    }
    ready = LampState.PAPER if account.kind is AccountKind.PAPER else LampState.LIVE
    return states.get(connection.state, ready)


class AccountButton(QAbstractButton, ThemedMixin):
    """One account as a button: the switcher itself, and each row of its list."""

    def __init__(self, *, arrow: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._arrow = arrow
        self._letter, self._name, self._broker, self._key = "–", "", "", ""
        self._lamp: LampState | None = None
        self._pnl: Decimal | None = None
        self._shown: object = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.follow_theme()

    def show_account(self, name: str, broker: str, lamp: LampState | None, pnl: Decimal | None, key: str = "") -> None:
        """Change what it shows; `key` is the shortcut that is printed at the end."""
        shown = (name, broker, lamp, pnl, key)
        if shown == self._shown:
            return
        self._shown = shown
        self._letter = (broker_name(broker) if broker != "paper" else name)[:1].upper() if broker else "∑"
        self._name, self._broker, self._lamp, self._pnl, self._key = name, broker_name(broker), lamp, pnl, key
        state = lamp.value.replace("_", " ") if lamp is not None else ""
        self.setAccessibleName(f"{name} {self._broker} {state}, day P&L {formats.signed(pnl)}".strip())
        self.setToolTip(f"{name} {self._broker} {state}".strip())
        self.update()

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(34))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(210), self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        mark = QRectF(8, (self.height() - 20) / 2, 20, 20)
        painter.setPen(look.color("border.strong"))
        painter.setBrush(look.color("bg.4"))
        painter.drawRoundedRect(mark, RADIUS.control, RADIUS.control)
        painter.setPen(look.color("text.1"))
        painter.setFont(look.font("small_strong"))
        painter.drawText(mark, Qt.AlignmentFlag.AlignCenter, self._letter)
        self._paint_words(painter, 36)
        self._paint_end(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        look = theme()
        hot = self.underMouse() or self.isChecked()
        painter.setPen(Qt.PenStyle.NoPen if not self._arrow else look.color("border.strong"))
        painter.setBrush(look.color("bg.4" if hot and self._arrow else "bg.3" if hot or self._arrow else "bg.4"))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS.control, RADIUS.control)
        if self.hasFocus():
            painter.setPen(QPen(look.color("accent"), SIZE.focus_ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.control, RADIUS.control)

    def _paint_words(self, painter: QPainter, left: int) -> None:
        look, room = theme(), self.width() - left - 58
        strong, body, small = look.font("strong"), look.font("body"), look.font("small")
        metrics = QFontMetrics(strong)
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        line = self.height() // 2
        painter.setFont(strong)
        painter.setPen(look.color("text.1"))
        painter.drawText(left, 2, room + 8, line, Qt.AlignmentFlag.AlignVCenter, name)
        after = left + metrics.horizontalAdvance(name) + 5
        painter.setFont(body)
        painter.setPen(look.color("text.2"))
        rest = QFontMetrics(body).elidedText(self._broker, Qt.TextElideMode.ElideRight, max(0, left + room + 8 - after))
        painter.drawText(after, 2, room, line, Qt.AlignmentFlag.AlignVCenter, rest)
        painter.setFont(small)
        painter.setPen(look.color(formats.tone(self._pnl)))
        painter.drawText(left, line - 1, room, line, Qt.AlignmentFlag.AlignVCenter, formats.signed(self._pnl))

    def _paint_end(self, painter: QPainter) -> None:
        look, middle, right = theme(), self.height() / 2, self.width() - 8
        if self._arrow:
            painter.setPen(QPen(look.color("text.2"), 1.4))
            x = right - 10
            painter.drawPolyline([QPointF(x - 4, middle - 2), QPointF(x, middle + 2), QPointF(x + 4, middle - 2)])
        elif self._key:
            painter.setPen(look.color("text.3"))
            painter.setFont(look.font("small"))
            box = QRectF(0, 0, right, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._key)
        if self._lamp is not None:
            at = right - (34 if self._arrow else 54)
            ground = look.color("bg.3" if self._arrow else "bg.4")
            paint_lamp(painter, QRectF(at, middle - 5, 10, 10), self._lamp, ground)


class SwitcherList(Popover):
    """Every account and “All accounts”; arrows move, Enter switches."""

    chosen = Signal(object)
    """AccountId, or None for all accounts."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Accounts")
        self._buttons: list[AccountButton] = []
        self._accounts: list[object] = []

    def add_account(
        self, account: object, name: str, broker: str, lamp: LampState | None, pnl: Decimal | None, key: str
    ) -> AccountButton:
        """Append a row."""
        button = AccountButton(arrow=False, parent=self)
        button.show_account(name, broker, lamp, pnl, key)
        button.clicked.connect(lambda: self._choose(account))
        button.setMinimumWidth(theme().px(280))
        self.body.addWidget(button)
        self._buttons.append(button)
        self._accounts.append(account)
        return button

    def open_under(self, control: QWidget, current: object) -> None:
        """Open below the switcher with the current account's row in focus."""
        self.show_under(control)
        if current in self._accounts:
            self._buttons[self._accounts.index(current)].setFocus(Qt.FocusReason.PopupFocusReason)

    def _choose(self, account: object) -> None:
        self.close()
        self.chosen.emit(account)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(event.key())
        focused = next((place for place, button in enumerate(self._buttons) if button.hasFocus()), None)
        if step is not None and self._buttons:
            place = 0 if focused is None else (focused + step) % len(self._buttons)
            self._buttons[place].setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and focused is not None:
            self._buttons[focused].click()
        else:
            super().keyPressEvent(event)
