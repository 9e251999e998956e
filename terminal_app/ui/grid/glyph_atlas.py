"""Pairs of characters of one font, drawn once in each text colour into pictures from which cells are pasted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap
from shiboken6 import wrapInstance

from terminal_app.ui.formats import MINUS

PHASES = 4
"""Each pair is drawn at four quarters of a pixel, as Qt's own text is, so that uneven advances stay even."""
BLANK_PAIR = 0x2020
_MARGIN = 1
_FIELDS = 10  # of QPainter::PixmapFragment, all doubles
_TALLEST = 30_000  # the raster engine's coordinates end at 32,767


class GlyphAtlas:
    """Pairs of Windows-1252 bytes (`-` is the minus sign) at one device pixel ratio, drawn when first met.

    Pairs and not single characters, because the number of pastings is what a repaint costs.
    """

    def __init__(self, font: QFont, colors: Sequence[QColor], ratio: float) -> None:
        metrics = QFontMetricsF(font)
        self.ratio = ratio
        self.ascent, self.height = metrics.ascent(), metrics.height()
        self.advances = np.zeros(256)
        """Advance in logical pixels by byte."""
        self._font, self._colors = font, list(colors)
        self._texts = [""] * 256
        for code in range(0x20, 0x100):
            text = bytes([code]).decode("cp1252", "ignore")
            if text and text.isprintable():
                self._texts[code] = MINUS if text == "-" else text
                self.advances[code] = metrics.horizontalAdvance(self._texts[code])
        self._cell_width = int(np.ceil(2 * self.advances.max() * ratio)) + 2 * _MARGIN + 1
        self._cell_height = int(np.ceil(self.height * ratio)) + 2 * _MARGIN
        self._capacity = min(1024, _TALLEST // self._cell_height)
        self._slot = np.full(0x10000, -1, dtype=np.int64)
        self._width = np.zeros(0x10000)  # of each pair in device pixels: pasting empty pixels costs as much as ink
        self._used = 0
        self._mask = self._blank()
        self._tinted: dict[int, QPixmap] = {}
        self._fragments = np.zeros((0, _FIELDS))

    def draw(
        self,
        painter: QPainter,
        x: NDArray[np.float64],
        baseline: NDArray[np.float64],
        pairs: NDArray[np.uint16],
        tones: NDArray[np.uint8],
    ) -> None:
        """Paste `pairs` (first byte low) at `x`, `baseline` (logical pixels, flat arrays) in the colours `tones`."""
        count = len(pairs)
        if not count:
            return
        self._ensure(pairs)
        self._reserve(count)
        quarter = np.rint(x * (self.ratio * PHASES)).astype(np.int64)
        left = quarter // PHASES
        data = self._fragments[:count]
        # Sorted by colour, so that each colour is one call on a slice.
        order = np.argsort(tones, kind="stable")
        top = np.rint(baseline * self.ratio) - np.rint(self.ascent * self.ratio)
        sorted_pairs = pairs[order]
        width = self._width[sorted_pairs]
        data[:, 0] = (left[order] + (width / 2 - _MARGIN)) / self.ratio
        data[:, 1] = (top[order] + (self._cell_height / 2 - _MARGIN)) / self.ratio
        data[:, 2] = (quarter - left * PHASES)[order] * self._cell_width
        data[:, 3] = self._slot[sorted_pairs] * self._cell_height
        data[:, 4] = width
        begin = 0
        for tone, many in enumerate(np.bincount(tones).tolist()):
            if many:
                first = wrapInstance(data[begin:].ctypes.data, QPainter.PixmapFragment)
                painter.drawPixmapFragments(cast("QPainter.PixmapFragment", first), many, self._picture(tone))
                begin += many

    def _reserve(self, count: int) -> None:
        if count > len(self._fragments):
            self._fragments = np.zeros((count + count // 2, _FIELDS))
            self._fragments[:, 5] = self._cell_height
            self._fragments[:, 6] = self._fragments[:, 7] = 1 / self.ratio
            self._fragments[:, 9] = 1

    def _ensure(self, pairs: NDArray[np.uint16]) -> None:
        missing = pairs[self._slot[pairs] < 0]
        if not len(missing):
            return
        new = np.unique(missing)
        if self._used + len(new) > self._capacity:  # start over with what is on screen now
            new = np.unique(pairs)[: self._capacity]
            self._slot[:] = 0
            self._used = 0
            self._mask = self._blank()
            self._tinted.clear()
        self._slot[new] = np.arange(self._used, self._used + len(new))
        advances = self.advances[new & 0xFF] + self.advances[new >> 8]
        self._width[new] = np.ceil(advances * self.ratio) + 2 * _MARGIN + 1
        added = QRect(0, self._used * self._cell_height, self._mask.width(), len(new) * self._cell_height)
        self._draw_pairs(new)
        self._used += len(new)
        for tone, picture in self._tinted.items():
            self._tint(picture, added, self._colors[tone])

    def _picture(self, tone: int) -> QPixmap:
        found = self._tinted.get(tone)
        if found is None:
            found = self._tinted[tone] = self._blank()
            self._tint(found, self._mask.rect(), self._colors[tone])
        return found

    def _tint(self, picture: QPixmap, box: QRect, color: QColor) -> None:
        with QPainter(picture) as painter:
            painter.setClipRect(box)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawPixmap(box, self._mask, box)
            # The white glyphs are only a mask: keep their coverage, take the colour.
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
            painter.fillRect(box, color)

    def _blank(self) -> QPixmap:
        # Narrow and tall: the lines of one pair lie close together in memory, which makes pasting quicker.
        pixmap = QPixmap(PHASES * self._cell_width, self._capacity * self._cell_height)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _draw_pairs(self, pairs: NDArray[np.uint16]) -> None:
        ascent = _MARGIN + round(self.ascent * self.ratio)
        with QPainter(self._mask) as painter:
            painter.scale(self.ratio, self.ratio)
            painter.setFont(self._font)
            painter.setPen(Qt.GlobalColor.white)
            for pair in pairs.tolist():
                first, second = pair & 0xFF, pair >> 8
                baseline = (int(self._slot[pair]) * self._cell_height + ascent) / self.ratio
                for phase in range(PHASES):
                    left = (phase * self._cell_width + _MARGIN + phase / PHASES) / self.ratio
                    if first > 0x20:
                        painter.drawText(QPointF(left, baseline), self._texts[first])
                    if second > 0x20:
                        painter.drawText(QPointF(left + self.advances[first], baseline), self._texts[second])
