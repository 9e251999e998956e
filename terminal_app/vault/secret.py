"""A text that does not show itself: it prints as dots, and only ``reveal`` gives it away."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn

from terminal_app.domain.errors import BadInput

DOTS = "••••••"


class Secret:
    """A key, token or password. Printing, formatting, logging and comparing it reveal neither text nor length.

    It cannot be pickled, serialised, changed or used as a key of a dictionary; a copy is the same object.
    Raises BadInput for a text that no keyring can hold (a zero character, half of a surrogate pair).
    """

    __slots__ = ("__value",)
    __value: str

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"a secret is a text, not {type(value).__name__}")
        if not _can_be_kept(value):
            raise BadInput("secret", "The secret has characters that cannot be stored; copy it again.")
        object.__setattr__(self, "_Secret__value", value)

    def reveal(self) -> str:
        """The text itself. Hand it straight to what needs it and keep it nowhere."""
        return self.__value

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return DOTS

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would outlive the text in every table that holds it

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not written anywhere")

    def __getstate__(self) -> Any:
        raise TypeError("a secret is not written anywhere")


def _can_be_kept(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
