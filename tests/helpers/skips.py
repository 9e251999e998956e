"""Which skips are honest where everything must run: under BHAV_NO_SKIP=1 all others are failures."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from typing import Any

import pytest

# A reason begins so: "needs shared ...", "needs macOS", "needs Windows".
_ALWAYS_ALLOWED = re.compile(r"\bneeds (the )?(shared|macOS|Windows)\b")


def may_skip(reason: str) -> bool:
    """Whether a test may be skipped for ``reason`` now."""
    return os.environ.get("BHAV_NO_SKIP") != "1" or _ALWAYS_ALLOWED.search(reason) is not None


def _judge(report: Any) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if not may_skip(reason):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped where nothing may skip (BHAV_NO_SKIP=1): {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _judge(report)
    return report
