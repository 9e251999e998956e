"""Single parts against the usual way, for information: the live grid, the price chart, a durable commit."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.helpers.folders import REPOSITORY

GRID, CHART, COMMIT = "grid.repaint", "chart.update", "storage.commit"


def run_grid(quick: bool = False) -> list[dict]:
    """Milliseconds of one full repaint of 200 x 14 cells; the peer is a QTableWidget with the same texts."""
    words = _line_with("tests.helpers.grid_timing", "all rows").replace(",", "").split()
    ours, peer = float(words[words.index("grid") + 1]), float(words[words.index("widget") + 1])
    return [{"bench": GRID, "ours": ours, "peer": peer, "ratio": round(peer / ours, 1), "unit": "ms"}]


def run_chart(quick: bool = False) -> list[dict]:
    """Milliseconds of one update of the last bar with its paint, 1,000 bars shown; there is no peer here."""
    told = json.loads(_line_with("tests.helpers.chart_timing", "live update, 1000 shown"))
    return [{"bench": CHART, "ours": told["ours"], "peer": None, "ratio": None, "unit": told["unit"]}]


def run_commit(quick: bool = False) -> list[dict]:
    """Microseconds of one durable commit of one row; the peer is plain sqlite3 on the same disk."""
    told = json.loads(_line_with("tests.helpers.storage_timing", '"storage.durable"'))
    return [{**told, "bench": COMMIT}]


def _line_with(module: str, words: str) -> str:
    """The first line with these words that the timing prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return next(line for line in done.stdout.splitlines() if words in line)
