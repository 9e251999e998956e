"""The side panel with the life of one order: what it is, what is in doubt, every hop with its time, its ids."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from terminal_app.ui import formats
from terminal_app.ui.kit.badges import Chip
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.kit.panel_header import PanelHeader
from terminal_app.ui.kit.states import FailedState
from terminal_app.ui.panels.orders.model import OrderRow
from terminal_app.ui.panels.orders.timeline_view import Hop, TimelineView
from terminal_app.ui.theme import SPACE, theme


class _IdRow(QWidget):
    """A label, an id in the fixed-width font, and a button that copies it."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label
        self.value = Label("", "small", mono=True)
        self.copy = IconButton("copy", f"Copy the {label.lower()}")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.value.text()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.tight)
        name = Label(label, "body", "text.3")
        name.setFixedWidth(theme().px(72))
        row.addWidget(name)
        row.addWidget(self.value)
        row.addWidget(self.copy)
        row.addStretch(1)

    def show_id(self, text: str) -> None:
        """Show it; empty reads "none yet"."""
        self.value.show_text(text or "none yet", "text.1" if text else "text.3")
        self.copy.setVisible(bool(text))
        self.setAccessibleName(f"{self._label} {text or 'none yet'}")


class TimelineSide(Ground):
    """Hidden until `show_order`. Esc and the cross close it; `retry` comes where the events could not be read."""

    closed = Signal()
    retry = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName("Order timeline")
        self._chip, self._title = Chip("BUY", "buy"), Label("", "lead_strong")
        self._title.setWordWrap(True)
        self._line = Label("", "body", "text.2")
        self._line.setWordWrap(True)
        self._reason = NoticeBar(wrap=True)
        self.view = TimelineView()
        self.failed = FailedState()
        self.failed.retry.connect(self.retry)
        self.tag, self.broker_id = _IdRow("Tag"), _IdRow("Broker id")
        self._pages = QStackedWidget()
        self._pages.addWidget(self._scroll())
        self._pages.addWidget(self.failed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header())
        column.addWidget(self._pages, 1)
        self.setMinimumWidth(theme().px(250))
        self.hide()

    def show_order(self, row: OrderRow, line: str) -> None:
        """Say which order it is, and what is doubtful or refused about it."""
        self._chip.show_text(row.side.value, row.side.value.lower())
        self._title.show_text(f"{formats.quantity(row.quantity)} {row.label}")
        self._line.show_text(line)
        if row.is_unknown:
            self._reason.show_notice(
                "warn",
                "It is not known yet whether this order exists.",
                f"{row.words.reason} You need not do anything.",
                icon_name="circle-question-mark",
            )
        elif row.words.reason:
            self._reason.show_notice("error", f"{row.words.text}.", row.words.reason)
        else:
            self._reason.hide()
        self.tag.show_id(row.tag or "")
        self.broker_id.show_id(row.broker_id or "")
        self.show()

    def show_hops(self, hops: Sequence[Hop]) -> None:
        """The events, oldest first."""
        self.view.show_hops(hops)
        self._pages.setCurrentIndex(0)

    def show_failure(self, text: str) -> None:
        """The events could not be read."""
        self.failed.show_failure("The timeline could not be read.", f"{text} The order itself is not affected.")
        self._pages.setCurrentWidget(self.failed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _header(self) -> PanelHeader:
        header = PanelHeader("Order timeline")
        cross = IconButton("x", "Close the timeline", key="Esc")
        cross.clicked.connect(self.closed)
        header.add_tool(cross)
        return header

    def _scroll(self) -> QScrollArea:
        content = Ground()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, SPACE.panel_pad, 0, SPACE.panel_pad)
        column.setSpacing(SPACE.form_gap)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE.group, 0, SPACE.group, 0)
        head.setSpacing(SPACE.panel_pad)
        head.addWidget(self._chip)
        head.addWidget(self._title, 1)
        column.addLayout(head)
        for widget in (self._line, self._reason, self.view):
            indented = QHBoxLayout()
            margin = SPACE.group if widget is self._line else 0
            indented.setContentsMargins(margin, 0, margin, 0)
            indented.addWidget(widget)
            column.addLayout(indented)
        ids = QVBoxLayout()
        ids.setContentsMargins(SPACE.group, SPACE.tight, SPACE.group, 0)
        ids.setSpacing(0)
        ids.addWidget(self.tag)
        ids.addWidget(self.broker_id)
        column.addLayout(ids)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Order timeline")
        area.setWidget(content)
        return area
