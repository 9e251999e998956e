"""How values are stored: decimals exactly, times as microseconds, enums by name, instruments by their text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.values import exact

ROW_ID = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives; SQLite numbers INTEGER keys only."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Exact(TypeDecorator[Decimal]):
    """A finite Decimal with every digit: NUMERIC in PostgreSQL, plain text in SQLite, which knows no exact numbers."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The stored type."""
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Raises TypeError for a float, ValueError for what is not finite."""
        if value is None:
            return None
        value = exact(value)
        if not value.is_finite():
            raise ValueError("an exact number must be finite")
        return value if dialect.name == "postgresql" else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The Decimal."""
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """An aware time as whole microseconds since 1970 UTC; it comes back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must carry its zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Aware UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Named(TypeDecorator[Enum]):
    """A member of an enumeration by its name."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Enum | None, dialect: Dialect) -> str | None:
        """Raises TypeError for a member of something else."""
        if value is None:
            return None
        if not isinstance(value, self.kind):
            raise TypeError(f"{value!r} is not of {self.kind.__name__}")
        return value.name

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:
        """The member."""
        return None if value is None else self.kind[value]


class InstrumentText(TypeDecorator[InstrumentId]):
    """An instrument's identity as it prints."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: InstrumentId | None, dialect: Dialect) -> str | None:
        """The printed form."""
        return None if value is None else value.text

    def process_result_value(self, value: str | None, dialect: Dialect) -> InstrumentId | None:
        """The identity."""
        return None if value is None else _parsed(value)


_parsed = lru_cache(maxsize=4096)(InstrumentId.parse)
