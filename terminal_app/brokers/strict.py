"""Reads fields of a broker's JSON strictly: what is missing or of another kind is named, what is new is logged once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Self, TypeVar

from terminal_app.domain.clock import IST
from terminal_app.domain.errors import ProtocolError

_log = logging.getLogger(__name__)
_MOST_NOTED = 200
_noted: set[tuple[str, str, str]] = set()

V = TypeVar("V")


class StrictFields:
    """One JSON object. ``what`` names it in errors, for instance “order”. Each broker has a subclass that says who sent it.

    Every method raises ProtocolError naming broker, object and field.
    """

    __slots__ = ("_values", "what")

    broker: ClassVar[str]
    secrets: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values are never shown, whatever is wrong with them."""
    layouts: ClassVar[tuple[str, ...]] = ("%Y-%m-%d %H:%M:%S",)
    """How times are written, on the Indian wall clock."""

    def __init__(self, values: Any, what: str) -> None:
        if not isinstance(values, dict):
            raise ProtocolError(f"{self.broker} sent {shown(values)} where an object was expected ({what}).")
        self._values: dict[str, Any] = values
        self.what = what

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None

    def value(self, name: str) -> Any:
        """Whatever the field holds, null included."""
        try:
            return self._values[name]
        except KeyError:
            raise ProtocolError(f"{self.broker}'s {self.what} lacks the field “{name}”.") from None

    def text(self, name: str) -> str:
        """A string that is not empty."""
        value = self.value(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, value, "a text")
        return value

    def text_or(self, name: str, default: str = "") -> str:
        """A string; the default where it is missing or null."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._wrong(name, value, "a text")
        return value

    def one_of(self, name: str, meanings: Mapping[str, V]) -> V:
        """Our word for one of theirs, which has to be known."""
        value = self.value(name)
        if not isinstance(value, str) or value not in meanings:
            raise ProtocolError(
                f"{self.broker}'s {self.what} says {self._shown(name, value)} for “{name}”, a word that is not known."
            )
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
        return self.read_moment(self.text(name), f"{self.what}.{name}")

    def moment_or_none(self, name: str) -> datetime | None:
        """A time; None where it is missing, null or empty."""
        text = self.text_or(name)
        return self.read_moment(text, f"{self.what}.{name}") if text else None

    def inner(self, name: str) -> Self:
        """An object within."""
        return type(self)(self.value(name), f"{self.what}.{name}")

    def rows(self, name: str) -> list[Any]:
        """A list within."""
        return self.read_rows(self.value(name), f"{self.what}.{name}")

    def texts(self, name: str) -> list[str]:
        """A list of strings."""
        values = self.rows(name)
        for value in values:
            if not isinstance(value, str):
                raise self._wrong(name, value, "a list of texts")
        return values

    def note_others(self, known: Iterable[str]) -> None:
        """Log the fields that are not known; each once."""
        for name in self._values.keys() - known:
            self.note(self.what, str(name))

    @classmethod
    def read_rows(cls, value: Any, what: str) -> list[Any]:
        """A JSON list."""
        if not isinstance(value, list):
            raise ProtocolError(f"{cls.broker} sent {shown(value)} where a list was expected ({what}).")
        return value

    @classmethod
    def read_moment(cls, text: str, what: str) -> datetime:
        """A time by itself, as aware UTC."""
        found = _moment(text, cls.layouts)
        if found is None:
            raise ProtocolError(f"{cls.broker} sent {shown(text)} as {what}, which is not a time.")
        return found

    @classmethod
    def note(cls, what: str, name: str) -> None:
        """Log something new of the broker's that does not matter here; each once."""
        if (cls.broker, what, name) not in _noted and len(_noted) < _MOST_NOTED:
            _noted.add((cls.broker, what, name))
            _log.info("%s's %s has a new part, which is left alone: %.60s", cls.broker, what, name)

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
        has = self._shown(name, value)
        return ProtocolError(f"{self.broker}'s {self.what} has {has} in the field “{name}” where {wanted} belongs.")

    def _shown(self, name: str, value: Any) -> str:
        return "something else" if name in self.secrets else shown(value)


def shown(value: Any) -> str:
    """A value in an error, cut short."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"“{str(value)[:40]}”"


@lru_cache(maxsize=512)
def _moment(text: str, layouts: tuple[str, ...]) -> datetime | None:
    for layout in layouts:
        try:
            parsed = datetime.strptime(text, layout)  # noqa: DTZ007 - the zone is set on the next line
        except ValueError:
            continue
        return parsed.replace(tzinfo=IST).astimezone(UTC)
    return None
