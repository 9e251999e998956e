"""A log record of warning level or above that a test does not announce fails it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest


class LogGuard(logging.Handler):
    """Collects records from WARNING upwards; call it with the patterns that a test expects.

    A pattern is a regular expression searched for in ``logger: message``. A pattern that nothing matches fails the test
    too, unless it was given to :meth:`allow`.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._expected: list[str] = []
        self._allowed: list[str] = []

    def __call__(self, *patterns: str) -> None:
        self._expected.extend(patterns)

    def allow(self, *patterns: str) -> None:
        """Patterns that may occur and need not."""
        self._allowed.extend(patterns)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")

    def complaints(self) -> list[str]:
        """What is wrong now: lines nobody announced, and announced lines that did not come."""
        patterns = self._expected + self._allowed
        unexpected = [line for line in self.lines if not any(re.search(pattern, line) for pattern in patterns)]
        missing = [pattern for pattern in self._expected if not any(re.search(pattern, line) for line in self.lines)]
        return [f"unexpected log line: {line}" for line in unexpected] + [
            f"no log line matches: {pattern}" for pattern in missing
        ]


@pytest.fixture(autouse=True)
def expected_logs() -> Iterator[LogGuard]:
    """Announce log lines: ``expected_logs("feed lost")``; every other warning fails the test."""
    guard = LogGuard()
    root = logging.getLogger()
    level = root.level
    root.addHandler(guard)
    yield guard
    root.removeHandler(guard)
    root.setLevel(level)
    complaints = guard.complaints()
    if complaints:
        pytest.fail("\n".join(complaints))
