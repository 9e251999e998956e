"""The brokers' own clients: each runs in its own environment as a subprocess and speaks JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.folders import REPOSITORY

LIMIT_S = 300.0
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "LC_ALL")


class Sdk:
    """One client: ``name`` is that of its lock and of its environment, ``driver`` a module among the drivers."""

    def __init__(self, name: str, driver: str) -> None:
        self.name = name
        self._driver = driver
        folder = REPOSITORY / ".venv-sdk" / name
        self._python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def is_set_up(self) -> bool:
        """Whether its environment is there."""
        return self._python.exists()

    def require(self) -> None:
        """Skip the test where the environment is not set up."""
        if not self.is_set_up:
            pytest.skip(f"{self.name} is not set up in .venv-sdk (make test does it)")

    def run(
        self, command: str, lines: Iterable[object], *, ca: Path | None = None, limit_s: float = LIMIT_S
    ) -> list[Any]:
        """What the driver's ``command`` answers to ``lines``, line by line. ``ca`` is a certificate that it trusts.

        Raises AssertionError with the driver's own words where it does not end well.
        """
        self.require()
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {"TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"}
        if ca is not None:
            environment["REQUESTS_CA_BUNDLE"] = str(ca)
        done = subprocess.run(
            [str(self._python), "-m", f"tests.conformance.drivers.{self._driver}", command],
            cwd=REPOSITORY,
            input="".join(json.dumps(line) + "\n" for line in lines),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=limit_s,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert done.returncode == 0, f"{self._driver} {command}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
        return answers


KITE = Sdk("kiteconnect", "kiteconnect_driver")
UPSTOX = Sdk("upstox-python-sdk", "upstox_driver")
