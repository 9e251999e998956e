"""The palette that Fusion paints with, from the colours of one scheme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QColor, QPalette

_ROLES = {
    QPalette.ColorRole.Window: "bg.2",
    QPalette.ColorRole.WindowText: "text.1",
    QPalette.ColorRole.Base: "bg.1",
    QPalette.ColorRole.AlternateBase: "bg.2",
    QPalette.ColorRole.Text: "text.1",
    QPalette.ColorRole.Button: "bg.3",
    QPalette.ColorRole.ButtonText: "text.1",
    QPalette.ColorRole.BrightText: "text.on_fill",
    QPalette.ColorRole.PlaceholderText: "text.3",
    QPalette.ColorRole.Highlight: "accent.tint",
    QPalette.ColorRole.HighlightedText: "text.1",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "bg.4",
    QPalette.ColorRole.ToolTipText: "text.1",
    QPalette.ColorRole.Light: "bg.4",
    QPalette.ColorRole.Midlight: "bg.3",
    QPalette.ColorRole.Mid: "border.strong",
    QPalette.ColorRole.Dark: "border.strong",
    QPalette.ColorRole.Shadow: "bg.0",
}
_TEXT_ROLES = (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText)


def make_palette(color: Callable[[str], QColor]) -> QPalette:
    """A palette whose roles are the colours that `color` returns by name."""
    palette = QPalette()
    for role, name in _ROLES.items():
        palette.setColor(role, color(name))
    for role in _TEXT_ROLES:
        palette.setColor(QPalette.ColorGroup.Disabled, role, color("text.disabled"))
    return palette
