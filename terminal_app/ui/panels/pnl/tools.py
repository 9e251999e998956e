"""The P&L panel's tools: whose P&L, over what time, export, enlarge."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.panel_header import VerticalRule
from terminal_app.ui.kit.styled import quietly
from terminal_app.ui.panels.common.choice import HeaderChoice
from terminal_app.ui.panels.pnl.model import SPANS
from terminal_app.ui.theme import SPACE

ACCOUNT, EVERY = "account", "every"


class PnlTools(QWidget):
    """Tells what the user chose. Whose P&L is asked only where there are several accounts and one of them is current."""

    scope_chosen = Signal(str)
    span_chosen = Signal(str)
    export_wanted = Signal()
    enlarge_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.scope = HeaderChoice("Accounts", ((ACCOUNT, "Account"), (EVERY, "All accounts")))
        self.span = HeaderChoice("Time", SPANS)
        self.export_button = IconButton("download", "Export P&L as CSV")
        self.enlarge_button = IconButton("maximize-2", "Enlarge this panel", key="Ctrl+Shift+M")
        self._rule = VerticalRule()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, SPACE.tight, 0)
        row.setSpacing(SPACE.hair)
        for widget in (self.scope, self._rule, self.span, VerticalRule(), self.export_button, self.enlarge_button):
            row.addWidget(widget)
        self.scope.chosen.connect(self.scope_chosen)
        self.span.chosen.connect(self.span_chosen)
        self.export_button.clicked.connect(self.export_wanted)
        self.enlarge_button.clicked.connect(self.enlarge_wanted)

    def show_choice(self, scope: str, span: str, account: str) -> None:
        """What holds; an empty ``account`` name says that there is nothing to choose."""
        with quietly(self.scope), quietly(self.span):
            self.scope.set_chosen(scope)
            self.span.set_chosen(span)
        if account:
            self.scope.set_text(ACCOUNT, account)
        self.scope.setVisible(bool(account))
        self._rule.setVisible(bool(account))
