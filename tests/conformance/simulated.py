"""``bhav simulate NAME`` as a subprocess, and the line that it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.helpers.folders import REPOSITORY

LIMIT_S = 60.0


@contextmanager
def simulated(broker: str, folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """The line of a running dialect; its home and its log are in ``folder``. It must end with 0 when it is asked to."""
    log = folder / f"simulate-{broker}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "terminal_app", "--home", str(folder / "home"), "simulate", broker, *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=REPOSITORY,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            text=True,
        )
        assert process.stdout is not None
        late = threading.Timer(LIMIT_S, process.kill)
        late.start()
        try:
            text = process.stdout.readline()
            late.cancel()
            assert text, f"simulate {broker} printed no line: {log.read_text(errors='replace')[-3000:]}"
            yield json.loads(text)
            assert process.poll() is None, (
                f"simulate {broker} ended by itself: {log.read_text(errors='replace')[-3000:]}"
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(LIMIT_S) == 0, (
                f"simulate {broker} ended badly: {log.read_text(errors='replace')[-3000:]}"
            )
        finally:
            late.cancel()
            if process.poll() is None:
                process.kill()
                process.wait(LIMIT_S)
            process.stdout.close()
