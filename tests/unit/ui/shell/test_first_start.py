"""The welcome comes once, over the chart, and goes as soon as anybody trades."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication

from terminal_app.domain.enums import Side
from terminal_app.ui.dialogs.welcome import WelcomeCard
from terminal_app.ui.drafts import TicketDraft
from tests.helpers.scripted_terminal import INFY, RELIANCE
from tests.helpers.scripted_window import WindowBench


@pytest.fixture
async def first(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WindowBench]:
    """A window whose layout was never kept."""
    bench = WindowBench(monkeypatch, {})
    bench.attach()
    QApplication.processEvents()
    yield bench
    await bench.close()


def card_of(bench: WindowBench) -> WelcomeCard | None:
    """The card, where it is seen."""
    return next((one for one in bench.window.findChildren(WelcomeCard) if one.isVisible()), None)


async def test_the_card_says_what_there_is_and_which_key_begins(first: WindowBench) -> None:
    card = card_of(first)
    assert card is not None
    assert card.lead.text() == "You have 10,00,000 simulated rupees."
    assert card.text.text().startswith("Press F1 to buy RELIANCE.")
    assert first.window.desk.current_instrument == RELIANCE
    chart = first.window.chart
    assert QRect(chart.mapTo(first.window, QPoint()), chart.size()).contains(card.geometry())


async def test_its_button_opens_the_ticket_and_the_card_goes(first: WindowBench) -> None:
    wanted: list[TicketDraft] = []
    first.window.desk.ticket_wanted.connect(wanted.append)
    card = card_of(first)
    assert card is not None
    card.begin_button.click()
    assert wanted == [TicketDraft(RELIANCE, Side.BUY)]
    assert card_of(first) is None


async def test_any_ticket_sends_it_away(first: WindowBench) -> None:
    first.window.desk.open_ticket(TicketDraft(INFY, Side.SELL))
    assert card_of(first) is None


async def test_whoever_looks_around_first_is_not_asked_again(
    first: WindowBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = card_of(first)
    assert card is not None
    card.close_button.click()
    assert card_of(first) is None
    first.window.save_layout()
    second = WindowBench(monkeypatch, first.store.content)
    second.attach()
    assert card_of(second) is None
    await second.close()
