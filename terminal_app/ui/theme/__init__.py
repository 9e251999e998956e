"""The look of the terminal: colours, fonts, sizes, palette and style sheet."""

from __future__ import annotations

from terminal_app.ui.theme.metrics import MOTION_MS, RADIUS, SIZE, SPACE, TYPE
from terminal_app.ui.theme.theme import Scheme, Theme, theme

__all__ = ["MOTION_MS", "RADIUS", "SIZE", "SPACE", "TYPE", "Scheme", "Theme", "theme"]
