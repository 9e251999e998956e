"""About says version, licences and folders, and copies them."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.dialogs.about import AboutDialog


def test_it_names_version_licences_and_home(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = AboutDialog(window, "1.2.3", "PySide6 6.11\ndata /somewhere/data")
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for part in ("Version 1.2.3", "LGPL", "Apache License 2.0", "SIL Open Font", "/somewhere/data"):
        assert part in words


def test_the_diagnostics_are_asked_for(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = AboutDialog(window, "1.2.3", "x")
    button = next(one for one in dialog.findChildren(QPushButton) if one.text() == "Copy diagnostics")
    with qtbot.waitSignal(dialog.copy_wanted):
        button.click()
