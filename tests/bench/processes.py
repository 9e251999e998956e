"""Starts programs for the start-up benches and reads the points that they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.helpers.folders import REPOSITORY

PEERS = Path(__file__).parent / "peers"
LIMIT_S = 60.0


class StartFailedError(Exception):
    """The program ended, or the time was up, before it printed the point."""


def compile_ours() -> None:
    """Byte-compile what an installation byte-compiles, so that no run pays for it."""
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "terminal_app", "tests/bench"], cwd=REPOSITORY, check=True
    )


def points_until(point: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> dict[str, float]:
    """Every point that the process printed up to ``point``, in milliseconds from asking for it; it is ended then.

    Raises StartFailedError with what the program wrote.
    """
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false", **environment}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
    words = [str(part) for part in command]
    began_ms = time.time() * 1000
    process = subprocess.Popen(
        words, cwd=REPOSITORY, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    too_long = threading.Timer(LIMIT_S, process.kill)
    too_long.start()
    try:
        points = _read_until(process, point)
    finally:
        too_long.cancel()
        process.kill()
        _, errors = process.communicate()
    if point not in points:
        raise StartFailedError(f"{' '.join(words)} did not reach {point!r}: {errors[-2000:]}")
    return {name: epoch_ms - began_ms for name, epoch_ms in points.items()}


def _read_until(process: subprocess.Popen[str], point: str) -> dict[str, float]:
    assert process.stdout is not None
    points: dict[str, float] = {}
    for line in process.stdout:
        told = json.loads(line) if line.startswith("{") else {}
        if "trace" in told:
            points[told["trace"]] = float(told["epoch_ms"])
        if point in points:
            break
    return points
