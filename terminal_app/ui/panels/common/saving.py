"""Saving a table or a line as a CSV file: asks where without holding up the window, writes beside the loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from terminal_app.domain.errors import StorageError
from terminal_app.ui import formats

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal_app.ui.desk import Desk
    from terminal_app.ui.grid.data_table import DataTable


def export_table(owner: QWidget, table: DataTable[Any], desk: Desk) -> QFileDialog:
    """Ask for a file and write the rows on screen into it. Returns the open dialog."""
    return ask_where(owner, table.accessibleName(), desk, lambda path: save_table(table, desk, path))


def ask_where(owner: QWidget, name: str, desk: Desk, save: Callable[[Path], None]) -> QFileDialog:
    """Ask for a CSV file to keep ``name`` in and hand it to ``save``. Returns the open dialog."""
    terminal = desk.terminal
    day = f"-{formats.to_ist(terminal.clock.now()):%Y-%m-%d}" if terminal is not None else ""
    dialog = QFileDialog(owner.window(), f"Export {name.lower()}", f"{name.lower()}{day}.csv", "CSV files (*.csv)")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("csv")
    dialog.fileSelected.connect(lambda path: save(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def save_table(table: DataTable[Any], desk: Desk, path: Path) -> None:
    """Write the rows on screen, visible columns only; a failure becomes a notice."""
    texts: list[str] = []
    table.export_csv(texts.append)
    save_text(texts[0], table.accessibleName(), desk, path)


def save_text(text: str, name: str, desk: Desk, path: Path) -> None:
    """Write CSV text; a failure becomes a notice."""
    desk.run(_write(path, text, name, desk), f"{name} were not exported")


async def _write(path: Path, text: str, name: str, desk: Desk) -> None:
    import asyncio

    try:
        # The mark in front makes spreadsheets read the rupee sign and names as UTF-8.
        await asyncio.to_thread(path.write_text, text, encoding="utf-8-sig")
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror or error}. Choose another place.") from error
    desk.toast(f"{name} exported", str(path), "news")
