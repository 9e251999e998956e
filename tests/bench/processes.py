"""Starts programs for the start-up benches and reads the points that they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.helpers.folders import REPOSITORY

PEERS = Path(__file__).parent / "peers"
LIMIT_S = 60.0


class StartFailedError(Exception):
    """The program ended, or the time was up, before it printed the point."""


def compile_ours() -> None:
    """Byte-compile what the installer byte-compiles, so that no run pays for it."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", "terminal_app", "tests/bench"], cwd=REPOSITORY, check=True)


def milliseconds_to(
    point: str, command: Sequence[str | Path], environment: Mapping[str, str], folder: Path = REPOSITORY
) -> float:
    """Milliseconds from asking for the process until it printed ``point``; the process is ended then.

    Raises StartFailedError with what the program wrote.
    """
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false", **environment}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.time()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        reached = _read_until(process, point)
    finally:
        process.kill()
        _, errors = process.communicate()
    if reached is None:
        raise StartFailedError(f"{' '.join(map(str, command))} did not reach {point}: {errors[-2000:]}")
    return reached - began * 1000


def _read_until(process: subprocess.Popen[str], point: str) -> float | None:
    assert process.stdout is not None
    deadline = time.monotonic() + LIMIT_S
    for line in process.stdout:
        if line.startswith("{"):
            told = json.loads(line)
            if told.get("trace") == point:
                return float(told["epoch_ms"])
        if time.monotonic() > deadline:
            return None
    return None
