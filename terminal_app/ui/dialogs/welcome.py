"""A card over the chart on the very first start: what there is to trade with, and the first keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal_app.ui.dialogs.parts import column
from terminal_app.ui.icons import app_icon
from terminal_app.ui.kit.badges import KeyCap
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SPACE, theme

_WIDTH = 500
_KEYS = (
    (("Ctrl K",), "find anything"),
    (("F1", "F2"), "buy, sell"),
    (("F12",), "stop everything"),
    (("?",), "all keys"),
)


class WelcomeCard(QWidget, ThemedMixin):
    """Lies over `ground` in the middle and goes when it is closed; it takes no focus and covers no order control."""

    begin_wanted = Signal()
    gone = Signal()

    def __init__(self, window: QWidget, ground: QWidget, funds: str, instrument: str) -> None:
        super().__init__(window)
        self._window, self._ground = window, ground
        self.setAccessibleName("Welcome to Bhav")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.lead = Label(f"You have {funds} simulated rupees.", "title")
        begin = f"Press F1 to buy {instrument}." if instrument else "Press Ctrl+K to find an instrument."
        self.text = Label(
            f"{begin} Every panel and key works as with real money, and nothing is sent to an exchange.",
            "body",
            "text.2",
        )
        self.text.setWordWrap(True)
        self.begin_button = Button(f"Buy {instrument}" if instrument else "Find an instrument", "primary")
        self.begin_button.clicked.connect(self._begin)
        self.close_button = Button("Look around first")
        self.close_button.clicked.connect(self.dismiss)
        self._lay_out()
        window.installEventFilter(self)
        ground.installEventFilter(self)
        self.follow_theme()

    def dismiss(self) -> None:
        """Go, and say so; once."""
        if self.isHidden():
            return
        self.hide()
        self.gone.emit()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle of the ground."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._place()
        return False

    def restyle(self) -> None:
        self._place()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(look.color("border.strong"))
        painter.setBrush(look.color("bg.2"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.dialog, RADIUS.dialog)

    def _begin(self) -> None:
        self.dismiss()
        self.begin_wanted.emit()

    def _lay_out(self) -> None:
        mark = QLabel()
        mark.setPixmap(app_icon().pixmap(QSize(theme().px(40), theme().px(40))))
        cross = IconButton("x", "Close the welcome")
        cross.clicked.connect(self.dismiss)
        words = column(spacing=SPACE.tight)
        words.addWidget(self.lead)
        words.addWidget(self.text)
        head = QHBoxLayout()
        head.setSpacing(SPACE.section)
        head.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        head.addWidget(cross, 0, Qt.AlignmentFlag.AlignTop)
        foot = QHBoxLayout()
        foot.setSpacing(SPACE.panel_pad)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        foot.addWidget(self.begin_button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(SPACE.dialog_pad, SPACE.dialog_pad, SPACE.section, SPACE.section)
        rows.setSpacing(SPACE.section)
        rows.addLayout(head)
        keys = self._keys()
        keys.setContentsMargins(theme().px(40) + SPACE.section, 0, 0, 0)
        rows.addLayout(keys)
        rows.addLayout(foot)

    def _keys(self) -> QGridLayout:
        """Two to a row, so that the card fits over a small chart."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE.tight)
        grid.setVerticalSpacing(SPACE.form_gap)
        for place, (caps, words) in enumerate(_KEYS):
            row = QHBoxLayout()
            row.setSpacing(SPACE.tight)
            for cap in caps:
                row.addWidget(KeyCap(cap))
            row.addWidget(Label(words, "body", "text.2"))
            row.addStretch(1)
            grid.addLayout(row, place // 2, place % 2)
        return grid

    def _place(self) -> None:
        if not self._ground.isVisible():
            return
        inside = self.layout()
        if inside is None:
            return
        width = min(theme().px(_WIDTH), max(inside.minimumSize().width(), self._ground.width() - 2 * SPACE.section))
        box = QRect(0, 0, width, inside.totalHeightForWidth(width))
        at = self._ground.mapTo(self._window, QPoint(0, 0))
        self.setFixedSize(box.size())
        box.moveCenter(at + self._ground.rect().center())
        self.move(box.topLeft())
        self.raise_()
