"""How long a cold start takes: to the first painted window against a bare window, and until an order rests against VeighNa."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.processes import PEERS, compile_ours, points_until
from tests.helpers.folders import REPOSITORY

WINDOW, READY = "start.window", "start.ready"
ROUNDS, QUICK_ROUNDS = 15, 3
VEIGHNA = REPOSITORY / ".venv-peer" / "vnpy"

_Points = dict[str, float]


def run_window(quick: bool = False) -> list[dict]:
    """Milliseconds to the first paint; the peer is a window without anything.

    That paint shows the watchlist's names, the ticket, the positions' header and the chart's frame in their places, drawn
    by ``ui/shell/face.py``; ``panels`` says when the panels themselves stood there, still without prices.
    """

    def ours(home: str) -> _Points:
        bhav = Path(sys.executable).with_name("bhav")
        return points_until("panels", [bhav, "--home", home], {"BHAV_TRACE_START": "1"})

    def peer(home: str) -> _Points:
        return points_until("window", [sys.executable, PEERS / "bare_window.py"], {})

    return [_compare(WINDOW, ("window", ours), ("window", peer), quick)]


def run_ready(quick: bool = False) -> list[dict]:
    """Milliseconds until a limit order on the paper account is OPEN; the peer is VeighNa's main window, painted.

    Both have started in this home before, as after the first day of use.
    """
    if not VEIGHNA.is_dir():
        return [{"bench": READY, "skipped": f"needs {VEIGHNA}, which make bench sets up"}]

    def ours(home: str) -> _Points:
        command = [sys.executable, "-m", "tests.bench.place_one", "--home", home]
        return points_until("order_open", command, {"BHAV_TRACE_START": "1"})

    def peer(home: str) -> _Points:
        return points_until("window", [VEIGHNA / "bin" / "python", PEERS / "veighna_window.py"], {"HOME": home})

    return [_compare(READY, ("order_open", ours), ("window", peer), quick)]


def _compare(
    name: str,
    ours: tuple[str, Callable[[str], _Points]],
    peer: tuple[str, Callable[[str], _Points]],
    quick: bool,
) -> dict:
    """Alternating starts; the ratio is the median of the pairs', because the machine is not equally quick all the time.

    The first start of each, which fills the caches and makes the home, does not count.
    """
    (our_point, our_start), (peer_point, peer_start) = ours, peer
    compile_ours()
    with tempfile.TemporaryDirectory(prefix="bhav-bench-") as home:
        our_start(home)
        peer_start(home)
        pairs = [(our_start(home), peer_start(home)) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
    ours_ms, peer_ms = [pair[0][our_point] for pair in pairs], [pair[1][peer_point] for pair in pairs]
    return {
        "bench": name,
        "ours": round(statistics.median(ours_ms), 1),
        "peer": round(statistics.median(peer_ms), 1),
        "ratio": round(statistics.median(mine / other for mine, other in zip(ours_ms, peer_ms, strict=True)), 2),
        "unit": "ms",
        "points": {point: round(statistics.median(pair[0][point] for pair in pairs)) for point in pairs[0][0]},
        "ours_all": [round(one) for one in ours_ms],
        "peer_all": [round(one) for one in peer_ms],
        "byte_compiled": "both",
    }
