"""Asks once more before something that moves money: what, how much, where; the default is Cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from terminal_app.ui.drafts import ConfirmRequest
from terminal_app.ui.kit.buttons import Part
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.identity import Identity, IdentityBand
from terminal_app.ui.kit.label import Label, ValueRow

_PARTS: dict[str, Part] = {"primary": "primary", "danger": "danger", "buy": "buy", "sell": "sell"}


class ConfirmDialog(AppDialog):
    """`await dialog.ask()` is True where the user agreed, None where it was cancelled or closed."""

    def __init__(self, window: QWidget | None, request: ConfirmRequest) -> None:
        super().__init__(window, request.title, width=420)
        if request.paper is not None:
            band = IdentityBand()
            kind, words = (Identity.PAPER, "simulated money") if request.paper else (Identity.LIVE, "real money")
            band.show_identity(kind, words)
            self.body.addWidget(band)
        if request.text:
            text = Label(request.text, "body", "text.2")
            text.setWordWrap(True)
            self.body.addWidget(text)
        for label, value in request.facts:
            row = ValueRow(label)
            row.show_value(value, strong=True)
            self.body.addWidget(row)
        self.footer.addStretch(1)
        self.cancel_button = self.add_cancel()
        self.agree_button = self.add_button(request.action, _PARTS.get(request.tone, "primary"), result=True)
        self.agree_button.setDefault(False)
        self.agree_button.setAutoDefault(True)  # Enter presses it only while it has the focus itself
        self.cancel_button.setAutoDefault(True)
        self.cancel_button.setDefault(True)
        self.header.cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleDescription(
            ". ".join([request.text.removesuffix("."), *(f"{label} {value}" for label, value in request.facts)])
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Cancel has the focus and Enter, whatever was focused before."""
        super().showEvent(event)
        self.cancel_button.setFocus(Qt.FocusReason.PopupFocusReason)
