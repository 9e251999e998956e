"""The log keeps what was told, puts what is not over on top, and counts what nobody has seen."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.domain.messages import NoticeCleared, NoticeLevel
from terminal_app.ui.grid.cells import GROUP_ROLE
from terminal_app.ui.panels.log.panel import LogPanel
from tests.helpers.panel_stage import PanelStage
from tests.helpers.panels import until

Stage = PanelStage[LogPanel]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot, LogPanel)


def tell(stage: Stage, level: NoticeLevel, title: str, topic: str = "") -> None:
    stage.book.clock.advance(1)
    stage.book.notices.post(level, title, f"The text of {title}.", topic)


def titles(stage: Stage) -> list[str]:
    return [row.notice.title for row in stage.panel.table.model_.shown_rows]


def headings(stage: Stage) -> list[str]:
    model = stage.panel.table.model_
    found = [model.index(at, 0).data(GROUP_ROLE) for at in range(model.rowCount())]
    return [group.title for group in found if group is not None]


async def test_the_newest_stands_first_below_what_is_not_over(stage: Stage) -> None:
    tell(stage, NoticeLevel.DOUBT, "Prices are late", "feed")
    tell(stage, NoticeLevel.PASSED, "Exported")
    tell(stage, NoticeLevel.FAILED, "Refused")
    await until(lambda: titles(stage) == ["Prices are late", "Refused", "Exported"])
    assert headings(stage) == ["Not over 1", "Earlier 2"]
    stage.book.notices.clear("feed")
    await until(lambda: headings(stage) == ["Earlier 3"])
    assert titles(stage) == ["Refused", "Exported", "Prices are late"]


async def test_failures_that_nobody_saw_are_counted_until_somebody_looks(stage: Stage) -> None:
    stage.window.hide()
    tell(stage, NoticeLevel.FAILED, "Refused")
    tell(stage, NoticeLevel.NEWS, "News")
    await until(lambda: stage.counts and stage.counts[-1] == (1, True))
    stage.window.show()
    await until(lambda: stage.counts[-1] == (0, True))
    tell(stage, NoticeLevel.FAILED, "Seen at once")
    await until(lambda: "Seen at once" in titles(stage))
    assert stage.counts[-1] == (0, True)


async def test_the_parts_narrow_the_log(stage: Stage) -> None:
    tell(stage, NoticeLevel.PASSED, "Exit done", "exit")
    tell(stage, NoticeLevel.FAILED, "Refused")
    stage.panel.choice.set_chosen("failed")
    assert titles(stage) == ["Refused"]
    stage.panel.choice.set_chosen("orders")
    assert titles(stage) == ["Exit done"]


async def test_paused_rows_stand_still_and_new_ones_are_counted(stage: Stage) -> None:
    tell(stage, NoticeLevel.NEWS, "First")
    await until(lambda: titles(stage) == ["First"])
    stage.panel.pause_button.click()
    tell(stage, NoticeLevel.NEWS, "Second")
    await until(lambda: "paused, 1 new" in stage.panel.log_foot.summary.text.text())
    assert titles(stage) == ["First"]
    stage.panel.pause_button.click()
    assert titles(stage) == ["Second", "First"]


async def test_the_chosen_notice_is_shown_in_full_and_copied(stage: Stage) -> None:
    tell(stage, NoticeLevel.FAILED, "Refused")
    stage.panel.refresh()
    stage.panel.table.select_key(stage.panel.table.model_.key_at(1))
    assert stage.panel.log_foot.detail.isVisible()
    assert stage.panel.log_foot.text.text() == "The text of Refused."
    stage.panel.copy_button.click()
    assert QApplication.clipboard().text() == "Fri 20 Nov 14:36 Failed: Refused. The text of Refused."


async def test_an_empty_log_says_what_it_is_for(stage: Stage) -> None:
    assert stage.panel.message is not None
    assert stage.panel.message.lead == "Nothing has been told yet."


async def test_equal_notices_are_rows_of_their_own(stage: Stage) -> None:
    for _ in range(2):
        stage.book.notices.post(NoticeLevel.NEWS, "Same", "Same.")
    await until(lambda: titles(stage) == ["Same", "Same"])


async def test_a_doubt_that_trading_itself_takes_back_is_over(stage: Stage) -> None:
    tell(stage, NoticeLevel.DOUBT, "Funds could not be read", "portfolio")
    await until(lambda: headings(stage) == ["Not over 1"])
    stage.book.bus.publish(NoticeCleared("portfolio"))
    await until(lambda: headings(stage) == ["Earlier 1"])
