"""What every driver prints: one JSON object a line, for the test that started it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

LIMIT_S = 30.0
_TRIES = 5
_TOO_MANY = 429


def plain(value: object) -> Any:
    """``value`` as JSON knows it: times as ISO text, a client's model objects as their dictionaries."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(one) for one in value]
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    return value


def emit(**facts: object) -> None:
    """One line."""
    sys.stdout.write(json.dumps(plain(facts)) + "\n")
    sys.stdout.flush()


def lines() -> Iterator[Any]:
    """What the test writes, a JSON value a line."""
    for line in sys.stdin:
        yield json.loads(line)


def described(error: BaseException) -> dict[str, object]:
    """What is known of a client's exception."""
    body = getattr(error, "body", None)
    return {
        "kind": type(error).__name__,
        "text": str(error),
        "code": getattr(error, "code", None) or getattr(error, "status", None),
        "body": body.decode("utf-8", "replace") if isinstance(body, bytes) else body,
    }


def patiently(action: Callable[[], Any]) -> Any:
    """Do ``action``, again after a second where the broker says that it was called too often."""
    for _ in range(_TRIES):
        try:
            return action()
        except Exception as error:
            if described(error)["code"] != _TOO_MANY:
                raise
        time.sleep(1.05)
    return action()


class Story:
    """Steps that are printed as they are made: a step that fails is told, and the story goes on."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def step(self, name: str, action: Callable[[], Any], shown: Callable[[Any], Any] | None = None) -> Any:
        """Do ``action``; ``shown`` shortens what is printed of it. None where it failed."""
        try:
            value = patiently(action)
            told = shown(value) if shown else value
        except Exception as error:  # noqa: BLE001 - every failure of the client is a fact for the test
            emit(step=name, ok=False, error=described(error))
            return None
        emit(step=name, ok=True, value=told)
        self.values[name] = value
        return value


def wait_for(condition: Callable[[], object], wake: threading.Condition, limit_s: float = LIMIT_S) -> bool:
    """Wait on ``wake`` until ``condition`` holds; whether it did in time."""
    end = time.monotonic() + limit_s
    with wake:
        while not condition():
            if not wake.wait(end - time.monotonic()) and time.monotonic() >= end:
                return bool(condition())
    return True
