"""The camera: what a person sees of the window, dialogs and menus over it, as one picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from tests.shots.stage import Stage

_SMALLEST = 24
"""Top-level widgets below this are helpers of Qt's, not something that is seen."""


@dataclass(frozen=True, slots=True)
class Look:
    """A theme and a size of the window."""

    theme: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """As it stands in the names of pictures."""
        return f"{self.theme}-{self.width}"


LOOKS = (Look("dark", 1440, 900), Look("light", 1440, 900), Look("light", 1180, 700), Look("dark", 1180, 700))


class Camera:
    """Takes pictures of one stage in one look; ``taken`` has what was written."""

    def __init__(self, stage: Stage, folder: Path, look: Look) -> None:
        self.stage = stage
        self.look = look
        self.taken: list[Path] = []
        self._folder = folder

    async def take(self, name: str, of: QWidget | None = None, *, settle_s: float = 0.12, toasts: bool = False) -> None:
        """The whole window with everything over it, or the part of it where a widget stands; toasts only where they are meant."""
        await self.stage.settle(settle_s)
        if not toasts:
            self.stage.drop_toasts()
        image = compose(self.stage.window)
        if of is not None:
            image = image.copy(_place(of, self.stage.window).intersected(image.rect()))
        path = self._folder / f"{name}-{self.look.name}.png"
        assert image.save(str(path)), f"{path} could not be written"
        self.taken.append(path)


def compose(window: QWidget) -> QImage:
    """The window with the dialogs, menus and popovers that stand over it, each where it stands."""
    image = window.grab().toImage()
    painter = QPainter(image)
    for over in visible_over(window):
        painter.drawPixmap(over.mapToGlobal(QPoint(0, 0)) - window.mapToGlobal(QPoint(0, 0)), over.grab())
    painter.end()
    return image


def visible_over(window: QWidget) -> list[QWidget]:
    """Top-level widgets over the window, lowest first: what was opened from a dialog lies over it."""
    found = [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget is not window and widget.isVisible() and min(widget.width(), widget.height()) >= _SMALLEST
    ]
    return sorted(found, key=_windows_below)


def _windows_below(widget: QWidget) -> int:
    below, count = widget.parentWidget(), 0
    while below is not None:
        below, count = below.window().parentWidget(), count + 1
    return count


def _place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapToGlobal(QPoint(0, 0)) - window.mapToGlobal(QPoint(0, 0)), widget.size())
