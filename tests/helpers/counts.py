"""How often a counted test runs: in full when proving, else a tenth."""

from __future__ import annotations

import os


def proving() -> bool:
    """Whether counted tests run in full (`make prove` sets BHAV_PROVE=1)."""
    return os.environ.get("BHAV_PROVE") == "1"


def runs(full: int) -> int:
    """The number of runs of a counted test whose full count is ``full``; at least one."""
    return full if proving() else max(1, full // 10)
