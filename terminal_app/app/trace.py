"""Points of the start, printed as JSON lines when BHAV_TRACE_START=1, and told to whoever listens (the benches)."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

_BEGIN = time.monotonic()
_WANTED = os.environ.get("BHAV_TRACE_START") == "1"
_listeners: list[Callable[[str], None]] = []


def listen(listener: Callable[[str], None]) -> None:
    """Have every point from now on told to ``listener``, on the thread that reached it."""
    _listeners.append(listener)


def _process_age_s() -> float:
    """Seconds since the operating system started this process; since the first import where it does not say."""
    try:
        stat = Path("/proc/self/stat").read_text(encoding="ascii")
        started_ticks = int(stat.rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started_ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.monotonic() - _BEGIN


def trace(point: str) -> None:
    """Print the name of a point with the milliseconds since the process began."""
    if _WANTED:
        line = {"trace": point, "ms": round(_process_age_s() * 1000, 1), "epoch_ms": round(time.time() * 1000, 1)}
        print(json.dumps(line), file=sys.stdout, flush=True)
    for listener in _listeners:
        listener(point)
