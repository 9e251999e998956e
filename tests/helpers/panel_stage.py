"""One panel in a window on a scripted book: what it asks, drafts, counts and toasts is written down."""

from __future__ import annotations

import asyncio
from typing import Any, Generic, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.drafts import ConfirmRequest, TicketDraft
from tests.helpers.scripted_book import Book

P = TypeVar("P", bound=QWidget)


class PanelStage(Generic[P]):
    """`answer` answers every question. The panel is attached and shown."""

    def __init__(self, qtbot: QtBot, kind: type[P]) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.book = Book(self.window)
        make: Any = kind
        self.panel: P = make(self.book.desk, self.book.snapshot)
        panel: Any = self.panel
        column = QVBoxLayout(self.window)
        tools = panel.header_actions()
        if tools is not None:
            column.addWidget(tools)
        column.addWidget(panel)
        self.answer = True
        self.questions: list[ConfirmRequest] = []
        self.drafts: list[TicketDraft] = []
        self.counts: list[tuple[int, bool]] = []
        self.shown: list[str] = []
        self.book.desk.confirm_wanted.connect(self._on_confirm)
        self.book.desk.ticket_wanted.connect(self.drafts.append)
        self.book.desk.panel_wanted.connect(self.shown.append)
        panel.counter_changed.connect(lambda count, warn: self.counts.append((count, warn)))
        panel.attach(self.book.terminal, self.book.desk)
        self.window.resize(1200, 400)
        self.window.show()

    def choose(self, instrument: object) -> None:
        """Select the first row of an instrument."""
        table: Any = self.panel.table  # type: ignore[attr-defined]
        model = table.model_
        at = next(
            at
            for at in range(model.rowCount())
            if (row := model.row_at(at)) is not None and row.instrument == instrument
        )
        table.select_key(model.key_at(at))

    def text(self, instrument: object, column: str) -> str:
        """What a screen reader hears of a cell."""
        from PySide6.QtCore import Qt

        table: Any = self.panel.table  # type: ignore[attr-defined]
        model = table.model_
        at = next(
            at
            for at in range(model.rowCount())
            if (row := model.row_at(at)) is not None and row.instrument == instrument
        )
        place = [one.key for one in model.columns].index(column)
        return str(model.index(at, place).data(Qt.ItemDataRole.AccessibleTextRole))

    def _on_confirm(self, request: ConfirmRequest, answer: asyncio.Future[bool]) -> None:
        self.questions.append(request)
        answer.set_result(self.answer)
