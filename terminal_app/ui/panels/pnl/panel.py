"""The P&L panel as a panel: cards, the day's line, and a bar for each position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal_app.ui.kit.states import EmptyState

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot


class PnlPanel(QWidget):
    """The chart library is imported when the panel is first shown."""

    NAME = "pnl"
    TITLE = "P&L"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.addWidget(EmptyState("No trades today.", "Press [F1] to buy"))

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there."""

    def header_left(self) -> QWidget | None:
        """The title stands there."""
        return None

    def header_actions(self) -> QWidget | None:
        """Nothing yet."""
        return None

    def save_state(self) -> dict[str, Any]:
        """Nothing yet."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Nothing yet."""

    def focus_main(self) -> None:
        """The panel itself."""
        self.setFocus()
