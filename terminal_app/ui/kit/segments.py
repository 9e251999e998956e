"""A row of choices of which one holds: side, product, order type. One tab stop; Left and Right move the choice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SIZE, theme

_STEP_BY_KEY: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class _Segment(QAbstractButton, ThemedMixin):
    """One choice; painted flat so that the row reads as one control."""

    def __init__(self, key: str, text: str, tone: str) -> None:
        super().__init__()
        self.setText(text)
        self.key, self.tone = key, tone
        self.is_first = False
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.follow_theme()

    def restyle(self) -> None:
        strong = theme().font("strong")
        self.setFont(strong)
        height = max(theme().px(SIZE.control) - 2, self.fontMetrics().height() + 6)
        self.setFixedHeight(height)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(self.text()) + theme().px(12))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        checked = self.isChecked()
        if checked and self.isEnabled():
            painter.fillRect(self.rect(), look.color(f"{self.tone}.fill" if self.tone else "bg.4"))
        elif self.underMouse() and self.isEnabled():
            painter.fillRect(self.rect(), look.color("bg.3"))
        if not self.is_first:
            painter.setPen(look.color("border.strong"))
            painter.drawLine(0, 0, 0, self.height())
        name = "text.disabled"
        if self.isEnabled():
            name = "text.on_fill" if checked and self.tone else "text.1" if checked else "text.2"
        painter.setPen(look.color(name))
        painter.setFont(look.font("strong" if checked else "body"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            painter.setPen(QPen(look.color("text.on_fill" if checked and self.tone else "accent"), SIZE.focus_ring))
            painter.drawRect(self.rect().adjusted(2, 2, -2, -2))


class Segments(QWidget, ThemedMixin):
    """Exactly one of several keys. `chosen(str)` comes when the user chooses, not when `set_chosen` is called."""

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        choices: Sequence[tuple[str, str]],
        *,
        tones: dict[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._tones = tones or {}
        self._group = QButtonGroup(self)
        self._buttons: list[_Segment] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(1, 1, 1, 1)
        self._row.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._group.buttonClicked.connect(self._on_clicked)
        self.set_choices(choices)
        self.follow_theme()

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Replace the (key, text) pairs; the same key stays chosen where it still exists, else the first."""
        kept, old = self.key() if self._buttons else "", self._buttons
        self._buttons = []
        for key, text in choices:
            button = _Segment(key, text, self._tones.get(key, ""))
            button.is_first = not self._buttons
            button.setAccessibleName(f"{self.accessibleName()}: {text}")
            button.installEventFilter(self)
            self._group.addButton(button)
            self._row.addWidget(button, 1)
            self._buttons.append(button)
        # Buttons made later would come last in the window's tab order; they belong where the old ones stood.
        for before, button in pairwise([*old[-1:], *self._buttons]):
            QWidget.setTabOrder(before, button)
        for button in old:
            self._group.removeButton(button)
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        keys = [key for key, _ in choices]
        if keys:
            self.set_chosen(kept if kept in keys else keys[0])

    def key(self) -> str:
        """The key that holds."""
        checked = self._group.checkedButton()
        return checked.key if isinstance(checked, _Segment) else ""

    def set_chosen(self, key: str) -> None:
        """Choose by program; emits nothing. Raises KeyError for an unknown key."""
        self._button(key).setChecked(True)
        self._move_tab_stop()

    def set_key_enabled(self, key: str, enabled: bool, reason: str = "") -> None:
        """Switch one choice off with the reason why, or on again."""
        button = self._button(key)
        button.setEnabled(enabled)
        button.setToolTip(reason)

    def restyle(self) -> None:
        self.update()

    def focusProxyButton(self) -> QAbstractButton:
        """The button that holds the tab stop."""
        return self._button(self.key())

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        self._button(self.key()).setFocus(reason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and isinstance(watched, _Segment):
            step = _STEP_BY_KEY.get(event.key())
            if step is not None:
                self._move(self._buttons.index(watched), step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                event.ignore()  # Enter belongs to the form around it; on some desktops it would press the button
                return True
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(look.color("border.control" if self.isEnabled() else "border.strong"))
        painter.setBrush(look.color("bg.input"))
        box = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS.control, RADIUS.control)

    def _button(self, key: str) -> _Segment:
        for button in self._buttons:
            if button.key == key:
                return button
        raise KeyError(key)

    def _move(self, index: int, step: int) -> None:
        while 0 <= (index := index + step) < len(self._buttons):
            button = self._buttons[index]
            if button.isEnabled():
                button.setChecked(True)
                self._move_tab_stop()
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                self.chosen.emit(button.key)
                return

    def _move_tab_stop(self) -> None:
        for button in self._buttons:
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if button.isChecked() else Qt.FocusPolicy.ClickFocus)

    def _on_clicked(self, button: QAbstractButton) -> None:
        self._move_tab_stop()
        if isinstance(button, _Segment):
            self.chosen.emit(button.key)
