"""The strip above the status bar with which a recording is played: pause, speed, and a line over its session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from terminal_app.domain.errors import BhavError
from terminal_app.ui import formats
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.segments import Segments
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, SPACE, theme

if TYPE_CHECKING:
    from terminal_app.services.replay import ReplayService
    from terminal_app.ui.desk import Desk

_HEIGHT = 40
_STEP_S, _PAGE_S = 60, 900


class SessionSlider(QSlider, ThemedMixin):
    """A line from the recording's start to its end in seconds; what has been played is filled."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setAccessibleName("Time in the recording")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setTracking(True)
        self.setSingleStep(_STEP_S)
        self.setPageStep(_PAGE_S)
        self.played = 0
        self.follow_theme()

    def show_played(self, seconds: int) -> None:
        """How far the recording has been played."""
        if seconds != self.played:
            self.played = seconds
            self.update()

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(SIZE.control_small))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(320), self.minimumHeight())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The handle comes to the pointer at once."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self._at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderPosition(self._at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, thick = self.height() / 2, 4.0
        painter.setBrush(look.color("border.strong"))
        painter.drawRoundedRect(QRectF(_PAD, middle - thick / 2, self.width() - 2 * _PAD, thick), 2, 2)
        painter.setBrush(look.color("accent"))
        painter.drawRoundedRect(QRectF(_PAD, middle - thick / 2, self._x(self.played) - _PAD, thick), 2, 2)
        painter.setPen(QPen(look.color("bg.2"), 2))
        painter.setBrush(look.color("accent.fill"))
        painter.drawEllipse(QPointF(self._x(self.sliderPosition()), middle), _PAD - 1, _PAD - 1)
        if self.hasFocus():
            painter.setPen(QPen(look.color("accent"), SIZE.focus_ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)

    def _x(self, seconds: int) -> float:
        span = max(1, self.maximum() - self.minimum())
        return _PAD + (self.width() - 2 * _PAD) * (seconds - self.minimum()) / span

    def _at(self, x: float) -> int:
        share = (x - _PAD) / max(1, self.width() - 2 * _PAD)
        return self.minimum() + round(min(1.0, max(0.0, share)) * (self.maximum() - self.minimum()))


_PAD = 7.0
"""Half of the handle, so that it stays inside at both ends."""


class ReplayBar(QWidget, ThemedMixin):
    """Shows where the recording stands, once a second and after each command."""

    closed = Signal()

    def __init__(self, replay: ReplayService, desk: Desk) -> None:
        super().__init__()
        from terminal_app.services.replay import SPEEDS

        self.setAccessibleName("Replay controls")
        self._replay, self._desk = replay, desk
        self._picture = QLabel()
        self.play_button = Button("Pause", "small")
        self.play_button.clicked.connect(self._on_play)
        self.speeds = Segments("Speed", [(f"{speed:g}", _speed_words(speed)) for speed in SPEEDS])
        self.speeds.chosen.connect(self._on_speed)
        self.slider = SessionSlider()
        self.slider.setRange(0, max(1, round((replay.end - replay.start).total_seconds())))
        self.slider.sliderReleased.connect(self._seek)
        self.slider.sliderMoved.connect(self._show_wanted)
        self.slider.actionTriggered.connect(lambda _: self._on_key_step())
        self.time = Label("", "strong")
        self._end = Label(self._words(replay.end), "small", "text.3")
        close = IconButton("x", "Hide the replay controls")
        close.clicked.connect(self.closed)
        name = Label(replay.name, "body", "text.2")
        name.setMaximumWidth(theme().px(240))
        name.setToolTip(replay.name)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.group, 0, SPACE.panel_pad, 0)
        row.setSpacing(SPACE.group)
        row.addWidget(self._picture)
        row.addWidget(Label("Replay", "strong"))
        row.addWidget(name)
        row.addWidget(self.play_button)
        row.addWidget(self.speeds)
        row.addWidget(self.time)
        row.addWidget(self.slider, 1)
        row.addWidget(self._end)
        row.addWidget(close)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        desk.second.connect(self.refresh)
        self.follow_theme()
        self.refresh()

    def refresh(self) -> None:
        """Show pause, speed and time as they are; a handle in the user's hand stays there."""
        replay = self._replay
        at_end = replay.now >= replay.end
        self.play_button.setText("Ended" if at_end else "Play" if replay.paused else "Pause")
        self.play_button.set_icon("play" if replay.paused else "")
        self.play_button.setEnabled(not at_end)
        key = f"{replay.speed:g}"
        if self.speeds.key() != key and key in self._speed_keys():
            self.speeds.set_chosen(key)
        played = self._seconds(replay.now)
        self.slider.show_played(played)
        if not self.slider.isSliderDown():
            self.slider.setValue(played)
            self.time.show_text(self._words(replay.now), "text.1")

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(_HEIGHT))
        self._picture.setPixmap(icon_pixmap("history", theme().px(SIZE.icon), "text.2"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.2"))
        painter.fillRect(0, 0, self.width(), 1, theme().color("border.subtle"))

    def _on_play(self) -> None:
        if self._replay.paused:
            self._replay.resume()
        else:
            self._replay.pause()
        self.refresh()

    def _on_speed(self, key: str) -> None:
        self._replay.set_speed(float(key))
        self.refresh()

    def _on_key_step(self) -> None:
        """Arrow and page keys seek; the mouse seeks when it lets the handle go."""
        if not self.slider.isSliderDown():
            self._show_wanted(self.slider.sliderPosition())
            self._seek()

    def _show_wanted(self, seconds: int) -> None:
        self.time.show_text(self._words(self._moment(seconds)), "warn")

    def _seek(self) -> None:
        try:
            self._replay.seek(self._moment(self.slider.sliderPosition()))
        except BhavError as error:
            self._desk.toast("The recording was not moved", error.message, "warn")
        self.refresh()

    def _words(self, moment: datetime) -> str:
        """The clock; with the day in front where the recording has several."""
        first, last = formats.to_ist(self._replay.start).date(), formats.to_ist(self._replay.end).date()
        return formats.clock(moment) if first == last else f"{formats.day(moment)} {formats.clock(moment)}"

    def _speed_keys(self) -> set[str]:
        from terminal_app.services.replay import SPEEDS

        return {f"{speed:g}" for speed in SPEEDS}

    def _seconds(self, moment: datetime) -> int:
        return round((moment - self._replay.start).total_seconds())

    def _moment(self, seconds: int) -> datetime:
        return self._replay.start + timedelta(seconds=seconds)


def _speed_words(speed: float) -> str:
    return f"{speed:g}\u00d7" if speed else "as fast as it can"
