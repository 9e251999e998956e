"""The settings: every one that is declared, by group, searchable, applied at once; and the keys of all actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from terminal_app.services.settings import SETTINGS
from terminal_app.ui.dialogs.key_rows import KeysPage
from terminal_app.ui.dialogs.parts import ScrollColumn
from terminal_app.ui.dialogs.setting_row import SettingRow
from terminal_app.ui.icons import icon
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.theme import SIZE, SPACE, theme

if TYPE_CHECKING:
    from terminal_app.domain.messages import SettingChanged
    from terminal_app.services.settings import SettingsService
    from terminal_app.ui.desk import Desk


class SettingsPage(QWidget):
    """The settings by group, each group with the way back to its defaults."""

    def __init__(self, settings: SettingsService) -> None:
        super().__init__()
        self.rows: list[SettingRow] = []
        self._groups: list[tuple[QWidget, list[SettingRow]]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, SPACE.panel_pad, 0)
        self._column.setSpacing(0)
        for name in dict.fromkeys(setting.group for setting in SETTINGS):
            self._add_group(name, settings)
        self._column.addStretch(1)

    def filter(self, text: str) -> int:
        """Show only the settings whose words have `text`; how many that are."""
        wanted = text.casefold().strip()
        for head, rows in self._groups:
            for row in rows:
                row.setVisible(wanted in row.words())
            head.setVisible(any(not row.isHidden() for row in rows))
        return sum(not row.isHidden() for row in self.rows)

    def _add_group(self, name: str, settings: SettingsService) -> None:
        rows = [SettingRow(setting, settings) for setting in SETTINGS if setting.group == name]
        defaults = Button("Defaults", "small")
        defaults.setAccessibleName(f"Defaults of {name}")
        defaults.clicked.connect(lambda: _reset(rows))
        head = QWidget()
        line = QHBoxLayout(head)
        line.setContentsMargins(0, SPACE.group if self._groups else 0, 0, SPACE.tight)
        line.addWidget(Label(name, "lead_strong"), 1)
        line.addWidget(defaults)
        self._column.addWidget(head)
        for row in rows:
            self._column.addWidget(row)
        self.rows.extend(rows)
        self._groups.append((head, rows))


class SettingsDialog(AppDialog):
    """Two pages, one search over both."""

    def __init__(self, window: QWidget, settings: SettingsService, desk: Desk) -> None:
        super().__init__(window, "Settings", subtitle="applied at once", width=720)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a setting or a key")
        self.search.setAccessibleName("Find a setting or a key")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search", theme().px(SIZE.icon)), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._filter)
        self._settings, self._actions = settings, desk.actions
        self.page = SettingsPage(settings)
        self._keys: KeysPage | None = None
        self.tabs = SectionTabs("Pages of the settings", (("settings", "Settings"), ("keys", "Keys")))
        self.tabs.chosen.connect(self._show_page)
        height = max(280, min(theme().px(520), window.height() - theme().px(240)))
        self._stack = QStackedWidget()
        self._insides: list[QVBoxLayout] = []
        for name in ("Settings", "Keys"):
            scroll = ScrollColumn(name, height)
            inside = QVBoxLayout(scroll.content)
            inside.setContentsMargins(0, 0, 0, 0)
            self._stack.addWidget(scroll)
            self._insides.append(inside)
        self._insides[0].addWidget(self.page)
        self._stack.setFixedHeight(height)
        self._nothing = Label("", "body", "text.3")
        top = QHBoxLayout()
        top.setSpacing(SPACE.group)
        top.addWidget(self.tabs)
        top.addWidget(self.search, 1)
        self.body.addLayout(top)
        self.body.addWidget(self._nothing)
        self.body.addWidget(self._stack)
        self._nothing.hide()
        self.footer.addStretch(1)
        self.add_cancel("Close")
        self.finished.connect(self._flush)
        desk.bridge.setting_changed.connect(self._on_setting)
        self.search.setFocus()

    @property
    def keys(self) -> KeysPage:
        """The page of the keys, made when it is first looked at or searched."""
        if self._keys is None:
            self._keys = KeysPage(self._actions, self._settings)
            self._insides[1].addWidget(self._keys)
        return self._keys

    def show_keys(self) -> None:
        """Open on the page of the keys."""
        self.tabs.set_chosen("keys")

    def _show_page(self, key: str) -> None:
        if key == "keys":
            self.keys.refresh()
        self._stack.setCurrentIndex(0 if key == "settings" else 1)

    def _filter(self, text: str) -> None:
        found = {"settings": self.page.filter(text), "keys": self.keys.filter(text)}
        if text and not found[self.tabs.key()]:
            other = next((key for key, count in found.items() if count), None)
            if other is not None:
                self.tabs.set_chosen(other)
        for key, count in found.items():
            self.tabs.set_count(key, count if text else 0)
        nothing = not any(found.values())
        self._nothing.setVisible(nothing)
        self._nothing.show_text(f"No setting and no key has “{text.strip()}” in it." if nothing else "")

    def _on_setting(self, message: SettingChanged) -> None:
        if message.key.startswith("key."):
            if self._keys is not None:
                self._keys.refresh()
            return
        for row in self.page.rows:
            if row.setting.key == message.key:
                row.refresh()

    def _flush(self) -> None:
        for row in self.page.rows:
            row.flush()


def _reset(rows: list[SettingRow]) -> None:
    for row in rows:
        row.reset()
