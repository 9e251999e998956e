"""Paints every cell of the slow tables: row states, flash, chip, icon, text, the small words behind and the line below."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from terminal_app.ui.grid.cells import CELL_ROLE, FLASH_ROLE, GROUP_ROLE, Cell, Group
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.badges import paint_chip
from terminal_app.ui.theme import SIZE, SPACE, theme

Index = QModelIndex | QPersistentModelIndex
_GAP = 5
_RIGHT = Qt.AlignmentFlag.AlignRight


class CellDelegate(QStyledItemDelegate):
    """Belongs to one view, which tells it the hovered row and whether to ring the current one."""

    def __init__(self, view: QTableView, *, total: bool = False) -> None:
        super().__init__(view)
        self._view, self._total = view, total
        self.hovered_row = -1
        self.ring_row = -1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box: QRect = option.rect
        painter.save()
        painter.setClipRect(box)
        group = index.data(GROUP_ROLE)
        if isinstance(group, Group):
            self._paint_group(painter, box, group)
        else:
            self._paint_ground(painter, option, box, index)
            cell = index.data(CELL_ROLE)
            if isinstance(cell, Cell):
                right = bool(index.data(Qt.ItemDataRole.TextAlignmentRole) & _RIGHT)
                self._paint_cell(painter, box, cell, right=right)
            self._paint_ring(painter, box, index)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        cell = index.data(CELL_ROLE)
        if not isinstance(cell, Cell):
            return QSize(0, 0)
        body, small = QFontMetrics(theme().font("strong")), QFontMetrics(theme().font("small"))
        width = body.horizontalAdvance(cell.text) + 2 * SPACE.cell_pad
        width += small.horizontalAdvance(cell.suffix) + _GAP if cell.suffix else 0
        width += QFontMetrics(theme().font("micro")).horizontalAdvance(cell.chip) + 8 + _GAP if cell.chip else 0
        width += theme().px(SIZE.icon_small) + _GAP if cell.icon else 0
        return QSize(width, body.height() + 8)

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, box: QRect, index: Index) -> None:
        look = theme()
        selected = bool(option.state & QStyle.StateFlag.State_Selected) and not self._total
        hovered = index.row() == self.hovered_row
        name = "bg.2" if self._total else "accent.tint" if selected else "bg.3" if hovered else "bg.1"
        painter.fillRect(box, look.color(name))
        flash = index.data(FLASH_ROLE)
        if flash is not None:
            rose, strength = flash
            tint = look.color("profit.tint" if rose else "loss.tint")
            tint.setAlphaF(strength)
            painter.fillRect(box, tint)
        if self._total:
            painter.fillRect(box.left(), box.top(), box.width(), 1, look.color("border.strong"))
            return
        painter.fillRect(box.left(), box.bottom(), box.width(), 1, look.color("border.subtle"))
        if selected and self._view.horizontalHeader().visualIndex(index.column()) == 0:
            painter.fillRect(box.left(), box.top(), SIZE.selection_bar, box.height(), look.color("accent"))

    def _paint_group(self, painter: QPainter, box: QRect, group: Group) -> None:
        # The words run over the whole row: each cell paints its own piece of them.
        look = theme()
        painter.fillRect(box, look.color("bg.2"))
        painter.fillRect(box.left(), box.bottom(), box.width(), 1, look.color("border.subtle"))
        left = SPACE.cell_pad - self._view.horizontalHeader().offset()
        line = QRect(left, box.top(), self._view.viewport().width() - left, box.height())
        painter.setFont(look.font("small_strong"))
        painter.setPen(look.color("text.2"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, group.title)
        line.setLeft(left + painter.fontMetrics().horizontalAdvance(group.title) + _GAP)
        painter.setFont(look.font("small"))
        painter.setPen(look.color("text.3"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, group.note)

    def _paint_cell(self, painter: QPainter, box: QRect, cell: Cell, *, right: bool) -> None:
        room = box.adjusted(SPACE.cell_pad, 0, -SPACE.cell_pad, -1)
        if cell.second:
            body, small = QFontMetrics(theme().font("body")).height(), QFontMetrics(theme().font("body")).height()
            top = room.top() + (room.height() - body - small) // 2
            below = QRect(room.left(), top + body, room.width(), small)
            room = QRect(room.left(), top, room.width(), body)
            self._paint_words(painter, below, cell.second, theme().font("body"), "text.2")
        text_font = theme().font("strong" if cell.strong or self._total else "body")
        if right:
            self._paint_right(painter, room, cell, text_font)
        else:
            self._paint_left(painter, room, cell, text_font)

    def _paint_left(self, painter: QPainter, room: QRect, cell: Cell, font: QFont) -> None:
        left = room.left()
        if cell.icon:
            left = self._paint_icon(painter, room, left, cell) + _GAP
        if cell.chip:
            left = self._paint_chip(painter, room, left, cell) + _GAP
        metrics, small = QFontMetrics(font), QFontMetrics(theme().font("small"))
        rest = room.right() + 1 - left
        wanted = small.horizontalAdvance(cell.suffix) + _GAP if cell.suffix else 0
        # Narrow: the small words behind go first, then the middle of the text.
        text_room = rest if metrics.horizontalAdvance(cell.text) + wanted > rest else rest - wanted
        if cell.suffix and metrics.horizontalAdvance(cell.text) + _GAP * 6 < rest:
            text_room = min(text_room, metrics.horizontalAdvance(cell.text) + 2)
        used = self._paint_words(painter, QRect(left, room.top(), text_room, room.height()), cell.text, font, cell.tone)
        behind = left + used + _GAP
        if cell.suffix and behind < room.right():
            place = QRect(behind, room.top(), room.right() + 1 - behind, room.height())
            if small.horizontalAdvance(cell.suffix) <= place.width() or " " in cell.suffix:
                self._paint_words(painter, place, cell.suffix, theme().font("small"), "text.3", elide_end=True)

    def _paint_right(self, painter: QPainter, room: QRect, cell: Cell, font: QFont) -> None:
        small = QFontMetrics(theme().font("small"))
        text_width, suffix_width = QFontMetrics(font).horizontalAdvance(cell.text), small.horizontalAdvance(cell.suffix)
        right = room.right() + 1
        if cell.suffix:
            place = QRect(right - suffix_width, room.top(), suffix_width, room.height())
            self._paint_words(painter, place, cell.suffix, theme().font("small"), "text.3")
            right -= suffix_width
        left = max(room.left(), right - text_width)
        place = QRect(left, room.top(), right - left, room.height())
        self._paint_words(painter, place, cell.text, font, cell.tone, right=True)
        if cell.icon:
            left -= theme().px(SIZE.icon_small) + _GAP
            self._paint_icon(painter, room, left, cell)
        if cell.chip:
            left -= self._chip_width(cell) + _GAP
            self._paint_chip(painter, room, left, cell)

    def _paint_words(
        self,
        painter: QPainter,
        room: QRect,
        text: str,
        font: QFont,
        tone: str,
        *,
        right: bool = False,
        elide_end: bool = False,
    ) -> int:
        metrics = QFontMetrics(font)
        mode = Qt.TextElideMode.ElideRight if elide_end else Qt.TextElideMode.ElideMiddle
        shown = (
            text if metrics.horizontalAdvance(text) <= room.width() else metrics.elidedText(text, mode, room.width())
        )
        painter.setFont(font)
        painter.setPen(theme().color(tone))
        side = _RIGHT if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
        return metrics.horizontalAdvance(shown)

    def _paint_icon(self, painter: QPainter, room: QRect, left: int, cell: Cell) -> int:
        side = theme().px(SIZE.icon_small)
        pixmap = icon_pixmap(cell.icon, side, cell.icon_tone, self._view.devicePixelRatioF())
        painter.drawPixmap(left, room.top() + (room.height() - side + 1) // 2, pixmap)
        return left + side

    def _chip_width(self, cell: Cell) -> int:
        return QFontMetrics(theme().font("micro")).horizontalAdvance(cell.chip) + 8

    def _paint_chip(self, painter: QPainter, room: QRect, left: int, cell: Cell) -> int:
        height = QFontMetrics(theme().font("micro")).height() + 2
        top = room.top() + (room.height() - height + 1) / 2
        paint_chip(painter, QRectF(left, top, self._chip_width(cell), height), cell.chip, cell.chip_kind)
        return left + self._chip_width(cell)

    def _paint_ring(self, painter: QPainter, box: QRect, index: Index) -> None:
        if index.row() != self.ring_row:
            return
        width, color = SIZE.focus_ring, theme().color("accent")
        header = self._view.horizontalHeader()
        shown = [at for at in range(header.count()) if not header.isSectionHidden(header.logicalIndex(at))]
        visual = header.visualIndex(index.column())
        painter.fillRect(box.left(), box.top(), box.width(), width, color)
        painter.fillRect(box.left(), box.bottom() - width, box.width(), width, color)
        if visual == shown[0]:
            painter.fillRect(box.left(), box.top(), width, box.height() - 1, color)
        if visual == shown[-1]:
            painter.fillRect(box.right() - width + 1, box.top(), width, box.height() - 1, color)
