"""Real money is solid, paper is hatched: the frame round the window, the ticket's band and the menu bar's block."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, theme

_STRIPE = 4.0
_HATCH_WIDTH = 26


class Identity(StrEnum):
    """Where orders go; NONE is "All accounts", which sends nothing until an account is chosen."""

    LIVE = "live"
    PAPER = "paper"
    NONE = "none"


def paint_stripes(painter: QPainter, box: QRect, ground: QColor | None, ink: QColor, width: float = _STRIPE) -> None:
    """Rising 45 degree stripes, as wide as the gaps between them."""
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    if ground is not None:
        painter.fillRect(box, ground)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(ink, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    period = width * 2 * 2**0.5
    height = box.height() + 2 * width
    # Counted from the origin of the widget, so that the four sides of a frame meet as one pattern.
    first = (box.left() + box.top() - period) // period * period
    at = first
    while at - box.bottom() - width < box.right() + height:
        start = QPointF(at - box.bottom() - width, box.bottom() + width)
        painter.drawLine(start, QPointF(start.x() + height + width, start.y() - height - width))
        at += period
    painter.restore()


class IdentityFrame(QFrame, ThemedMixin):
    """Wraps the whole content of the window. Switching accounts repaints this frame and restyles nothing."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._identity = Identity.NONE
        column = QVBoxLayout(self)
        side = SIZE.identity_frame
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(0)
        column.addWidget(content)
        self.follow_theme()

    @property
    def identity(self) -> Identity:
        """What it shows."""
        return self._identity

    def set_identity(self, identity: Identity) -> None:
        """Show another one."""
        self._identity = identity
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        side = SIZE.identity_frame
        inner = self.rect().adjusted(side, side, -side, -side)
        if inner.contains(event.rect()):
            return  # something inside is repainted, which asks every widget around it to paint its part
        look, painter = theme(), QPainter(self)
        painter.setClipRegion(QRegion(self.rect()).subtracted(QRegion(inner)))
        if self._identity is Identity.LIVE:
            painter.fillRect(self.rect(), look.color("live.fill"))
        elif self._identity is Identity.PAPER:
            painter.fillRect(self.rect(), look.color("paper.tint"))
            width, height = self.width(), self.height()
            for strip in (
                QRect(0, 0, width, side),
                QRect(0, height - side, width, side),
                QRect(0, 0, side, height),
                QRect(width - side, 0, side, height),
            ):
                paint_stripes(painter, strip, None, look.color("paper.fill"))
        else:
            painter.fillRect(self.rect(), look.color("border.strong"))


class IdentityBand(QWidget, ThemedMixin):
    """LIVE or PAPER in a word, a colour and a texture. `compact` is the ticket's band, else the menu bar's block."""

    def __init__(self, *, compact: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compact = compact
        self._identity, self._text, self._account = Identity.NONE, "", ""
        policy = QSizePolicy.Policy.Expanding if compact else QSizePolicy.Policy.Fixed
        self.setSizePolicy(policy, QSizePolicy.Policy.Fixed)
        self.follow_theme()

    def show_identity(self, identity: Identity, text: str, account: str = "") -> None:
        """`text` follows the word (real money, simulated money); `account` stands at the right end."""
        self._identity, self._text, self._account = identity, text, account
        self.setAccessibleName(" ".join(part for part in (self._word(), text, account) if part))
        self.updateGeometry()
        self.restyle()

    def restyle(self) -> None:
        height = QFontMetrics(theme().font("small")).height() + 8
        self.setFixedHeight(max(theme().px(SIZE.identity_band if self._compact else SIZE.menu_bar), height))
        if not self._compact:
            self.setFixedWidth(self.sizeHint().width())
        self.update()

    def sizeHint(self) -> QSize:
        wide = QFontMetrics(self._word_font()).horizontalAdvance(self._word()) + 8 + self._words_width() + 28
        hatches = 2 * (_HATCH_WIDTH + 8) if self._identity is Identity.PAPER else 0
        return QSize(wide + hatches, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        paper = self._identity is Identity.PAPER
        ground = "bg.4" if self._identity is Identity.NONE else f"{self._identity}.fill"
        ink = look.color("text.1" if self._identity is Identity.NONE else "text.on_fill")
        painter.fillRect(self.rect(), look.color(ground))
        left, right = 10, self.width() - 10
        if paper:
            hatch = QRect(left, (self.height() - 10) // 2, _HATCH_WIDTH, 10)
            soft = QColor(ink)
            soft.setAlphaF(0.75)
            paint_stripes(painter, hatch, None, soft, 2)
            hatch.moveLeft(right - _HATCH_WIDTH)
            paint_stripes(painter, hatch, None, soft, 2)
            left, right = left + _HATCH_WIDTH + 8, right - _HATCH_WIDTH - 8
        painter.setPen(ink)
        painter.setFont(self._word_font())
        word_width = QFontMetrics(self._word_font()).horizontalAdvance(self._word())
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, 0, word_width + 4, self.height()), middle, self._word())
        start = left + (word_width + 8 if self._word() else 0)
        painter.setFont(theme().font("small" if self._compact else "body"))
        account_width = painter.fontMetrics().horizontalAdvance(self._account)
        painter.drawText(
            QRectF(start, 0, max(0, right - start - (account_width + 8 if self._account else 0)), self.height()),
            middle,
            self._text,
        )
        if self._account:
            painter.drawText(
                QRectF(right - account_width - 1, 0, account_width + 1, self.height()), middle, self._account
            )

    def _word(self) -> str:
        return "" if self._identity is Identity.NONE else self._identity.value.upper()

    def _word_font(self) -> QFont:
        font = theme().font("small_strong" if self._compact else "strong")
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 1)
        return font

    def _words_width(self) -> int:
        metrics = QFontMetrics(theme().font("small" if self._compact else "body"))
        return metrics.horizontalAdvance(self._text) + (
            metrics.horizontalAdvance(self._account) + 16 if self._account else 0
        )
