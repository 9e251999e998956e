"""What a live grid's paint event draws: grounds, flashes, hairlines, names and all figures in one go."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap

from terminal_app.ui.grid.glyph_atlas import BLANK_PAIR, GlyphAtlas
from terminal_app.ui.grid.live_model import LiveGridModel, Name
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.theme import SIZE, theme

if TYPE_CHECKING:
    from terminal_app.ui.grid.live_grid import LiveGrid

Columns = list[tuple[int, int, int]]
Glyphs = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint16], NDArray[np.uint8]]
_MAX_PICTURES = 2048
PAD = 6
_OVERFLOW = 0x23  # "#": a figure that does not fit is never shown cut


class LivePainter:
    """Made anew with each theme, zoom and pixel ratio; `columns` are (index, left, width) in viewport pixels."""

    def __init__(self, grid: LiveGrid, model: LiveGridModel, atlas: GlyphAtlas) -> None:
        self._grid, self._model, self._atlas = grid, model, atlas
        self._name_font, self._suffix_font = theme().font("body"), theme().font("small")
        self._pictures: dict[tuple[Name, int, str], QPixmap] = {}
        self._selected: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._hovered = -1
        self._hairline = theme().color("border.subtle")
        self._tints = {True: theme().color("profit.tint"), False: theme().color("loss.tint")}
        self._hold_s = theme().motion_ms("flash_hold") / 1000
        self._fade_s = theme().motion_ms("flash_fade") / 1000
        self.narrowed: tuple[int, int, int] | None = None
        """(row, column, pixels taken at its right end): where buttons stand over a name."""

    def grounds(
        self, painter: QPainter, rows: NDArray[np.intp], columns: Columns, selected: NDArray[np.bool_], hovered: int
    ) -> None:
        """Row states, flashes and hairlines. The body's ground is already filled."""
        self._selected, self._hovered = selected, hovered
        height, top_of, width = self._height(), self._top, self._grid.viewport().width()
        for row in rows[selected[rows]].tolist():
            painter.fillRect(0, top_of(row), width, height, theme().color("accent.tint"))
        if 0 <= hovered < len(selected) and not selected[hovered] and hovered in rows:
            painter.fillRect(0, top_of(hovered), width, height, theme().color("bg.3"))
        self._flashes(painter, rows, columns)
        for bottom in (self._tops(rows) + height - 1).tolist():
            painter.fillRect(0, bottom, width, 1, self._hairline)

    def texts(self, painter: QPainter, rows: NDArray[np.intp], columns: Columns) -> None:
        """Names as cached layouts, figures as glyphs pasted in one call."""
        parts = []
        for at, left, width in columns:
            if self._model.columns[at].kind == "name":
                self._names(painter, rows, at, left, width)
            else:
                parts.append(self._glyphs(rows, at, left, width))
        if parts:
            self._atlas.draw(
                painter,
                np.concatenate([part[0] for part in parts]),
                np.concatenate([part[1] for part in parts]),
                np.concatenate([part[2] for part in parts]),
                np.concatenate([part[3] for part in parts]),
            )
        for (row, at), (name, tone) in self._model.icons.items():
            if row in rows:
                self._icon(painter, row, at, name, tone)

    def bars(self, painter: QPainter, rows: NDArray[np.intp]) -> None:
        """The mark at the left edge of selected rows."""
        left, bar = -self._grid.horizontalScrollBar().value(), theme().color("accent")
        for row in rows[self._selected[rows]].tolist():
            painter.fillRect(left, self._top(row), SIZE.selection_bar, self._height(), bar)

    def ring(self, painter: QPainter, row: int) -> None:
        """The keyboard's focus: two pixels inside the row."""
        painter.setPen(QPen(theme().color("accent"), SIZE.focus_ring))
        painter.drawRect(1, self._top(row) + 1, self._grid.viewport().width() - 2, self._height() - 3)

    def _height(self) -> int:
        return self._grid.verticalHeader().defaultSectionSize()

    def _top(self, row: int) -> int:
        return row * self._height() - self._grid.verticalScrollBar().value()

    def _tops(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        tops: NDArray[np.intp] = rows * self._height() - self._grid.verticalScrollBar().value()
        return tops

    def _flashes(self, painter: QPainter, rows: NDArray[np.intp], columns: Columns) -> None:
        if not self._hold_s:
            return
        age = time.monotonic() - self._model.flash_at[rows]
        height = self._height()
        where = {at: (left, width) for at, left, width in columns}
        for found, at in zip(*np.nonzero(age < self._hold_s + self._fade_s), strict=True):
            if int(at) not in where:
                continue
            left, width = where[int(at)]
            row = int(rows[found])
            tint = QColor(self._tints[bool(self._model.flash_up[row, at])])
            faded = max(0.0, float(age[found, at]) - self._hold_s)
            tint.setAlphaF(1 - faded / self._fade_s)
            painter.fillRect(left, self._top(row), width, height, tint)

    def _baseline(self, font_height: float, ascent: float) -> float:
        return round((self._height() - 1 - font_height) / 2) + round(ascent)

    def _glyphs(self, rows: NDArray[np.intp], at: int, left: int, width: int) -> Glyphs:
        """Where each pair of characters of a column goes: x, baseline, pair, tone, all flat."""
        codes = self._model.codes[at][rows]
        right_aligned = self._model.columns[at].align == "right"
        advances = self._atlas.advances[codes]
        too_wide = (advances * (codes > 0x20)).sum(axis=1) > width - PAD - 1
        if too_wide.any():
            codes[too_wide] = 0x20
            codes[too_wide, -1 if right_aligned else 0] = _OVERFLOW
            advances[too_wide] = self._atlas.advances[codes[too_wide]]
        ends = np.cumsum(advances[:, ::2] + advances[:, 1::2], axis=1)
        x = left + PAD + ends - (advances[:, ::2] + advances[:, 1::2])
        if right_aligned:
            x += (width - 2 * PAD) - ends[:, -1:]
        pairs = codes.view("<u2")
        line, place = np.nonzero(pairs != BLANK_PAIR)
        baseline = self._tops(rows) + np.float64(self._baseline(self._atlas.height, self._atlas.ascent))
        return x[line, place], baseline[line], pairs[line, place], self._model.tones[rows, at][line]

    def _names(self, painter: QPainter, rows: NDArray[np.intp], at: int, left: int, width: int) -> None:
        names, offset, height = self._model.names[at], self._grid.verticalScrollBar().value(), self._height()
        for row in rows.tolist():
            name = names[row]
            if name.main:
                taken = self.narrowed[2] if self.narrowed is not None and self.narrowed[:2] == (row, at) else 0
                picture = self._name_picture(name, width - taken, height, self._ground_of(row))
                painter.drawPixmap(left, row * height - offset, picture)

    def _ground_of(self, row: int) -> str:
        return "accent.tint" if self._selected[row] else "bg.3" if row == self._hovered else "bg.1"

    def _name_picture(self, name: Name, width: int, height: int, ground: str) -> QPixmap:
        """The cell's text, laid out once: laying out costs ten times the pasting."""
        key = (name, width, ground)
        found = self._pictures.get(key)
        if found is None:
            if len(self._pictures) >= _MAX_PICTURES:
                self._pictures.clear()
            found = self._pictures[key] = self._draw_name(name, width, height, ground)
        return found

    def _draw_name(self, name: Name, width: int, height: int, ground: str) -> QPixmap:
        ratio = self._atlas.ratio
        # On its own ground and opaque, because Qt draws text on an opaque ground stronger; without the hairline.
        picture = QPixmap(round(width * ratio), round((height - 1) * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme().color(ground))
        metrics, small = QFontMetricsF(self._name_font), QFontMetricsF(self._suffix_font)
        room = width - 2 * PAD
        main, suffix = name.main, name.suffix
        # Narrow: the small part goes first, then the middle of the name.
        if suffix and metrics.horizontalAdvance(main) + 4 + small.horizontalAdvance(suffix) > room:
            suffix = ""
        main = metrics.elidedText(main, Qt.TextElideMode.ElideMiddle, room)
        baseline = self._baseline(metrics.height(), metrics.ascent())
        with QPainter(picture) as painter:
            painter.setFont(self._name_font)
            painter.setPen(theme().color(name.tone))
            painter.drawText(QPointF(PAD, baseline), main)
            if suffix:
                painter.setFont(self._suffix_font)
                painter.setPen(theme().color("text.3"))
                painter.drawText(QPointF(PAD + metrics.horizontalAdvance(main) + 4, baseline), suffix)
        return picture

    def _icon(self, painter: QPainter, row: int, at: int, name: str, tone: str) -> None:
        codes = self._model.codes[at][row]
        text_width = float(self._atlas.advances[codes[codes > 0x20]].sum())
        box: QRect = self._grid.cell_rect(row, at)
        side = theme().px(SIZE.icon_small)
        x = box.right() - PAD - round(text_width) - side - 4
        pixmap = icon_pixmap(name, side, tone, self._atlas.ratio)
        painter.drawPixmap(x, box.top() + (box.height() - side) // 2, pixmap)
