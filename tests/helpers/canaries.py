"""Planted secrets, and the search for them in whatever form they may have left in."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import secrets
import traceback
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

_LEAST = 6
"""Characters; what is shorter is found everywhere by chance."""


class Canaries:
    """Secrets by name. ``found_in`` names those that are there."""

    def __init__(self) -> None:
        self._forms: dict[str, frozenset[bytes]] = {}
        self._values: dict[str, str] = {}

    def plant(self, name: str, stem: str = "") -> str:
        """A new secret, unlike any other text, with characters that addresses and JSON have to escape."""
        return self.add(name, f'{stem}Cnry{secrets.token_hex(8)}/+&"=%{secrets.token_hex(4)}')

    def plant_plain(self, name: str) -> str:
        """A new secret of letters and digits."""
        return self.add(name, f"cnry{secrets.token_hex(8)}")

    def add(self, name: str, value: str) -> str:
        """Look for this one, too; the value."""
        assert len(value) >= _LEAST, f"{name} is too short to be searched for"
        self._values[f"{name} {len(self._values)}"] = value
        self._forms[f"{name} {len(self._forms)}"] = forms_of(value)
        return value

    @property
    def values(self) -> tuple[str, ...]:
        """All that were planted."""
        return tuple(self._values.values())

    def found_in(self, content: bytes | str) -> list[str]:
        """The names of those that occur, in any form."""
        raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        return [name for name, forms in self._forms.items() if any(form in raw for form in forms)]

    def told_by(self, texts: Sequence[str]) -> list[tuple[str, list[str]]]:
        """The beginnings of the texts that have some, each with the names of these."""
        if not self.found_in("\n".join(texts)):  # one look at all: most often there is nothing
            return []
        return [(text[:300], names) for text in texts if (names := self.found_in(text))]

    def found_under(self, folder: Path) -> list[str]:
        """ "file: name" for every file below, packed ones also unpacked."""
        hits = []
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            for content in unpacked(path.read_bytes()):
                hits += [f"{path.relative_to(folder)}: {name}" for name in self.found_in(content)]
            hits += [f"the name {path.name}: {name}" for name in self.found_in(path.name)]
        return hits


def forms_of(value: str) -> frozenset[bytes]:
    """A text as it may be written: in three encodings, escaped for addresses and JSON, in base64 at any offset, in hexadecimal."""
    texts = {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        value.replace("/", "\\/"),
    }
    texts |= {text.replace(code, code.lower()) for text in tuple(texts) for code in ("%2F", "%2B", "%3D")}
    forms = {text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
    for raw in (value.encode(), value.encode("utf-16-le")):
        forms |= {raw.hex().encode(), raw.hex().upper().encode()}
        for offset in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                forms.add(_middle(encode, raw, offset))
    return frozenset(forms)


def unpacked(content: bytes) -> Iterator[bytes]:
    """The content, and what is inside it where it is packed."""
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        yield from _chunks(content)


def _chunks(picture: bytes) -> Iterator[bytes]:
    """The pieces of a PNG, packed ones unpacked: zTXt, iTXt and iCCP hide texts."""
    at = 8
    while at < len(picture):
        length = int.from_bytes(picture[at : at + 4])
        data = picture[at + 8 : at + 8 + length]
        for start in range(len(data)):
            if data[start : start + 1] != b"\x78":
                continue
            try:
                yield zlib.decompressobj().decompress(data[start:])
            except zlib.error:
                continue
            break
        at += length + 12


def _middle(encode: Any, raw: bytes, offset: int) -> bytes:
    """Base64 of what stands ``offset`` bytes into a group, without the characters that its neighbours decide."""
    encoded: bytes = encode(b"\0" * offset + raw)
    return encoded[(0, 2, 3)[offset] : (offset + len(raw)) * 8 // 6]


class Ear(logging.Handler):
    """Hears every record, and keeps all that could be printed of it."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """The line, its arguments, its exception and where it was."""
        self.heard.append(f"{record.name} {record.getMessage()} {record.args!r}")
        if record.exc_info and record.exc_info[1] is not None:
            self.heard.append(words_of(record.exc_info[1]))


def words_of(error: BaseException) -> str:
    """All that an exception says: its text and arguments, and those of what caused it."""
    parts = ["".join(traceback.format_exception(error))]
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        parts.append(f"{one!r} {one.args!r} {vars(one)!r}")
        waiting += [one.__cause__, one.__context__]
    return "\n".join(parts)


def printed(*roots: object) -> Iterator[str]:
    """What each object of the program that can be reached from ``roots`` shows of itself, to print and to pretty printers."""
    seen: set[int] = set()
    waiting: list[object] = [*roots]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        elif type(one).__module__.startswith("terminal_app."):
            yield repr(one) if type(one).__str__ is object.__str__ else f"{one!r} {one!s}"
            if isinstance(one, msgspec.Struct):
                yield repr(list(one.__rich_repr__()))
                waiting += [getattr(one, name) for name in one.__struct_fields__]
            waiting += vars(one).values() if hasattr(one, "__dict__") else ()
            waiting += [
                getattr(one, name, None) for name in getattr(type(one), "__slots__", ()) if isinstance(name, str)
            ]
