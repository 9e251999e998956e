"""Asks before a live account is removed, and says what goes and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.ui.drafts import ConfirmRequest
from terminal_app.ui.shell.switcher import broker_name

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal_app.domain.account import Account
    from terminal_app.ui.dialogs.confirm import ConfirmDialog


def remove_dialog(window: QWidget, account: Account, keys_in: str) -> ConfirmDialog:
    """The question; ``keys_in`` is the name of the place that its keys are deleted from."""
    from terminal_app.ui.dialogs.confirm import ConfirmDialog

    broker = broker_name(account.broker)
    request = ConfirmRequest(
        title=f"Remove {account.name}?",
        text=(
            f"Bhav logs out of {broker} and forgets the account. Orders and positions at {broker} stay as they are: nothing is "
            "cancelled or sold. To use the account here again you add it with its keys."
        ),
        facts=(
            ("Account", f"{broker} {account.client_id or account.name}"),
            ("Deleted", f"its keys and session in {keys_in}"),
            ("Deleted", "the account and its name in Bhav"),
            ("Kept", "the record of its orders and fills"),
        ),
        action="Remove the account",
        tone="danger",
        paper=False,
    )
    return ConfirmDialog(window, request)
