"""The replay is paused, sped up and moved forward from one strip, and says where it stands."""

from __future__ import annotations

from datetime import datetime

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from terminal_app.domain.clock import at_ist
from terminal_app.services.replay import ReplayService
from terminal_app.simulator.clocks import ReplayClock
from terminal_app.ui.dialogs.replay import ReplayBar
from tests.helpers.scripted_window import WindowBench

START, END = at_ist(2026, 6, 1, 9, 15), at_ist(2026, 6, 1, 15, 30)


class Watch:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Replaying:
    """A strip on the real replay clock, in the window."""

    def __init__(self, bench: WindowBench, end: datetime = END) -> None:
        self.watch = Watch()
        self.clock = ReplayClock(START, end, 1.0, monotonic=self.watch)
        self.bench = bench
        bench.terminal.replay = ReplayService("RELIANCE", START, end, self.clock)
        presenter = bench.window.presenter
        assert presenter is not None
        presenter.commands.bind_replay()
        bar = bench.window.findChild(ReplayBar)
        assert bar is not None
        self.bar = bar
        bar.resize(1400, 40)
        QApplication.processEvents()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the strip see it."""
        self.watch.seconds += seconds
        self.bench.window.desk.second.emit()


@pytest.fixture
def replaying(bench: WindowBench) -> Replaying:
    """A recording of one day at real speed."""
    return Replaying(bench)


async def test_the_strip_stands_above_the_status_bar_and_goes_and_comes(replaying: Replaying) -> None:
    window, bar = replaying.bench.window, replaying.bar
    assert bar.isVisible()
    assert bar.mapTo(window, QPoint(0, bar.height())).y() == window.status.mapTo(window, QPoint()).y()
    window.actions_registry.trigger("replay")
    assert not bar.isVisible()
    window.actions_registry.trigger("replay")
    assert bar.isVisible()
    bar.closed.emit()
    assert not bar.isVisible()


async def test_it_says_where_the_recording_stands(replaying: Replaying) -> None:
    assert replaying.bar.time.text() == "09:15:00"
    replaying.pass_time(70)
    assert replaying.bar.time.text() == "09:16:10"
    assert replaying.bar.slider.value() == replaying.bar.slider.played == 70


async def test_pause_and_play(replaying: Replaying) -> None:
    replaying.bar.play_button.click()
    assert replaying.bar.play_button.text() == "Play"
    replaying.pass_time(60)
    assert replaying.bar.time.text() == "09:15:00"
    replaying.bar.play_button.click()
    replaying.pass_time(60)
    assert replaying.bar.time.text() == "09:16:00"


async def test_the_speed_is_chosen_and_an_own_speed_is_left_alone(replaying: Replaying) -> None:
    replaying.bar.speeds.setFocus()
    QTest.keyClick(replaying.bar.speeds.focusProxyButton(), Qt.Key.Key_Right)
    assert replaying.clock.speed == 5
    replaying.pass_time(2)
    assert replaying.bar.time.text() == "09:15:10"
    replaying.clock.set_speed(30)
    replaying.pass_time(0)
    assert replaying.bar.speeds.key() == "30"


async def test_a_click_on_the_line_moves_the_recording_forward(replaying: Replaying) -> None:
    slider = replaying.bar.slider
    middle = slider.rect().center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert replaying.bar.time.tone == "warn"
    replaying.pass_time(1)
    assert replaying.bar.time.tone == "warn", "the handle is still in the user's hand"
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert abs((replaying.clock.now() - START) / (END - START) - 0.5) < 0.01
    assert replaying.bar.time.tone == "text.1"


async def test_arrow_keys_move_it_by_a_minute(replaying: Replaying) -> None:
    replaying.bar.slider.setFocus()
    QTest.keyClick(replaying.bar.slider, Qt.Key.Key_Right)
    assert replaying.bar.time.text() == "09:16:00"
    QTest.keyClick(replaying.bar.slider, Qt.Key.Key_PageUp)
    assert replaying.bar.time.text() == "09:31:00"


async def test_it_does_not_go_back_and_says_so(replaying: Replaying) -> None:
    replaying.pass_time(600)
    replaying.bar.slider.setFocus()
    QTest.keyClick(replaying.bar.slider, Qt.Key.Key_Home)
    assert replaying.bar.time.text() == "09:25:00"
    presenter = replaying.bench.window.presenter
    assert presenter is not None
    assert presenter.toasts.toasts[-1].text.title == "The recording was not moved"


async def test_at_its_end_there_is_nothing_to_pause(replaying: Replaying) -> None:
    replaying.pass_time(100_000)
    assert replaying.bar.play_button.text() == "Ended"
    assert not replaying.bar.play_button.isEnabled()


async def test_a_recording_of_several_days_names_the_day(bench: WindowBench) -> None:
    replaying = Replaying(bench, at_ist(2026, 6, 3, 15, 30))
    assert replaying.bar.time.text() == "01 Jun Mon 09:15:00"


async def test_without_a_recording_there_is_no_strip(bench: WindowBench) -> None:
    assert bench.window.findChild(ReplayBar) is None
    assert not bench.window.actions_registry.get("replay").isVisible()
