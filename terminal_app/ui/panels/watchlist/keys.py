"""What the keys mean while the watchlist has the focus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

_PLAIN = {
    Qt.Key.Key_B: "buy",
    Qt.Key.Key_S: "sell",
    Qt.Key.Key_D: "depth",
    Qt.Key.Key_Delete: "remove",
    Qt.Key.Key_Menu: "menu",
}
_ALT = {Qt.Key.Key_B: "buy", Qt.Key.Key_S: "sell", Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down"}
LIST = "list "
"""Begins the verb that shows a list: "list 3"."""


def verb_of(event: QKeyEvent) -> str:
    """The verb of a key press, empty where it has none here."""
    if event.matches(QKeySequence.StandardKey.Paste):
        return "paste"
    if event.matches(QKeySequence.StandardKey.Undo):
        return "undo"
    key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers == Qt.KeyboardModifier.AltModifier:
        return _ALT.get(key, "")
    if modifiers != Qt.KeyboardModifier.NoModifier:
        return ""
    if Qt.Key.Key_1 <= key <= Qt.Key.Key_7:
        return f"{LIST}{key - Qt.Key.Key_0}"
    return _PLAIN.get(key, "")
