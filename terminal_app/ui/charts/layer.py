"""Scene items: a layer drawn once into a pixmap and blitted after, and a base for small live items."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget


class LiveItem(QGraphicsItem):
    """An item that occupies a rectangle of the scene and draws itself there on every paint."""

    def __init__(self, *, cached: bool = False) -> None:
        """``cached`` lets Qt keep the item's picture until its next ``update``: for what changes seldom."""
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption, True)
        if cached:
            self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._area = QRectF()

    @property
    def area(self) -> QRectF:
        """The rectangle in scene coordinates that the item may paint."""
        return self._area

    def occupy(self, area: QRectF) -> None:
        """Take ``area`` and have the old and the new one repainted."""
        if area != self._area:
            self.prepareGeometryChange()
            self._area = QRectF(area)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if not self._area.isEmpty():
            self.draw(painter, option.exposedRect)

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        """Draw what lies in ``exposed``, in scene coordinates."""
        raise NotImplementedError


class CachedLayer(LiveItem):
    """A layer that is drawn when it was invalidated and otherwise blitted, so that live items over it are cheap."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        self._stale: QRectF | None = None
        self._ratio = 1.0

    @property
    def ratio(self) -> float:
        """Device pixels per pixel of the last paint."""
        return self._ratio

    def invalidate(self, part: QRectF | None = None) -> None:
        """Draw ``part`` (everything by default) anew with the next paint."""
        part = self._area if part is None else part.intersected(self._area)
        self._stale = part if self._stale is None else self._stale.united(part)
        self.update(part)

    def occupy(self, area: QRectF) -> None:
        super().occupy(area)
        self.invalidate()

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        self._refresh(painter.device().devicePixelRatio())
        painter.drawPixmap(self._area.topLeft(), self._pixmap)

    def render_part(self, painter: QPainter, part: QRectF) -> None:
        """Draw ``part`` of the layer, background included, in scene coordinates."""
        raise NotImplementedError

    def _refresh(self, ratio: float) -> None:
        width = math.ceil(self._area.width() * ratio)
        height = math.ceil(self._area.height() * ratio)
        if ratio != self._ratio or self._pixmap.width() != width or self._pixmap.height() != height:
            self._ratio = ratio
            self._pixmap = QPixmap(width, height)
            self._pixmap.setDevicePixelRatio(ratio)
            self._stale = QRectF(self._area)
        if self._stale is None or self._stale.isEmpty():
            return
        part, self._stale = self._stale, None
        painter = QPainter(self._pixmap)
        painter.translate(-self._area.topLeft())
        painter.setClipRect(part, Qt.ClipOperation.ReplaceClip)
        self.render_part(painter, part)
        painter.end()
