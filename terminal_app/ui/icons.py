"""Icons: our own SVG strokes, drawn sharp for the screen's pixels and tinted with a colour of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from terminal_app.ui.resources import resource_path
from terminal_app.ui.theme import SIZE, theme


@lru_cache(maxsize=128)
def _source(name: str) -> bytes:
    return resource_path("icons", f"{name}.svg").read_bytes()


@lru_cache(maxsize=1024)
def _render(name: str, size: int, tint: str, ratio: float) -> QPixmap:
    side, source = round(size * ratio), _source(name)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source)).render(painter, QRectF(0, 0, side, side))
    if tint:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(pixmap.rect(), tint)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def icon_pixmap(name: str, size: int = SIZE.icon, color: str = "text.2", ratio: float | None = None) -> QPixmap:
    """The icon as a square pixmap of `size` logical pixels in the theme colour `color`.

    `ratio` is device pixels a logical one, the screens' highest by default. Raises FileNotFoundError.
    """
    if ratio is None:
        app = QGuiApplication.instance()
        ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    return _render(name, size, theme().css(color), ratio)


def icon(name: str, size: int = SIZE.icon, color: str = "text.2") -> QIcon:
    """The icon for a button or action: `text.1` when hovered or checked, greyed when disabled."""
    result = QIcon()
    active = "text.1" if color == "text.2" else color
    for mode, tint in (
        (QIcon.Mode.Normal, color),
        (QIcon.Mode.Active, active),
        (QIcon.Mode.Selected, active),
        (QIcon.Mode.Disabled, "text.disabled"),
    ):
        result.addPixmap(icon_pixmap(name, size, tint), mode)
    return result


def app_icon() -> QIcon:
    """The mark of the application in the sizes that desktops ask for."""
    result = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(_render("bhav", side, "", 1.0))
    return result
