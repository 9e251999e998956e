"""The session of a recorded day, killed at random instants and started again: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from tests.e2e.acknowledged import Acknowledged, Facts, wrong_end, wrong_export
from tests.e2e.session import STEPS
from tests.helpers.folders import REPOSITORY

LIMIT_S = 60.0
_ON_ITS_WAY = ("INTENDED", "SUBMITTED")
_STEP_S = 0.12
"""About how long a step of the session takes: only to spread the kills over all of it."""


class Life:
    """One start of the program. ``hear`` gives its facts; reading goes on in a thread so that it never waits for us."""

    def __init__(self, home: Path, recording: Path) -> None:
        self._errors = (home / "errors.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.driver", str(home), str(recording)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=REPOSITORY,
            text=True,
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), name="facts", daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def next(self, timeout_s: float = LIMIT_S) -> Facts | None:
        """The next fact; None when the program has ended. A line cut short by the end is no fact. Raises queue.Empty."""
        line = self._lines.get(timeout=max(0.0, timeout_s))
        if line is None or not line.endswith("\n"):
            return None
        fact: Facts = json.loads(line)
        return fact

    def go(self) -> None:
        """Let it trade, or end."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self) -> list[Facts]:
        """Kill it; what it had said and nobody had read yet."""
        self.process.send_signal(signal.SIGKILL)
        return self.end()

    def end(self) -> list[Facts]:
        """Wait for its end; what nobody had read yet."""
        self.process.wait(LIMIT_S)
        self._reader.join(LIMIT_S)
        rest = []
        while (fact := self.next(1.0)) is not None:
            rest.append(fact)
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        return rest


class Killer:
    """Kills and starts again, over as many homes as the sessions that come to their end.

    ``failures`` are sentences; ``kills`` and ``ends`` of sessions are counted, and ``settled`` are the orders that a kill met
    before they were sent, and that the next start closed.
    """

    def __init__(self, folder: Path, recording: Path, seed: int) -> None:
        self._folder = folder
        self._recording = recording
        self._random = random.Random(seed)
        self._homes = 0
        self._begin_home()
        self.failures: list[str] = []
        self.kills = 0
        self.ends = 0
        self.settled = 0

    def _begin_home(self) -> None:
        self._homes += 1
        self._home = self._folder / f"home-{self._homes}"
        self._home.mkdir()
        self._told = Acknowledged()

    def run(self, kills: int) -> None:
        """Kill that many times; then let the last session come to its end."""
        while self.kills < kills:
            self._live(kill=True)
        while not self._live(kill=False):
            continue

    def _live(self, *, kill: bool) -> bool:
        """One life; whether it came to the end of the session."""
        life = Life(self._home, self._recording)
        try:
            return self._follow(life, kill=kill)
        finally:
            if life.process.poll() is None:
                life.kill()

    def _follow(self, life: Life, *, kill: bool) -> bool:
        if kill and self._random.random() < 0.1:
            time.sleep(self._random.uniform(0.0, 1.0))
            self._kill(life)
            return False
        book = life.next()
        if book is None or book["fact"] != "book":
            self._fail(f"it did not start: {book}, {self._errors()}")
            self._begin_home()
            return False
        for text in (*self._told.differences(book), *wrong_export(book, self._export())):
            self._fail(text)
        self.settled += sum(one["status"] == "REJECTED" for one in book["orders"]) - self._told.refused
        self._told.hear(book)
        life.go()
        return self._trade(life, kill=kill)

    def _trade(self, life: Life, *, kill: bool) -> bool:
        """Kills come at any moment, shortly after something was told, or while an order is on its way."""
        way = self._random.choice(("moment", "moment", "fact", "fact", "in flight"))
        by_time = way == "moment"
        steps_left = len(STEPS) - 1 - self._told.steps
        moment_s = time.monotonic() + self._random.uniform(0.0, max(1, steps_left) * _STEP_S)
        facts_left = self._random.randrange(1, max(2, steps_left * 3))
        while True:
            try:
                fact = life.next(moment_s - time.monotonic() if kill and by_time else LIMIT_S)
            except queue.Empty:
                if not kill:
                    raise
                self._kill(life)
                return False
            if fact is None:
                self._fail(f"it ended by itself: {self._errors()}")
                self._begin_home()
                return False
            self._hear(fact)
            if fact["fact"] == "end":
                self._end(life, fact)
                return True
            facts_left -= 1
            is_due = facts_left <= 0 if way == "fact" else fact.get("status") in _ON_ITS_WAY and facts_left <= 0
            if kill and not by_time and is_due:
                time.sleep(self._random.uniform(0.0, 0.01 if way == "fact" else 0.002))
                self._kill(life)
                return False

    def _kill(self, life: Life) -> None:
        for fact in life.kill():
            self._hear(fact)
        self.kills += 1

    def _end(self, life: Life, book: Facts) -> None:
        for text in (*self._told.differences(book), *wrong_end(book)):
            self._fail(text)
        life.go()
        life.end()
        for text in wrong_export(book, self._export()):
            self._fail(text)
        self.ends += 1
        self._begin_home()

    def _hear(self, fact: Facts) -> None:
        try:
            self._told.hear(fact)
        except AssertionError as error:
            self._fail(f"a fault in the program: {error}")

    def _export(self) -> str:
        command = [sys.executable, "-m", "terminal_app", "--home", str(self._home), "export", "fills"]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=LIMIT_S)
        if done.returncode:
            self._fail(f"the export failed: {done.stderr}")
        return done.stdout

    def _errors(self) -> str:
        return (self._home / "errors.txt").read_text(encoding="utf-8", errors="replace")[-2000:]

    def _fail(self, text: str) -> None:
        self.failures.append(f"{self._home.name}, after kill {self.kills}, step {self._told.steps}: {text}")


def can_kill() -> bool:
    """Whether this system has SIGKILL."""
    return os.name == "posix"
