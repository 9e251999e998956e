"""The one style sheet: what a palette cannot say. Colours are names in braces, pixels `[n]` times the zoom."""

from __future__ import annotations

import re
from collections.abc import Mapping

TEMPLATE = """
QLineEdit { background: {bg.input}; border: 1px solid {border.control}; border-radius: 3px; min-height: [26]px; padding: 0 7px; selection-background-color: {bg.4}; selection-color: {text.1}; }
QLineEdit:hover:enabled { border-color: {text.3}; }
QLineEdit:focus { border: 2px solid {accent}; min-height: [24]px; padding: 0 6px; }
QLineEdit[problem="true"] { border: 2px solid {error}; min-height: [24]px; padding: 0 6px; }
QLineEdit:disabled { background: {bg.2}; border-color: {border.strong}; color: {text.disabled}; }
QLineEdit[part="bare"] { border: 0; background: transparent; min-height: [20]px; padding: 0; }
QPlainTextEdit, QTextEdit { background: {bg.input}; border: 1px solid {border.control}; border-radius: 3px; padding: 3px; }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid {accent}; padding: 2px; }
QPushButton { background: {bg.3}; border: 1px solid {border.control}; border-radius: 3px; min-height: [24]px; padding: 1px 11px; color: {text.1}; }
QPushButton:hover { background: {bg.4}; }
QPushButton:pressed { background: {bg.2}; }
QPushButton:focus { border: 2px solid {accent}; padding: 0 10px; }
QPushButton:disabled { background: {bg.2}; border-color: {border.strong}; color: {text.disabled}; }
QPushButton[part="small"] { min-height: [18]px; padding: 1px 7px; }
QPushButton[part="small"]:focus { padding: 0 6px; }
QPushButton[part="primary"] { background: {accent.fill}; border-color: {accent.fill}; color: {accent.on_fill}; font-weight: 600; }
QPushButton[part="primary"]:hover { background: {accent}; }
QPushButton[part="primary"]:focus, QPushButton[part="buy"]:focus, QPushButton[part="sell"]:focus { border: 2px solid {text.1}; }
QPushButton[part="primary"]:disabled { background: {bg.3}; border-color: {border.strong}; color: {text.disabled}; }
QPushButton[part="danger"] { background: transparent; border-color: {error}; color: {error}; font-weight: 600; padding: 1px 9px; }
QPushButton[part="danger"]:hover { background: {error.tint}; }
QPushButton[part="danger"]:focus { padding: 0 8px; }
QPushButton[part="danger"][filled="true"] { background: {error.fill}; border-color: {error.fill}; color: {text.on_fill}; }
QPushButton[part="buy"], QPushButton[part="sell"] { color: {text.on_fill}; font-weight: 600; }
QPushButton[part="buy"] { background: {buy.fill}; border-color: {buy.fill}; }
QPushButton[part="sell"] { background: {sell.fill}; border-color: {sell.fill}; }
QPushButton[part="buy"]:hover { background: {buy.fill_hover}; }
QPushButton[part="sell"]:hover { background: {sell.fill_hover}; }
QPushButton[part="tool"] { background: transparent; border: 1px solid transparent; color: {text.2}; min-height: [20]px; min-width: [18]px; padding: 0 4px; }
QPushButton[part="tool"]:hover { background: {bg.3}; color: {text.1}; }
QPushButton[part="tool"]:checked { background: {bg.4}; color: {text.1}; font-weight: 600; }
QPushButton[part="tool"]:focus { border: 2px solid {accent}; padding: 0 3px; min-height: [18]px; min-width: [18]px; }
QPushButton[part="tool"]:disabled { color: {text.disabled}; background: transparent; }
QPushButton[part="link"] { background: transparent; border: 0; color: {text.1}; text-decoration: underline; padding: 0 2px; min-height: 0; }
QPushButton[part="link"]:focus { border: 2px solid {accent}; padding: 0; }
QTabBar { background: transparent; border: 0; }
QTabBar::tab { height: [26]px; padding: 0 10px; color: {text.2}; background: {bg.2}; border: 0; border-top: 2px solid transparent; }
QTabBar::tab:hover { color: {text.1}; background: {bg.3}; }
QTabBar::tab:selected { color: {text.1}; background: {bg.1}; border-top: 2px solid {accent}; font-weight: 600; }
QTabBar::tab:selected:focus { border: 2px solid {accent}; padding: 0 8px; }
QTableView, QTreeView, QListView { background: {bg.1}; border: 0; selection-background-color: {accent.tint}; selection-color: {text.1}; }
QHeaderView { background: {bg.2}; border: 0; }
QHeaderView::section { background: {bg.2}; color: {text.3}; border: 0; border-bottom: 1px solid {border.subtle}; padding: 0 8px; font-size: [8.25]pt; }
QMenuBar { background: {bg.2}; color: {text.2}; border-bottom: 1px solid {border.subtle}; spacing: 0; }
QMenuBar::item { padding: 5px 8px; background: transparent; }
QMenuBar::item:selected { background: {bg.3}; color: {text.1}; }
QMenu { background: {bg.4}; color: {text.1}; border: 1px solid {border.strong}; padding: 4px 0; }
QMenu::item { padding: 4px 24px 4px 26px; background: transparent; }
QMenu::item:selected { background: {accent.tint}; border-left: 3px solid {accent}; padding-left: 23px; }
QMenu::item:disabled { color: {text.disabled}; }
QMenu::separator { height: 1px; background: {border.strong}; margin: 4px 0; }
QToolTip { background: {bg.4}; color: {text.1}; border: 1px solid {border.strong}; padding: 3px 6px; }
QSplitter::handle, QMainWindow::separator { background: {bg.0}; width: 4px; height: 4px; }
QScrollBar { background: transparent; border: 0; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: {border.strong}; border: 2px solid transparent; border-radius: 5px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: {border.control}; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { width: 0; height: 0; background: transparent; border: 0; }
QStatusBar::item { border: 0; }
"""  # noqa: E501 - one rule a line keeps the sheet readable as a table


_PLACEHOLDER = re.compile(r"\{([a-z_0-9.]+)\}|\[([0-9.]+)\](pt|px)")


def style_sheet(colors: Mapping[str, str], zoom: float) -> str:
    """The sheet for one set of colours and one zoom. Raises KeyError for a colour that does not exist."""

    def fill(match: re.Match[str]) -> str:
        name, number, unit = match.groups()
        if name is not None:
            return colors[name]
        scaled = float(number) * zoom
        return f"{scaled:.2f}pt" if unit == "pt" else f"{round(scaled)}px"

    return _PLACEHOLDER.sub(fill, TEMPLATE)
