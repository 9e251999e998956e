"""What one broker needs for an account: the steps at its console, the address to register, the keys, a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from terminal_app.ui.dialogs.form_field import FormField
from terminal_app.ui.dialogs.parts import ScrollColumn, column
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.identity import Identity, IdentityBand
from terminal_app.ui.kit.label import Label
from terminal_app.ui.login.prompter import open_in_browser
from terminal_app.ui.theme import SPACE

if TYPE_CHECKING:
    from terminal_app.services.sessions import BrokerOffer

REDIRECT, ADDRESS, NAME = "redirect_url", "address", "name"
_PORT = 5710
"""Of the redirect address that is proposed: not in use by anything usual, and no rights are needed to listen there."""


def proposed_redirect(broker: str) -> str:
    """An address of this computer that the user's own browser can bring the login back to as well."""
    return f"http://127.0.0.1:{_PORT}/{broker}"


def free_name(title: str, taken: set[str]) -> str:
    """The broker's name, with the first number that makes it free."""
    number, candidate = 1, title
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{title} {number}"
    return candidate


class AccountForm(QWidget):
    """The fields by the broker's own declaration; `changed` when one of them is edited."""

    changed = Signal()

    def __init__(self, offer: BrokerOffer, taken: set[str], keys_in: str, most_height: int) -> None:
        super().__init__()
        self.offer = offer
        self.fields = {
            one.key: FormField(
                one.label,
                offer.form.redirect_help if one.key == REDIRECT else one.help,
                secret=one.secret,
                required=one.required,
                copyable=one.key == REDIRECT,
                text=proposed_redirect(offer.name) if one.key == REDIRECT else "",
            )
            for one in offer.form.fields
        }
        self.name = FormField("Name of the account in Bhav", text=free_name(offer.title, taken))
        self.address = FormField(
            "Internet address registered with the broker",
            "Brokers take orders only from a static address that you registered with them. Bhav compares it with this computer's "
            "when you ask it to.",
            required=False,
        )
        for field in self._all().values():
            field.changed.connect(self.changed)
        band = IdentityBand()
        band.show_identity(Identity.LIVE, "real money", offer.title)
        self._scroll = ScrollColumn(f"What {offer.title} needs", most_height)
        inside = QVBoxLayout(self._scroll.content)
        inside.setContentsMargins(0, 0, SPACE.group, 0)
        inside.setSpacing(SPACE.group)
        self._fill(inside, keys_in)
        rows = column(spacing=SPACE.group)
        rows.addWidget(band)
        rows.addWidget(self._scroll, 1)
        self.setLayout(rows)

    def begin(self) -> None:
        """Put the cursor where typing starts."""
        first = next((field for key, field in self.fields.items() if key != REDIRECT), self.name)
        first.setFocus()

    def values(self) -> dict[str, str]:
        """What was typed, by key."""
        typed = {key: field.text for key, field in self.fields.items()}
        typed[ADDRESS] = self.address.text
        return typed

    def show_what_is_missing(self) -> bool:
        """Say it beside each field that has to be filled and is not; whether there is one."""
        missing = [field for field in self._all().values() if field.is_required and not field.text]
        for field in missing:
            field.say(f"{field.edit.accessibleName()} is missing.")
        if missing:
            self._go_to(missing[0])
        return bool(missing)

    def say(self, key: str, problem: str) -> bool:
        """Say a problem beside the field of this key; False where there is none."""
        field = self._all().get(key)
        if field is None:
            return False
        field.say(problem)
        self._go_to(field)
        return True

    def forget(self) -> None:
        """Empty every field."""
        for field in self._all().values():
            field.forget()

    def _all(self) -> dict[str, FormField]:
        return {**self.fields, NAME: self.name, ADDRESS: self.address}

    def _go_to(self, field: FormField) -> None:
        field.setFocus()
        self._scroll.ensureWidgetVisible(field, 0, SPACE.section)

    def _fill(self, inside: QVBoxLayout, keys_in: str) -> None:
        form = self.offer.form
        inside.addWidget(Label(f"Register Bhav with {self.offer.title}", "strong"))
        inside.addLayout(_numbered(form.steps))
        inside.addLayout(self._console())
        if REDIRECT in self.fields:
            inside.addWidget(self.fields[REDIRECT])
        inside.addSpacing(SPACE.tight)
        inside.addWidget(Label("Copy its keys here", "strong"))
        for key, field in self.fields.items():
            if key != REDIRECT:
                inside.addWidget(field)
        inside.addSpacing(SPACE.tight)
        inside.addWidget(Label("In Bhav", "strong"))
        inside.addWidget(self.name)
        inside.addWidget(self.address)
        note = Label(
            f"The keys are kept in {keys_in}, never in a plain file. You log in each day on {self.offer.title}'s own page; "
            f"that ends at {form.session_ends}.",
            "small",
            "text.3",
        )
        note.setWordWrap(True)
        inside.addWidget(note)

    def _console(self) -> QHBoxLayout:
        address = self.offer.form.console_url
        link = Button(address.removeprefix("https://"), "link")
        link.setAccessibleName(f"Open {address} in your browser")
        link.clicked.connect(lambda: open_in_browser(address))
        copy = IconButton("copy", "Copy the console's address")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(address))
        row = QHBoxLayout()
        row.setSpacing(SPACE.tight)
        row.addWidget(Label("Console", "body", "text.3"))
        row.addWidget(link)
        row.addWidget(copy)
        row.addStretch(1)
        return row


def _numbered(steps: tuple[str, ...]) -> QVBoxLayout:
    rows = column(spacing=SPACE.tight)
    for number, step in enumerate(steps, 1):
        text = Label(step, "body", "text.2")
        text.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(Label(f"{number}", "strong", "text.3"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        rows.addLayout(row)
    return rows
