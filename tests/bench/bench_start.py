"""How long a cold start takes: to the first painted window against a bare window, and until an order rests against VeighNa."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.processes import PEERS, compile_ours, milliseconds_to
from tests.helpers.folders import REPOSITORY

WINDOW, READY = "start.window", "start.ready"
ROUNDS, QUICK_ROUNDS = 9, 3
VEIGHNA = REPOSITORY / ".venv-peer" / "vnpy"

_Start = Callable[[], float]


def run_window(quick: bool = False) -> list[dict]:
    """Milliseconds to the first paint in which the panels are on the window; the peer is a window without anything."""
    with tempfile.TemporaryDirectory(prefix="bhav-bench-") as home:
        return [_compare(WINDOW, lambda: _bhav_window(home), _bare_window, quick)]


def run_ready(quick: bool = False) -> list[dict]:
    """Milliseconds until a limit order on the paper account is OPEN; the peer is VeighNa's main window, painted."""
    if sys.platform == "win32":
        return [{"bench": READY, "skipped": "the peer's environment is made by a shell script"}]
    subprocess.run([REPOSITORY / "resources" / "setup" / "peers.sh", "vnpy"], check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="bhav-bench-") as home:
        return [_compare(READY, lambda: _bhav_ready(home), lambda: _veighna_window(home), quick)]


def _compare(name: str, ours: _Start, peer: _Start, quick: bool) -> dict:
    """Alternating starts: the first of each, which fills the caches and makes the home, does not count."""
    compile_ours()
    ours(), peer()
    pairs = [(ours(), peer()) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
    ours_ms, peer_ms = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "bench": name,
        "ours": round(ours_ms, 1),
        "peer": round(peer_ms, 1),
        "ratio": round(ours_ms / peer_ms, 2),
        "unit": "ms",
        "ours_all": [round(pair[0]) for pair in pairs],
        "peer_all": [round(pair[1]) for pair in pairs],
        "byte_compiled": "both",
    }


def _bhav_window(home: str) -> float:
    return milliseconds_to(
        "window", [Path(sys.executable).with_name("bhav"), "--home", home], {"BHAV_TRACE_START": "1"}
    )


def _bhav_ready(home: str) -> float:
    command = [sys.executable, "-m", "tests.bench.place_one", "--home", home]
    return milliseconds_to("order_open", command, {"BHAV_TRACE_START": "1"})


def _bare_window() -> float:
    return milliseconds_to("window", [sys.executable, PEERS / "bare_window.py"], {})


def _veighna_window(home: str) -> float:
    return milliseconds_to("window", [VEIGHNA / "bin" / "python", PEERS / "veighna_window.py"], {"HOME": home})
