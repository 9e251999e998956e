"""What is copied or exported from a table: tab-separated or comma-separated text with plain figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from terminal_app.ui.formats import EN_DASH, MINUS


def plain_figure(text: str) -> str:
    """A figure as other programs read it: no grouping, ASCII minus, empty where unknown."""
    return "" if text == EN_DASH else text.replace(MINUS, "-").replace(",", "").removeprefix("+")


def tsv(rows: Iterable[Sequence[str]]) -> str:
    """Rows as tab-separated lines; tabs and line ends inside a cell become spaces."""
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows)


def comma_separated(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV. A text that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: str) -> str:
    # Broker texts are not ours: "=HYPERLINK(...)" must not run in the user's spreadsheet. Figures keep their minus.
    if cell[:1] in {"=", "@"} or (cell[:1] in {"+", "-"} and not cell[1:].replace(".", "", 1).rstrip("%").isdigit()):
        return f"'{cell}"
    return cell
