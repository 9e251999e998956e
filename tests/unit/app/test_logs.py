"""Logs mask what looks like a secret, in messages and tracebacks alike."""

from __future__ import annotations

import logging

import pytest

from terminal_app.app.logs import RedactingFormatter, is_harmless, redact

CANARY = "kq8Zr1vXcanary77"


@pytest.mark.parametrize(
    "text",
    [
        f"api_secret={CANARY}",
        f"{{'access_token': '{CANARY}', 'user': 'AB1234'}}",
        f'"totp_seed": "{CANARY}"',
        f"Authorization: {CANARY}",
        f"sent Bearer {CANARY}",
        f"postgresql://trader:{CANARY}@host/db",
        f"mpin = {CANARY};",
    ],
)
def test_a_secret_is_masked(text: str) -> None:
    assert CANARY not in redact(text)


def test_ordinary_words_stay() -> None:
    text = "RELIANCE BUY 10 at 1,418.00, order 2611230000001"
    assert redact(text) == text


def test_a_traceback_is_masked_too() -> None:
    formatter = RedactingFormatter("%(message)s")
    try:
        raise ValueError(f"password={CANARY}")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "failed", (), (type(error), error, error.__traceback__)
        )
    assert CANARY not in formatter.format(record)


@pytest.mark.parametrize(
    "name", ["qasync", "qasync.QThreadExecutor", "httpcore.http11", "asyncio", "sqlalchemy.engine"]
)
def test_libraries_that_print_what_passes_through_them_are_heard_from_a_warning_on(name: str) -> None:
    def written(level: int) -> bool:
        return is_harmless(logging.LogRecord(name, level, __file__, 1, "args %s", (CANARY,), None))

    assert [written(level) for level in (logging.DEBUG, logging.INFO, logging.WARNING)] == [False, False, True]


@pytest.mark.parametrize("name", ["terminal_app.services.sessions", "bhav", "qasyncs"])
def test_our_own_lines_are_written(name: str) -> None:
    assert is_harmless(logging.LogRecord(name, logging.DEBUG, __file__, 1, "fine", (), None))
