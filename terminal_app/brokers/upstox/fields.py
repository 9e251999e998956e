"""Reads fields of Upstox's JSON strictly: what is missing or of another kind is named, what is new is logged once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from terminal_app.domain.clock import IST
from terminal_app.domain.errors import ProtocolError

_log = logging.getLogger(__name__)

_MOST_NOTED = 500
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S", "%d-%b-%Y %H:%M:%S")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_noted: set[tuple[str, str]] = set()

V = TypeVar("V")


def names(text: str) -> frozenset[str]:
    """The names in a text, for ``known``."""
    return frozenset(text.split())


class Fields:
    """One JSON object. ``what`` names it in errors, for instance “order”. ``known`` are the names that may stand in it."""

    __slots__ = ("_values", "what")

    def __init__(self, values: Any, what: str, known: frozenset[str] | None = None) -> None:
        if not isinstance(values, dict):
            raise ProtocolError(f"Upstox sent {_shown(values)} where an object was expected ({what}).")
        self._values: dict[str, Any] = values
        self.what = what
        if known is not None and not values.keys() <= known:
            _note(what, values.keys() - known)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None

    def value(self, name: str) -> Any:
        """Whatever the field holds, null included. Raises ProtocolError where it is missing."""
        try:
            return self._values[name]
        except KeyError:
            raise ProtocolError(f"Upstox's {self.what} lacks the field “{name}”.") from None

    def text(self, name: str) -> str:
        """A string that is not empty."""
        value = self.value(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, value, "a text")
        return value

    def text_or_empty(self, name: str) -> str:
        """A string; empty where it is null or missing."""
        value = self._values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(name, value, "a text")
        return value

    def one_of(self, name: str, meanings: Mapping[str, V]) -> V:
        """Our word for one of theirs. Raises ProtocolError naming a word that is not known."""
        value = self.value(name)
        if not isinstance(value, str) or value not in meanings:
            raise ProtocolError(f"Upstox's {self.what} says {_shown(value)} for “{name}”, a word that is not known.")
        return meanings[value]

    def count(self, name: str) -> int:
        """A whole number; some are written as 10.0."""
        return self._count(name, self.value(name))

    def count_or(self, name: str, default: int = 0) -> int:
        """A whole number; the default where it is missing or null."""
        value = self._values.get(name)
        return default if value is None else self._count(name, value)

    def amount(self, name: str) -> Decimal:
        """A price or an amount in rupees, exactly as it was written."""
        return self._amount(name, self.value(name))

    def amount_or(self, name: str, default: Decimal) -> Decimal:
        """A price or an amount; the default where it is missing or null."""
        value = self._values.get(name)
        return default if value is None else self._amount(name, value)

    def price_or_none(self, name: str) -> Decimal | None:
        """A price; None where it is missing, null or zero."""
        value = self._values.get(name)
        return None if value is None else (self._amount(name, value) or None)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.value(name)
        if not isinstance(value, bool):
            raise self._wrong(name, value, "true or false")
        return value

    def moment(self, name: str) -> datetime:
        """A time on the Indian wall clock, as aware UTC."""
        return moment(self.text(name), f"{self.what}.{name}")

    def moment_or_none(self, name: str) -> datetime | None:
        """A time; None where it is missing, null or empty."""
        text = self.text_or_empty(name)
        return moment(text, f"{self.what}.{name}") if text else None

    def moment_us(self, name: str) -> datetime:
        """A time in epoch microseconds, as aware UTC."""
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, value, "a time in microseconds")
        return _EPOCH + timedelta(microseconds=value)

    def inner(self, name: str, known: frozenset[str] | None = None) -> Fields:
        """An object within."""
        return Fields(self.value(name), f"{self.what}.{name}", known)

    def rows(self, name: str) -> list[Any]:
        """A list within."""
        return rows(self.value(name), f"{self.what}.{name}")

    def texts(self, name: str) -> list[str]:
        """A list of strings."""
        values = self.rows(name)
        for value in values:
            if not isinstance(value, str):
                raise self._wrong(name, value, "a list of texts")
        return values

    def _count(self, name: str, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
            return int(value)
        raise self._wrong(name, value, "a whole number")

    def _amount(self, name: str, value: Any) -> Decimal:
        if isinstance(value, Decimal) and value.is_finite():
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        raise self._wrong(name, value, "a number")

    def _wrong(self, name: str, value: Any, wanted: str) -> ProtocolError:
        return ProtocolError(f"Upstox's {self.what} has {_shown(value)} in the field “{name}” where {wanted} belongs.")


def rows(value: Any, what: str) -> list[Any]:
    """A JSON list. Raises ProtocolError."""
    if not isinstance(value, list):
        raise ProtocolError(f"Upstox sent {_shown(value)} where a list was expected ({what}).")
    return value


@lru_cache(maxsize=512)
def moment(text: str, what: str) -> datetime:
    """``2026-11-20 09:15:02`` or ``20-Nov-2026 09:15:02`` on the Indian wall clock, as aware UTC. Raises ProtocolError."""
    for layout in _TIME_FORMATS:
        try:
            parsed = datetime.strptime(text, layout)  # noqa: DTZ007 - the zone is set on the next line
            return parsed.replace(tzinfo=IST).astimezone(UTC)
        except ValueError:
            continue
    raise ProtocolError(f"Upstox sent {_shown(text)} as {what}, which is not a time.")


def _note(what: str, names: Iterable[str]) -> None:
    for name in names:
        if (what, name) not in _noted and len(_noted) < _MOST_NOTED:
            _noted.add((what, name))
            _log.info("Upstox's %s has a new part, which is left alone: %.60s", what, name)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"“{str(value)[:40]}”"
