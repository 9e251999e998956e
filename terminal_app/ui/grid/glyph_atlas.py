"""Pairs of characters of one font, drawn once in each text colour into pictures from which cells are pasted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPixmap
from shiboken6 import wrapInstance

from terminal_app.ui.formats import MINUS

PHASES = 4
"""Each pair is drawn at four quarters of a pixel, as Qt's own text is, so that uneven advances stay even."""
BLANK_PAIR = 0x2020
_SIGNS = (0x2B, 0x2D)
_MARGIN = 1
_FIRST_CAPACITY = 256
"""Pairs that a new atlas has room for: a list of prices needs some two hundred, and room costs memory for each colour."""
_FIELDS = 10  # of QPainter::PixmapFragment, all doubles
_TALLEST = 30_000  # the raster engine's coordinates end at 32,767


class GlyphAtlas:
    """Pairs of Windows-1252 bytes (`-` is the minus sign) at one device pixel ratio, drawn when first met.

    Pairs and not single characters, because the number of pastings is what a repaint costs.
    """

    def __init__(self, font: QFont, colors: Sequence[QColor], ground: QColor, ratio: float) -> None:
        metrics = QFontMetricsF(font)
        self.ratio = ratio
        self.ascent, self.height = metrics.ascent(), metrics.height()
        self.advances = np.zeros(256)
        """Advance in logical pixels by byte."""
        self._font, self._colors, self._ground = font, list(colors), ground
        self._texts = [""] * 256
        for code in range(0x20, 0x100):
            text = bytes([code]).decode("cp1252", "ignore")
            if text and text.isprintable():
                self._texts[code] = MINUS if text == "-" else text
                self.advances[code] = metrics.horizontalAdvance(self._texts[code])
        self._cell_width = int(np.ceil(2 * self.advances.max() * ratio)) + 2 * _MARGIN + 1
        self._cell_height = int(np.ceil(self.height * ratio)) + 2 * _MARGIN
        self._limit = min(1024, _TALLEST // self._cell_height)
        self._capacity = min(_FIRST_CAPACITY, self._limit)
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
        many = np.bincount(tones)
        if np.count_nonzero(many) > 1:  # sorted by colour, so that each colour is one call on a slice
            order = np.argsort(tones, kind="stable")
            x, baseline, pairs = x.take(order), baseline.take(order), pairs.take(order)
        # Qt cuts a position to the quarter below it; the little more keeps whole quarters whole.
        quarter = np.floor(x * (self.ratio * PHASES) + 1e-6).astype(np.int64)
        left = quarter >> 2
        width = self._width.take(pairs)
        data = self._fragments[:count]
        data[:, 0] = (left + (width * 0.5 - _MARGIN)) / self.ratio
        top_to_middle = self._cell_height / 2 - _MARGIN - round(self.ascent * self.ratio)
        data[:, 1] = (np.rint(baseline * self.ratio) + top_to_middle) / self.ratio
        data[:, 2] = (quarter & (PHASES - 1)) * self._cell_width
        data[:, 3] = self._slot.take(pairs) * self._cell_height
        data[:, 4] = width
        begin = 0
        for tone, number in enumerate(many.tolist()):
            if number:
                first = wrapInstance(data[begin:].ctypes.data, QPainter.PixmapFragment)
                painter.drawPixmapFragments(cast("QPainter.PixmapFragment", first), number, self._picture(tone))
                begin += number

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
        new = _distinct(missing)
        if self._used + len(new) > self._capacity:  # start over, larger where that may be, with what is on screen now
            new = _distinct(pairs)
            self._capacity = min(max(2 * self._capacity, len(new)), self._limit)
            new = new[: self._capacity]
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
            found = self._tinted[tone] = QPixmap(self._mask.size())
            found.fill(Qt.GlobalColor.transparent)
            used = QRect(0, 0, self._mask.width(), self._used * self._cell_height)
            self._tint(found, used, self._colors[tone])
        return found

    def _tint(self, picture: QPixmap, box: QRect, color: QColor) -> None:
        mask = self._mask.copy(box)
        alpha = _alpha(mask)
        tinted = QImage(mask.size(), QImage.Format.Format_ARGB32)
        pixels = np.frombuffer(tinted.bits(), dtype=np.uint32).reshape(alpha.shape)
        pixels[:] = (self._ramp(color)[alpha].astype(np.uint32) << 24) | np.uint32(color.rgb() & 0xFFFFFF)
        with QPainter(picture) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(box.topLeft(), tinted)

    def _ramp(self, color: QColor) -> NDArray[np.uint8]:
        """What coverage becomes: Qt blends text on an opaque ground with a gamma, and plain pasting does not.

        Found by drawing a sample both ways, so it is right on each platform, also where there is no gamma.
        """
        sample = "0123456789.,%+@" + MINUS
        size = QSize(int(QFontMetricsF(self._font).horizontalAdvance(sample)) + 4, int(self.height) + 4)
        plain, opaque = (
            QImage(size, QImage.Format.Format_ARGB32_Premultiplied),
            QImage(size, QImage.Format.Format_RGB32),
        )
        plain.fill(Qt.GlobalColor.transparent)
        opaque.fill(self._ground)
        for image in (plain, opaque):
            with QPainter(image) as painter:
                painter.setFont(self._font)
                painter.setPen(color)
                painter.drawText(QPointF(2, self.ascent), sample)
        shift = max((16, 8, 0), key=lambda bits: abs(_channel(color.rgb(), bits) - _channel(self._ground.rgb(), bits)))
        ground, ink = _channel(self._ground.rgb(), shift), _channel(color.rgb(), shift)
        seen = (np.frombuffer(opaque.constBits(), dtype=np.uint32).astype(np.int64) >> shift) & 0xFF
        if ink == ground:
            return np.arange(256, dtype=np.uint8)
        effective = np.clip((seen - ground) / (ink - ground), 0, 1) * 255
        alpha = _alpha(plain).ravel()
        levels = _distinct(alpha)
        means = (np.bincount(alpha, weights=effective)[levels]) / np.bincount(alpha)[levels]
        return np.rint(np.interp(np.arange(256), levels, means)).astype(np.uint8)

    def _blank(self) -> QImage:
        # Narrow and tall: the lines of one pair lie close together in memory, which makes pasting quicker.
        size = QSize(PHASES * self._cell_width, self._capacity * self._cell_height)
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        return image

    def _draw_pairs(self, pairs: NDArray[np.intp]) -> None:
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
                    self._draw_character(painter, QPointF(left, baseline), first)
                    self._draw_character(painter, QPointF(left + self.advances[first], baseline), second)

    def _draw_character(self, painter: QPainter, at: QPointF, code: int) -> None:
        if code in _SIGNS:
            # Before a digit the font raises its signs to the height of figures; so the digit is drawn too, out of sight.
            painter.setClipRect(QRectF(at.x(), at.y() - self.ascent, self.advances[code], self.height + 1))
            painter.drawText(at, self._texts[code] + "0")
            painter.setClipping(False)
        elif code > 0x20:
            painter.drawText(at, self._texts[code])


def _alpha(image: QImage) -> NDArray[np.uint8]:
    pixels = np.frombuffer(image.constBits(), dtype=np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return (pixels[:, : image.width()] >> 24).astype(np.uint8)


def _distinct(numbers: NDArray[np.unsignedinteger]) -> NDArray[np.intp]:
    """Each number once, in order: np.unique would import masked arrays for it, before the first price is drawn."""
    return np.flatnonzero(np.bincount(numbers))


def _channel(rgb: int, shift: int) -> int:
    return (rgb >> shift) & 0xFF
