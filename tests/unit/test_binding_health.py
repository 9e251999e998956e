"""The binding between Python and Qt keeps its reference counts.

PySide6 6.12.0 on Python 3.11 takes a reference from True or None on many calls and aborts the process in the end. This
counts, rather than wait for the abort. It may go when Python 3.11 is no longer supported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Signal

pytestmark = pytest.mark.usefixtures("qapp")


class Source(QObject):
    tick = Signal(int)


def drift(value: object, call: Callable[[], object], times: int) -> int:
    """How many references to ``value`` appear (or, negative, are lost) over ``times`` calls."""
    call()
    before = sys.getrefcount(value)
    for _ in range(times):
        call()
    return sys.getrefcount(value) - before


def test_calls_keep_the_reference_counts_of_true_and_none() -> None:
    source = Source()
    source.tick.connect(lambda _number: None)
    assert drift(True, lambda: source.tick.emit(1), 100) > -50
    assert drift(None, lambda: source.setObjectName("x"), 100) > -50


def test_twenty_thousand_emits_arrive_and_lose_no_reference() -> None:
    source = Source()
    received: list[int] = []
    source.tick.connect(received.append)
    numbers = iter(range(20_001))
    lost = drift(None, lambda: source.tick.emit(next(numbers)), 20_000)
    assert received == list(range(20_001))
    assert lost > -50
