"""A broker to choose, as a tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SIZE, SPACE, theme

if TYPE_CHECKING:
    from terminal_app.services.sessions import BrokerOffer

_HEIGHT, _MARK = 64, 32


class BrokerTile(QAbstractButton, ThemedMixin):
    """The broker's letter, its name, and when a login with it is over. Enter and Space choose it."""

    def __init__(self, offer: BrokerOffer) -> None:
        super().__init__()
        self.offer = offer
        self._below = f"Session ends {offer.form.session_ends}"
        self.setAccessibleName(offer.title)
        self.setAccessibleDescription(self._below)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.follow_theme()

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(_HEIGHT))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(200), theme().px(_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        hot = self.underMouse() or self.isDown()
        painter.setPen(look.color("border.control" if hot else "border.strong"))
        painter.setBrush(look.color("bg.3" if hot else "bg.1"))
        painter.drawRoundedRect(box, RADIUS.card, RADIUS.card)
        if self.hasFocus():
            painter.setPen(QPen(look.color("accent"), SIZE.focus_ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.card, RADIUS.card)
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        look, side, middle = theme(), theme().px(_MARK), self.height() / 2
        mark = QRectF(SPACE.group, middle - side / 2, side, side)
        painter.setPen(look.color("border.strong"))
        painter.setBrush(look.color("bg.4"))
        painter.drawRoundedRect(mark, RADIUS.control, RADIUS.control)
        painter.setPen(look.color("text.1"))
        painter.setFont(look.font("title"))
        painter.drawText(mark, Qt.AlignmentFlag.AlignCenter, self.offer.title[:1])
        left = mark.right() + SPACE.group
        room = self.width() - left - SPACE.panel_pad
        painter.setFont(look.font("strong"))
        line = painter.fontMetrics().height()
        painter.drawText(QRectF(left, middle - line, room, line), Qt.AlignmentFlag.AlignVCenter, self.offer.title)
        painter.setPen(look.color("text.3"))
        painter.setFont(look.font("small"))
        painter.drawText(QRectF(left, middle, room, line), Qt.AlignmentFlag.AlignVCenter, self._below)
