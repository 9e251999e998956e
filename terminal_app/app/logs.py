"""Logs: a rotating private file, with secrets masked before anything is written."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import os
import re
import sys
import threading
from pathlib import Path
from types import TracebackType

_MASK = "••••"
# Their lines hold what secrets travel in: the arguments and results of calls, addresses with queries, headers, parameters of SQL.
_TALKATIVE = (
    "aiosqlite",
    "alembic",
    "asyncio",
    "hpack",
    "httpcore",
    "httpx",
    "keyring",
    "picows",
    "qasync",
    "sqlalchemy",
)
_MASKED_FIELDS = (
    "api_key|api_secret|secret|password|passwd|mpin|pin|totp|totp_seed|seed|otp|token|access_token|refresh_token|feed_token|"
    "request_token|enctoken|jwt|authorization|checksum|x-checksum|sessiontoken|apisession"
)
_PATTERNS = (
    re.compile(rf"(?i)([\"']?\b(?:{_MASKED_FIELDS})\b[\"']?\s*[=:]\s*[\"']?)([^\s\"',&;}}]+)"),
    re.compile(r"(?i)(\b(?:bearer|token)\s+)([A-Za-z0-9._:~+/=-]{8,})"),
    re.compile(r"(://[^/\s:@]+:)([^@\s/]+)(?=@)"),
)


def redact(text: str) -> str:
    """The text with the values of secret-looking fields masked."""
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{_MASK}", text)
    return text


class RedactingFormatter(logging.Formatter):
    """Masks secrets in the finished line, the traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, redacted."""
        return redact(super().format(record))


def is_harmless(record: logging.LogRecord) -> bool:
    """Whether a line may be written: below a warning, nothing of the libraries that print what passes through them.

    Their loggers are set to be silent, too; this holds where something sets them to another level.
    """
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _TALKATIVE


def start_logs(folder: Path, *, verbose: bool = False) -> None:
    """Write logs and crash traces into ``folder``; the file is readable by its owner only. Raises OSError."""
    path = folder / "bhav.log"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=2_000_000, backupCount=5, encoding="utf-8")
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(is_harmless)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    _start_crash_traces(folder)


def _start_crash_traces(folder: Path) -> None:
    descriptor = os.open(folder / "crash.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    faulthandler.enable(os.fdopen(descriptor, "a", buffering=1, encoding="utf-8"))
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    exc_info = (kind, error, trace) if error is not None else None
    logging.getLogger("bhav").critical("uncaught %s", kind.__name__, exc_info=exc_info)
