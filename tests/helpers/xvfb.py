"""An X server without a screen, for tests that need a window system."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def x_display(*, size: str = "1440x900", window_manager: bool = False) -> Iterator[dict[str, str]]:
    """Start Xvfb on a free display, openbox on it if asked for; yields the environment for programs on that display.

    The test is skipped where one of them is not installed.
    """
    for program in ["Xvfb", *(["openbox"] if window_manager else [])]:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} (resources/setup/test_libs.sh installs it)")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.append(subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL))
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        environment = {
            name: value for name, value in os.environ.items() if name not in {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY"}
        }
        environment["DISPLAY"] = f":{number}"
        if window_manager:
            started.append(subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL))
        yield environment
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=10)
