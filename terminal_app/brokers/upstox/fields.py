"""Upstox's JSON, read strictly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Self

from terminal_app.brokers.strict import StrictFields

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def names(text: str) -> frozenset[str]:
    """The names in a text, for ``known``."""
    return frozenset(text.split())


class Fields(StrictFields):
    """One JSON object of Upstox's. ``known`` are the names that may stand in it; others are logged once."""

    __slots__ = ()
    broker = "Upstox"
    secrets = frozenset({"access_token", "extended_token", "authorized_redirect_uri"})
    layouts = ("%Y-%m-%d %H:%M:%S", "%d-%b-%Y %H:%M:%S")

    def __init__(self, values: Any, what: str, known: frozenset[str] | None = None) -> None:
        super().__init__(values, what)
        if known is not None:
            self.note_others(known)

    def moment_us(self, name: str) -> datetime:
        """A time in epoch microseconds, as aware UTC."""
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, value, "a time in microseconds")
        return _EPOCH + timedelta(microseconds=value)

    def inner(self, name: str, known: frozenset[str] | None = None) -> Self:
        """An object within."""
        return type(self)(self.value(name), f"{self.what}.{name}", known)


rows = Fields.read_rows
moment = Fields.read_moment
