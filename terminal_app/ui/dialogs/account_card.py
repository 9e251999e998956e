"""The card of one account on the account wall."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from terminal_app.ui.dialogs.account_facts import AccountFacts, Fact
from terminal_app.ui.dialogs.parts import column
from terminal_app.ui.kit.badges import LetterMark
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.card import Card
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.lamp import Lamp, LampState
from terminal_app.ui.kit.switch import Switch
from terminal_app.ui.theme import SPACE, theme

CARD_WIDTH = 376
_LABEL_WIDTH = 76


class AccountCard(Card):
    """Shows an account and asks for what its buttons say; the wall does it."""

    use_wanted = Signal()
    switched = Signal(bool)

    def __init__(self, facts: AccountFacts) -> None:
        super().__init__()
        self._facts: AccountFacts | None = None
        self._rows: dict[str, tuple[Label, Label]] = {}
        self.switch = Switch(f"{facts.name} on or off", kind="paper" if facts.is_paper else "live")
        self.switch.toggled.connect(self.switched)
        self.use_button = Button("Use this account")
        self.use_button.clicked.connect(self.use_wanted)
        self._key = Label("", "small", "text.3")
        self._lamp, self._word = Lamp(), Label("", "strong")
        self._reason = Label("", "body", "text.2")
        self._reason.setWordWrap(True)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE.panel_pad)
        self._grid.setVerticalSpacing(SPACE.form_gap)
        self._grid.setColumnMinimumWidth(0, theme().px(_LABEL_WIDTH))
        self._grid.setColumnStretch(2, 1)
        self.body.setContentsMargins(0, SPACE.panel_pad, 0, SPACE.group)
        self.body.setSpacing(SPACE.panel_pad)
        self.body.addLayout(self._head(facts))
        self.body.addWidget(_rule())
        self.body.addLayout(self._inside())
        self.setMinimumWidth(theme().px(CARD_WIDTH))
        self.show_facts(facts)

    @property
    def facts(self) -> AccountFacts | None:
        """What it shows."""
        return self._facts

    def show_facts(self, facts: AccountFacts) -> None:
        """Change whatever differs; the switch follows without asking for anything."""
        if facts == self._facts:
            return
        self._facts = facts
        self.set_failed(facts.lamp is LampState.ERROR)
        self._lamp.set_state(facts.lamp, facts.reason)
        self._word.show_text(facts.word)
        self._reason.show_text(facts.reason)
        for fact in facts.rows:
            self._show_row(fact)
        was_blocked = self.switch.blockSignals(True)
        self.switch.setChecked(facts.is_on)
        self.switch.blockSignals(was_blocked)
        self.switch.set_busy(facts.is_busy)
        self.use_button.setText("In use" if facts.is_current else "Use this account")
        self.use_button.setAccessibleName(f"{self.use_button.text()}, {facts.name}")
        self.use_button.setEnabled(not facts.is_current)
        self._key.show_text(facts.key)
        self.setAccessibleName(f"{facts.name}, {facts.kind}, {facts.word}. {facts.reason}")

    def value_of(self, label: str) -> str:
        """The figure and remark of a row, as they stand on the card. Raises KeyError."""
        value, note = self._rows[label]
        return f"{value.text()} {note.text()}".strip()

    def _head(self, facts: AccountFacts) -> QHBoxLayout:
        words = column(spacing=1)
        words.addWidget(Label(facts.name, "strong"))
        words.addWidget(Label(facts.kind, "small", "text.3"))
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
        foot.addWidget(self.use_button)
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

    def _add_row(self, label: str) -> None:
        value, note, at = Label(""), Label("", "body", "text.3"), self._grid.rowCount()
        self._grid.addWidget(Label(label, "body", "text.3"), at, 0)
        self._grid.addWidget(value, at, 1)
        self._grid.addWidget(note, at, 2)
        self._rows[label] = value, note


def _rule() -> Ground:
    line = Ground("border.subtle")
    line.setFixedHeight(1)
    return line
