"""A bar over the panel it concerns: doubt, failure or news, with the one thing that can be done about it."""

from __future__ import annotations

from html import escape
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, SPACE, theme

NoticeKind = Literal["warn", "error", "news"]
_GROUND = {"warn": "warn.tint", "error": "error.tint", "news": "bg.3"}
_ICON = {"warn": ("triangle-alert", "warn"), "error": ("x", "error"), "news": ("check", "text.2")}


class NoticeBar(QWidget, ThemedMixin):
    """Hidden until `show_notice`. `action_clicked` comes from the link at its end, `closed` from its cross."""

    action_clicked = Signal()
    closed = Signal()

    def __init__(self, *, wrap: bool = False, closable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind: NoticeKind = "news"
        self._icon_name = ""
        self._picture = QLabel()
        self._text = Label("", rich=True)
        self._text.setWordWrap(wrap)
        self._text.setSizePolicy(
            QSizePolicy.Policy.Ignored if not wrap else QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
        )
        self._action = Button("", "link")
        self._action.clicked.connect(self.action_clicked)
        self._close = IconButton("x", "Close the notice")
        self._close.setVisible(closable)
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.panel_pad, 4 if wrap else 0, SPACE.panel_pad, 4 if wrap else 0)
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop if wrap else Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        row.addWidget(self._close)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()
        self.follow_theme()

    def show_notice(
        self, kind: NoticeKind, fact: str, rest: str = "", *, action: str = "", icon_name: str = ""
    ) -> None:
        """The bold fact, then what it means for the money and whose move it is; `action` is the link's words."""
        self._kind, self._icon_name = kind, icon_name
        self._text.setText(f"<b>{escape(fact)}</b> {escape(rest)}" if rest else f"<b>{escape(fact)}</b>")
        self._text.setToolTip("" if self._text.wordWrap() else f"{fact} {rest}".strip())
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self.setAccessibleName(f"{fact} {rest}".strip())
        self.restyle()
        self.show()

    def dismiss(self) -> None:
        """Hide it and say so."""
        self.hide()
        self.closed.emit()

    def restyle(self) -> None:
        name, tone = _ICON[self._kind]
        self._picture.setPixmap(icon_pixmap(self._icon_name or name, theme().px(SIZE.icon), tone))
        self.setMinimumHeight(max(theme().px(24), self._text.fontMetrics().height() + 8))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color(_GROUND[self._kind]))
