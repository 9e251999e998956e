"""What went wrong at the database, in words: the one place that knows SQLite's and PostgreSQL's codes."""

from __future__ import annotations

import sqlite3

from msgspec import Struct
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from terminal_app.domain.errors import Move, StorageError
from terminal_app.storage.place import Place


class Diagnosis(Struct, frozen=True):
    """``error`` is what callers get.

    ``reconnect``: the connection is no longer to be trusted.
    ``of_unit``: the unit's own fault, its neighbours would pass.
    """

    error: StorageError
    reconnect: bool = True
    of_unit: bool = False


_FULL = "The disk is full: the {place} cannot grow. Orders are refused until there is room."
_LOCKED = "Another program keeps the {place} locked. Orders are refused until it lets go."
_READ_ONLY = "The {place} is read-only. Orders are refused until this user may write {it}."
_CANNOT_OPEN = "The {place} cannot be opened: check that its folder exists and that this user may write there."
_DAMAGED = "The {place} is damaged or is not a database: move it away, or put a backup copy in its place."
_DISK_FAILED = (
    "The disk failed at the {place}: it may be over its quota, faulty or gone. "
    "Orders are refused until it can be written."
)

_SQLITE_SENTENCES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _CANNOT_OPEN,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_IOERR: _DISK_FAILED,
}
_SQLITE_CONNECTION_STAYS = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

_POSTGRES_SENTENCES = {
    "08": "The connection to the {place} is lost. Orders are refused until it answers; Bhav reconnects by itself.",
    "25006": _READ_ONLY,
    "28": "The {place} refused the login: check user and password in the database setting.",
    "3D": "The {place} does not exist: create it, or correct the database setting.",
    "42501": _READ_ONLY,
    "40P01": _LOCKED,
    "53100": _FULL,
    "53": "The {place} has no room for another connection or is out of memory. Orders are refused until it answers.",
    "55P03": _LOCKED,
    "57": "The {place} is shutting down or starting. Orders are refused until it answers; Bhav reconnects by itself.",
    "58": _DISK_FAILED,
    "XX": "The {place} is damaged: its administrator has to repair it.",
}
_POSTGRES_CONNECTION_STAYS = {"40P01", "53100", "55P03", "25006", "42501"}


def diagnose(error: BaseException, place: Place) -> Diagnosis | None:
    """What ``error`` means; None for an exception that is not the database's."""
    if isinstance(error, StorageError):
        return Diagnosis(error)
    if isinstance(error, DBAPIError):
        original = error.orig
        if isinstance(original, sqlite3.Error):
            return _sqlite(original, place)
        return _postgres(error, place)
    if isinstance(error, sqlite3.Error):
        return _sqlite(error, place)
    if isinstance(error, SQLAlchemyError):
        return _our_fault(type(getattr(error, "orig", None) or error).__name__, place)
    if isinstance(error, OSError):
        return Diagnosis(StorageError(f"The {place.name} cannot be used: {error.strerror or error}."))
    return None


def _sqlite(error: sqlite3.Error, place: Place) -> Diagnosis:
    extended: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = extended & 0xFF
    sentence = _SQLITE_SENTENCES.get(code)
    if sentence is None:
        return _our_fault(getattr(error, "sqlite_errorname", type(error).__name__), place)
    return Diagnosis(
        StorageError(sentence.format(place=place.name, it="it and its folder")),
        reconnect=code not in _SQLITE_CONNECTION_STAYS,
    )


def _postgres(error: DBAPIError, place: Place) -> Diagnosis:
    state = _postgres_state(error)
    for key in (state, state[:2]):
        if key in _POSTGRES_SENTENCES:
            sentence = _POSTGRES_SENTENCES[key].format(place=place.name, it="it")
            return Diagnosis(StorageError(sentence), reconnect=key not in _POSTGRES_CONNECTION_STAYS)
    return _our_fault(state or type(error.orig).__name__, place)


def _postgres_state(error: DBAPIError) -> str:
    """The server's code; what ends or prevents a connection often carries none."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None or type(error.orig).__name__ not in ("OperationalError", "InterfaceError"):
        return state or ""
    words = str(error.orig)
    if "authentication" in words or "password" in words or "role " in words:
        return "28000"
    if "does not exist" in words:
        return "3D000"
    return "08000"


def _our_fault(code: str, place: Place) -> Diagnosis:
    error = StorageError(f"The {place.name} refused an operation ({code}): a fault of Bhav, the log has the details.")
    error.move = Move.DEVELOPER
    return Diagnosis(error, reconnect=False, of_unit=True)
