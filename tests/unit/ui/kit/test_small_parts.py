"""Lamps differ in shape, the beat runs only when seen, toasts keep clear, dialogs answer, identity is solid or hatched."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.kit.badges import Counter
from terminal_app.ui.kit.buttons import IconButton, PlaceButton
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.identity import Identity, IdentityBand, IdentityFrame
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.lamp import Lamp, LampState
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.kit.scrim import Scrim
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.kit.states import EmptyState
from terminal_app.ui.kit.ticker import ticker
from terminal_app.ui.kit.toast import MAX_TOASTS, ToastStack, ToastText
from terminal_app.ui.theme import theme


def shape(widget: QWidget) -> frozenset[tuple[int, int]]:
    """Where a widget puts ink, whatever the colour."""
    image = QImage(widget.size(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    widget.render(image, QPoint(), widget.rect(), QWidget.RenderFlag.DrawChildren)
    return frozenset(
        (x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).alpha() > 127
    )


def test_no_two_lamps_have_one_shape(qtbot: QtBot) -> None:
    shapes = {}
    for state in LampState:
        lamp = Lamp(state)
        qtbot.addWidget(lamp)
        shapes[state] = shape(lamp)
    # The turning arc lies on the empty ring; the word beside it and its amber tell them apart, and it moves.
    del shapes[LampState.LOGGING_IN]
    assert len(set(shapes.values())) == len(shapes)


def test_a_lamp_says_its_state_and_reason(qtbot: QtBot) -> None:
    lamp = Lamp(LampState.EXPIRED, "log in again")
    qtbot.addWidget(lamp)
    assert lamp.accessibleName() == "Expired, log in again"


def test_the_beat_runs_only_while_something_turning_is_seen(qtbot: QtBot) -> None:
    lamp = Lamp(LampState.LOGGING_IN)
    qtbot.addWidget(lamp)
    assert not ticker().is_running
    lamp.show()
    qtbot.waitUntil(lambda: ticker().is_running)
    lamp.hide()
    qtbot.waitUntil(lambda: not ticker().is_running)
    lamp.show()
    qtbot.waitUntil(lambda: ticker().is_running)
    lamp.set_state(LampState.LIVE)
    assert not ticker().is_running


def test_at_most_three_toasts_stand_and_the_oldest_goes(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    stack = ToastStack(window)
    for number in range(MAX_TOASTS + 1):
        stack.show_toast(ToastText(f"Filled {number}"))
    assert [toast.text.title for toast in stack.toasts] == ["Filled 1", "Filled 2", "Filled 3"]
    boxes = [toast.geometry() for toast in stack.toasts]
    assert not any(a.intersects(b) for a in boxes for b in boxes if a != b)


def test_a_toast_never_covers_what_must_stay_free(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1180, 700)
    place = QPushButton("Place", window)
    place.setGeometry(870, 600, 300, 40)
    window.show()
    stack = ToastStack(window)
    stack.keep_clear_of(place)
    toast = stack.show_toast(ToastText("Filled"))
    assert not toast.geometry().intersects(place.geometry())
    assert window.rect().contains(toast.geometry())
    window.resize(1000, 700)
    assert window.rect().contains(toast.geometry())


def test_a_toast_is_high_enough_for_all_its_words(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(700, 500)
    window.show()
    toast = ToastStack(window).show_toast(
        ToastText("Rejected", "Margin shortfall, told in a long sentence. " * 4, "14:36:08")
    )
    for label in toast.findChildren(Label):
        assert label.height() >= label.heightForWidth(label.width())


def test_a_toast_goes_at_a_click(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    stack = ToastStack(window)
    QTest.mouseClick(stack.show_toast(ToastText("Filled")), Qt.MouseButton.LeftButton)
    assert stack.toasts == ()


async def test_a_dialog_answers_with_the_button_pressed(qapp: QApplication) -> None:
    window = QWidget()
    window.show()
    dialog = AppDialog(window, "Exit all", subtitle="3 positions")
    button = dialog.add_button("Exit all 3", "primary", result="exit")
    asked = asyncio.ensure_future(dialog.ask())
    await asyncio.sleep(0)
    assert window.findChild(Scrim) is not None
    button.click()
    assert await asked == "exit"
    dialog.deleteLater()
    window.close()


async def test_a_cancelled_dialog_answers_none_and_lifts_the_scrim(qapp: QApplication) -> None:
    window = QWidget()
    window.show()
    dialog = AppDialog(window, "Exit all")
    asked = asyncio.ensure_future(dialog.ask())
    await asyncio.sleep(0)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert await asked is None
    scrim = window.findChild(Scrim)
    assert scrim is None or scrim.isHidden()
    window.close()


async def test_a_dialog_closes_when_the_task_that_waits_is_cancelled(qapp: QApplication) -> None:
    window = QWidget()
    window.show()
    dialog = AppDialog(window, "One-time code")
    asked = asyncio.ensure_future(dialog.ask())
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert dialog.isHidden()
    window.close()


def test_live_is_solid_and_paper_is_hatched(qtbot: QtBot) -> None:
    frame = IdentityFrame(QWidget())
    qtbot.addWidget(frame)
    frame.resize(200, 100)
    colors = {}
    for identity in (Identity.LIVE, Identity.PAPER):
        frame.set_identity(identity)
        image = frame.grab().toImage()
        colors[identity] = {image.pixelColor(x, 1).name() for x in range(200)}
    assert colors[Identity.LIVE] == {theme().css("live.fill")}
    assert {theme().css("paper.fill"), theme().css("paper.tint")} <= colors[Identity.PAPER]


def test_the_band_says_the_word(qtbot: QtBot) -> None:
    band = IdentityBand()
    qtbot.addWidget(band)
    band.show_identity(Identity.LIVE, "real money", "Zerodha AB1234")
    assert band.accessibleName() == "LIVE real money Zerodha AB1234"
    band.show_identity(Identity.NONE, "Choose an account")
    assert band.accessibleName() == "Choose an account"


def test_a_notice_shows_broker_words_as_words(qtbot: QtBot) -> None:
    notice = NoticeBar()
    qtbot.addWidget(notice)
    notice.show_notice("error", "Order refused.", "<img src=x> & more", action="Ask now")
    labels = [label.text() for label in notice.findChildren(Label)]
    assert any("&lt;img" in text for text in labels)
    assert notice.accessibleName() == "Order refused. <img src=x> & more"


def test_the_place_button_cannot_be_pressed_with_a_reason(qtbot: QtBot) -> None:
    place = PlaceButton()
    qtbot.addWidget(place)
    pressed: list[bool] = []
    place.clicked.connect(lambda: pressed.append(True))
    place.show_reason("Place", "fix the price first")
    place.click()
    place.show_order("buy", "BUY 50 at 1,418.00", "LIVE, 1 order")
    place.click()
    place.show_sending("buy", "Sending 1 order", "")
    place.click()
    assert pressed == [True]
    assert place.accessibleName() == "Sending 1 order"


def test_icon_buttons_have_a_name_and_tell_their_key(qtbot: QtBot) -> None:
    button = IconButton("x", "Close", key="Esc")
    qtbot.addWidget(button)
    assert (button.accessibleName(), button.toolTip()) == ("Close", "Close (Esc)")


def test_tabs_tell_their_key_and_count(qtbot: QtBot) -> None:
    tabs = SectionTabs("Bottom", [("p", "Positions"), ("o", "Orders")])
    qtbot.addWidget(tabs)
    told: list[str] = []
    tabs.chosen.connect(told.append)
    plain = tabs.tabSizeHint(1).width()
    tabs.set_count("o", 4, warn=True)
    assert tabs.accessibleTabName(1) == "Orders, 4"
    assert tabs.tabSizeHint(1).width() > plain
    tabs.set_chosen("o")
    assert told == ["o"]


def test_a_counter_of_zero_is_not_shown(qtbot: QtBot) -> None:
    counter = Counter()
    qtbot.addWidget(counter)
    assert counter.isHidden()
    counter.set_count(2)
    assert not counter.isHidden()


def test_an_empty_panel_names_the_key(qtbot: QtBot) -> None:
    empty = EmptyState("No open positions.", "Press [F1] to buy.")
    qtbot.addWidget(empty)
    assert empty.accessibleName() == "No open positions. Press F1 to buy."
