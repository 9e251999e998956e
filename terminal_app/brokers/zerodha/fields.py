"""Reads fields of Kite's JSON strictly: what is missing or of another kind is named, what is new is logged once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from terminal_app.domain.clock import IST
from terminal_app.domain.errors import ProtocolError

log = logging.getLogger(__name__)

_noted: set[tuple[str, str]] = set()
_MOST_NOTED = 500
_SECRETS = frozenset({"access_token", "public_token", "refresh_token", "enctoken", "request_id"})
"""Fields whose values are never shown, whatever is wrong with them."""


class Fields:
    """One JSON object. ``what`` names it in errors, for instance “order”."""

    __slots__ = ("_values", "what")

    def __init__(self, values: Any, what: str) -> None:
        if not isinstance(values, dict):
            raise ProtocolError(f"Zerodha sent {_kind(values)} where {_article(what)} was expected.")
        self._values: dict[str, Any] = values
        self.what = what

    def __contains__(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None

    def value(self, name: str) -> Any:
        """Whatever the field holds, null included. Raises ProtocolError where it is missing."""
        try:
            return self._values[name]
        except KeyError:
            raise ProtocolError(f"Zerodha's {self.what} lacks the field “{name}”.") from None

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

    def count(self, name: str) -> int:
        """A whole number; Kite writes some as 10.0."""
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
        text = self.text_or(name)
        return moment(text, f"{self.what}.{name}") if text else None

    def inner(self, name: str) -> Fields:
        """An object within."""
        return Fields(self.value(name), f"{self.what}.{name}")

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

    def note_others(self, known: Iterable[str]) -> None:
        """Log the fields that are not known; each once."""
        for name in self._values.keys() - known:
            note_once(self.what, str(name))

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
        shown = "something else" if name in _SECRETS else _kind(value)
        return ProtocolError(f"Zerodha's {self.what} has {shown} in the field “{name}” where {wanted} belongs.")


def rows(value: Any, what: str) -> list[Any]:
    """A JSON list. Raises ProtocolError."""
    if not isinstance(value, list):
        raise ProtocolError(f"Zerodha sent {_kind(value)} where a list of {what} was expected.")
    return value


@lru_cache(maxsize=512)
def moment(text: str, what: str) -> datetime:
    """``2026-11-20 09:15:02`` on the Indian wall clock, as aware UTC. Raises ProtocolError."""
    try:
        parsed = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the zone is set on the next line
    except ValueError:
        raise ProtocolError(f"Zerodha sent “{text[:40]}” as {what}, which is not a time.") from None
    return parsed.replace(tzinfo=IST).astimezone(UTC)


def note_once(what: str, name: str) -> None:
    """Log something new of the broker's that does not matter here."""
    if (what, name) not in _noted and len(_noted) < _MOST_NOTED:
        _noted.add((what, name))
        log.info("Zerodha's %s has a new part, which is left alone: %.60s", what, name)


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"“{str(value)[:40]}”"


def _article(what: str) -> str:
    return f"{'an' if what[:1] in 'aeiou' else 'a'} {what}"
