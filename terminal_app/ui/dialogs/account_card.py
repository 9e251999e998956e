"""The card of one account on the account wall."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QVBoxLayout

from terminal_app.ui.dialogs.account_facts import ADDRESS_ROW, AccountFacts, Fact
from terminal_app.ui.dialogs.parts import column
from terminal_app.ui.formats import EN_DASH
from terminal_app.ui.kit.badges import LetterMark
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.card import Card
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.lamp import Lamp, LampState
from terminal_app.ui.kit.styled import set_style_property
from terminal_app.ui.kit.switch import Switch
from terminal_app.ui.theme import SPACE, theme

CARD_WIDTH = 376
_LABEL_WIDTH = 76


class AccountCard(Card):
    """Shows an account and asks for what its buttons say; the wall does it. Only live accounts have a login and a menu."""

    use_wanted = Signal()
    login_wanted = Signal()
    address_wanted = Signal()
    rename_wanted = Signal()
    remove_wanted = Signal()
    switched = Signal(bool)

    def __init__(self, facts: AccountFacts) -> None:
        super().__init__()
        self._facts: AccountFacts | None = None
        self._rows: dict[str, tuple[Label, Label]] = {}
        self.switch = Switch(f"{facts.name} on or off", kind="paper" if facts.is_paper else "live")
        self.switch.toggled.connect(self._on_switched)
        self.login_button = Button("Log in")
        self.login_button.clicked.connect(self.login_wanted)
        self.use_button = Button("Use this account")
        self.use_button.clicked.connect(self.use_wanted)
        self.address_button = Button("Show my public address", "link")
        self.address_button.clicked.connect(self.address_wanted)
        self.more_button = IconButton("ellipsis", "More for this account")
        self.more_button.clicked.connect(self._open_menu)
        self._key = Label("", "small", "text.3")
        self._lamp, self._word = Lamp(), Label("", "strong")
        self._name, self._kind = Label(facts.name, "strong"), Label(facts.kind, "small", "text.3")
        self._reason = Label("", "body", "text.2")
        self._reason.setWordWrap(True)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE.panel_pad)
        self._grid.setVerticalSpacing(SPACE.form_gap)
        self._grid.setColumnMinimumWidth(0, theme().px(_LABEL_WIDTH))
        self._grid.setColumnStretch(1, 1)
        self.body.setContentsMargins(0, SPACE.panel_pad, 0, SPACE.group)
        self.body.setSpacing(SPACE.panel_pad)
        self.body.addLayout(self._head(facts))
        self.body.addWidget(_rule())
        self.body.addLayout(self._inside())
        for widget in (self.login_button, self.more_button, self.address_button):
            widget.setVisible(not facts.is_paper)
        self.setFixedWidth(theme().px(CARD_WIDTH))
        self.show_facts(facts)

    @property
    def facts(self) -> AccountFacts | None:
        """What it shows."""
        return self._facts

    def show_facts(self, facts: AccountFacts) -> None:
        """Change whatever differs; the switch follows without asking for anything."""
        self._show_switch(facts)
        if facts == self._facts:
            return
        self._facts = facts
        self.set_failed(facts.lamp is LampState.ERROR)
        self._name.show_text(facts.name)
        self._kind.show_text(facts.kind)
        self._lamp.set_state(facts.lamp, facts.reason)
        self._word.show_text(facts.word)
        self._reason.show_text(facts.reason)
        for fact in facts.rows:
            self._show_row(fact)
        self.use_button.setText("In use" if facts.is_current else "Use this account")
        self.use_button.setAccessibleName(f"{self.use_button.text()}, {facts.name}")
        self.use_button.setEnabled(not facts.is_current)
        self._show_login(facts)
        self._key.show_text(facts.key)
        self.setAccessibleName(f"{facts.name}, {facts.kind}, {facts.word}. {facts.reason}")

    def set_asking(self, asking: bool) -> None:
        """The address is being asked for."""
        note = self._rows[ADDRESS_ROW][1].text()
        words = "Ask again" if note else "Show my public address"
        self.address_button.setEnabled(not asking)
        self.address_button.setText("Asking" if asking else words)
        self.address_button.setAccessibleName("Show my public address")

    def value_of(self, label: str) -> str:
        """The figure and remark of a row, as they stand on the card. Raises KeyError."""
        value, note = self._rows[label]
        return f"{value.text()} {note.text()}".strip()

    def menu(self) -> QMenu:
        """What else can be done with a live account."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show my public address").triggered.connect(self.address_wanted)
        menu.addAction("Rename\u2026").triggered.connect(self.rename_wanted)
        menu.addSeparator()
        menu.addAction("Remove\u2026").triggered.connect(self.remove_wanted)
        return menu

    def _open_menu(self) -> None:
        self.menu().popup(self.more_button.mapToGlobal(QPoint(0, self.more_button.height() + 2)))

    def _on_switched(self, on: bool) -> None:
        if self._facts is None:
            return
        self._show_switch(
            self._facts
        )  # it moves when the account does, and what is under way is given up in its own dialog
        if not self._facts.is_busy:
            self.switched.emit(on)

    def _show_switch(self, facts: AccountFacts) -> None:
        was_blocked = self.switch.blockSignals(True)
        self.switch.setChecked(facts.is_on)
        self.switch.blockSignals(was_blocked)
        if self.switch.is_busy != facts.is_busy:
            self.switch.set_busy(facts.is_busy)

    def _show_login(self, facts: AccountFacts) -> None:
        if facts.is_paper:
            return
        self.login_button.setVisible(facts.lamp is not LampState.LIVE)
        self.login_button.setEnabled(not facts.is_busy)
        self.login_button.setAccessibleName(f"Log in to {facts.name}")
        set_style_property(self.login_button, "part", "primary" if facts.wants_login else "plain")
        self.more_button.setAccessibleName(f"More for {facts.name}")

    def _head(self, facts: AccountFacts) -> QHBoxLayout:
        words = column(spacing=1)
        words.addWidget(self._name)
        words.addWidget(self._kind)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.group, 0, SPACE.group, 0)
        row.setSpacing(SPACE.group)
        row.addWidget(LetterMark(facts.letter, 28))
        row.addLayout(words, 1)
        row.addWidget(self.switch)
        return row

    def _inside(self) -> QVBoxLayout:
        state = QHBoxLayout()
        state.setSpacing(SPACE.panel_pad)
        state.addWidget(self._lamp)
        state.addWidget(self._word, 1)
        foot = QHBoxLayout()
        foot.setSpacing(SPACE.panel_pad)
        for button in (self.login_button, self.use_button, self.more_button):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self._key)
        inside = column(spacing=SPACE.panel_pad)
        inside.setContentsMargins(SPACE.group, SPACE.tight, SPACE.group, 0)
        inside.addLayout(state)
        inside.addWidget(self._reason)
        inside.addLayout(self._grid)
        inside.addStretch(1)
        inside.addLayout(foot)
        return inside

    def _show_row(self, fact: Fact) -> None:
        if fact.label not in self._rows:
            self._add_row(fact.label)
        value, note = self._rows[fact.label]
        value.show_text(fact.value, fact.tone)
        note.show_text(fact.note)
        note.setVisible(bool(fact.note))
        if fact.label == ADDRESS_ROW and self._facts is not None and not self._facts.is_paper:
            value.setVisible(fact.value != EN_DASH)
            self.set_asking(not self.address_button.isEnabled())

    def _add_row(self, label: str) -> None:
        value, note, at = Label(""), Label("", "body", "text.3"), self._grid.rowCount()
        line = QHBoxLayout()
        line.setSpacing(SPACE.panel_pad)
        line.addWidget(value)
        line.addWidget(note)
        if label == ADDRESS_ROW:
            line.addWidget(self.address_button)
        line.addStretch(1)
        self._grid.addWidget(Label(label, "body", "text.3"), at, 0)
        self._grid.addLayout(line, at, 1)
        self._rows[label] = value, note


def _rule() -> Ground:
    line = Ground("border.subtle")
    line.setFixedHeight(1)
    return line
