"""Which key belongs to which action, and why a wanted key is refused: decided here, without widgets."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from terminal_app.ui.actions import SPECS

_FIXED = {f"Ctrl+{number}": f"the switch to account {number}" for number in range(1, 10)} | {
    "Alt+B": "Buy in lists and the search",
    "Alt+S": "Sell in lists and the search",
    "Alt+W": "Add to the watchlist",
    "Ctrl+C": "Copy",
    "Ctrl+V": "Paste",
    "Ctrl+A": "Select all",
    "Ctrl+Z": "Undo",
    "Ctrl+F": "Filter the table",
}
"""Keys with one meaning everywhere, which no action may take."""
_STRONG = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.MetaModifier)


def keys_of(name: str, bindings: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of an action: the user's one, else the default ones. Raises KeyError."""
    if bindings.get(name):
        return (bindings[name],)
    return next(spec.keys for spec in SPECS if spec.name == name)


def refusal(name: str, wanted: str, bindings: Mapping[str, str]) -> str:
    """Why the action cannot have this key, in one sentence; empty where it can."""
    sequence = QKeySequence(wanted)
    words = sequence.toString(QKeySequence.SequenceFormat.NativeText)
    if sequence.isEmpty() or not words:
        return "This key cannot be used."
    if not _is_strong(sequence):
        return f"{words} is needed for typing and moving. Use it with Ctrl or Alt, or use a function key."
    for key, meaning in _FIXED.items():
        if QKeySequence(key) == sequence:
            return f"{words} is kept for {meaning}. Choose another key."
    owner = owner_of(wanted, bindings, but=name)
    if owner:
        return f"{words} belongs to “{owner}”. Choose another key, or give that one another key first."
    return ""


def owner_of(wanted: str, bindings: Mapping[str, str], *, but: str = "") -> str:
    """The text of the action that has this key; empty where none has."""
    sequence = QKeySequence(wanted)
    for spec in SPECS:
        if spec.name != but and any(QKeySequence(key) == sequence for key in keys_of(spec.name, bindings)):
            return spec.text.rstrip("…")
    return ""


def _is_strong(sequence: QKeySequence) -> bool:
    """Whether the key cannot be text or movement: a function key, or one with Ctrl, Alt or Meta."""
    combination: QKeyCombination = sequence[0]  # type: ignore[index] # the stubs do not know operator[]
    is_function = Qt.Key.Key_F1 <= combination.key() <= Qt.Key.Key_F35
    return is_function or any(combination.keyboardModifiers() & modifier for modifier in _STRONG)
