"""Contrast between two colours as WCAG 2.2 defines it."""

from __future__ import annotations

from PySide6.QtGui import QColor


def _channel(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def luminance(color: QColor) -> float:
    """Relative luminance from 0 (black) to 1 (white); alpha is ignored."""
    return 0.2126 * _channel(color.redF()) + 0.7152 * _channel(color.greenF()) + 0.0722 * _channel(color.blueF())


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio from 1 to 21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
