"""What this program is: name, version, licences, versions of its parts, and where its files are."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from terminal_app.ui.dialogs.parts import column
from terminal_app.ui.icons import app_icon
from terminal_app.ui.kit.card import Card
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.label import Label
from terminal_app.ui.theme import SPACE, theme

_LICENCES = (
    "Bhav is free software under the Apache License 2.0, without warranty of any kind.\n"
    "It is built on Qt and PySide6, which are used under the GNU LGPL version 3; you may replace them by your own build. "
    "The fonts Inter and JetBrains Mono are under the SIL Open Font License.\n"
    "Trading can lose money; you decide every order. Bhav sends no usage data."
)


class AboutDialog(AppDialog):
    """`copy_wanted` asks for the diagnostics on the clipboard."""

    copy_wanted = Signal()

    def __init__(self, window: QWidget, version: str, diagnostics: str) -> None:
        super().__init__(window, "About Bhav", width=520)
        mark = QLabel()
        mark.setPixmap(app_icon().pixmap(theme().px(48), theme().px(48)))
        mark.setAccessibleName("The mark of Bhav")
        words = column(spacing=SPACE.hair)
        words.addWidget(Label("Bhav", "figure"))
        words.addWidget(Label("A trading terminal for the accounts you already have.", "body", "text.2"))
        words.addWidget(Label(f"Version {version}", "body", "text.3"))
        head = QHBoxLayout()
        head.setSpacing(SPACE.section)
        head.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        self.body.addLayout(head)
        licences = Label(_LICENCES, "body", "text.2")
        licences.setWordWrap(True)
        self.body.addWidget(licences)
        card = Card()
        card.setAccessibleName("Versions and folders")
        facts = Label(diagnostics, "small", "text.2", mono=True)
        facts.setWordWrap(True)
        facts.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        card.body.addWidget(facts)
        self.body.addWidget(card)
        self.footer.addStretch(1)
        copy = self.add_button("Copy diagnostics")
        copy.clicked.connect(self.copy_wanted)
        self.add_cancel("Close", default=True)
