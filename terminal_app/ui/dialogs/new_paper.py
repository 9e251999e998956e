"""Asks for the name and the funds of a new paper account, and makes it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from terminal_app.domain.errors import BadInput, BhavError
from terminal_app.services.accounts import DEFAULT_FUNDS
from terminal_app.ui.dialogs.parts import Problem, column
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.identity import Identity, IdentityBand
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.number_field import NumberField
from terminal_app.ui.kit.styled import set_style_property
from terminal_app.ui.theme import SPACE

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

_STEP = Decimal(100_000)


def free_name(taken: set[str]) -> str:
    """`Paper 2`, or the next number that no account has."""
    number = 2
    while f"paper {number}" in taken:
        number += 1
    return f"Paper {number}"


class NewPaperDialog(AppDialog):
    """Finishes with the new Account. What the service refuses stands beside the field that it names."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk) -> None:
        super().__init__(window, "New paper account", width=400)
        self._terminal, self._desk = terminal, desk
        self.name_field = QLineEdit(free_name({account.name.casefold() for account in terminal.accounts.all()}))
        self.name_field.setAccessibleName("Name")
        self.funds_field = NumberField("Funds in rupees", step=_STEP)
        self.funds_field.set_value(DEFAULT_FUNDS)
        self.problems = {"name": Problem(), "funds": Problem(), "": Problem()}
        band = IdentityBand()
        band.show_identity(Identity.PAPER, "simulated money")
        self.body.addWidget(band)
        self.body.addLayout(self._field("Name", self.name_field, self.problems["name"]))
        self.body.addLayout(self._field("Funds in rupees", self.funds_field, self.problems["funds"]))
        hint = Label(
            "It trades on the same market as your other paper accounts, with its own orders and money.",
            "small",
            "text.3",
        )
        hint.setWordWrap(True)
        self.body.addWidget(hint)
        self.body.addWidget(self.problems[""])
        self.footer.addStretch(1)
        self.add_cancel()
        self.create_button = self.add_button("Create account", "primary")
        self.create_button.clicked.connect(self._on_create)
        self.name_field.textEdited.connect(lambda: self._say("name", ""))
        self.funds_field.value_changed.connect(lambda _: self._say("funds", ""))
        self.name_field.selectAll()
        self.name_field.setFocus()

    def _field(self, label: str, field: QWidget, problem: Problem) -> QVBoxLayout:
        rows = column(spacing=SPACE.tight)
        rows.addWidget(Label(label, "small", "text.3"))
        rows.addWidget(field)
        rows.addWidget(problem)
        return rows

    def _on_create(self) -> None:
        if not self.create_button.isEnabled():
            return
        funds = self.funds_field.value()
        if funds is None:
            self._say("funds", self.funds_field.problem() or "Type the funds that it begins with, such as 10,00,000.")
            return
        self.create_button.setEnabled(False)
        self._desk.run(self._create(self.name_field.text(), funds), "The paper account could not be made")

    async def _create(self, name: str, funds: Decimal) -> None:
        try:
            account = await self._terminal.accounts.add_paper(name, funds)
        except BhavError as error:
            self._refused(error)
        else:
            place = len(self._terminal.accounts.all())
            key = f" Ctrl+{place} switches to it." if place <= 9 else ""
            self._desk.toast(f"{account.name} was made", f"It has its own money and orders.{key}", "profit")
            if isValid(self):
                self.finish(account)

    def _refused(self, error: BhavError) -> None:
        if not isValid(self):
            raise error  # the dialog was closed meanwhile: the desk tells it
        field = error.field if isinstance(error, BadInput) and error.field in self.problems else ""
        self._say(field, error.message)
        self.create_button.setEnabled(True)

    def _say(self, field: str, text: str) -> None:
        self.problems[field].show_problem(text)
        if field == "name":
            set_style_property(self.name_field, "problem", "true" if text else "false")
        elif field == "funds":
            self.funds_field.set_problem(text)
        if text and field == "name":
            self.name_field.setFocus()
        elif text and field == "funds":
            self.funds_field.setFocus()
        self.adjustSize()
