"""Saving a table as a CSV file: asks where without holding up the window, writes beside the loop."""

from __future__ import annotations

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
    name = table.accessibleName()
    terminal = desk.terminal
    day = f"-{formats.to_ist(terminal.clock.now()):%Y-%m-%d}" if terminal is not None else ""
    dialog = QFileDialog(owner.window(), f"Export {name.lower()}", f"{name.lower()}{day}.csv", "CSV files (*.csv)")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("csv")
    dialog.fileSelected.connect(lambda path: save_table(table, desk, Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def save_table(table: DataTable[Any], desk: Desk, path: Path) -> None:
    """Write the rows on screen, visible columns only; a failure becomes a notice."""
    texts: list[str] = []
    table.export_csv(texts.append)
    desk.run(_write(path, texts[0], table.accessibleName(), desk), f"{table.accessibleName()} were not exported")


async def _write(path: Path, text: str, name: str, desk: Desk) -> None:
    import asyncio

    try:
        # The mark in front makes spreadsheets read the rupee sign and names as UTF-8.
        await asyncio.to_thread(path.write_text, text, encoding="utf-8-sig")
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror or error}. Choose another place.") from error
    desk.toast(f"{name} exported", str(path), "news")
