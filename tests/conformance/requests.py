"""Two requests held against each other, field by field, less the differences that are listed with their reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.conformance.recording import Request


class Allowed(NamedTuple):
    """A field in which we may differ. ``path`` is the beginning of its name; ``sides`` says what is compared with what.

    ``where`` is the method and the beginning of the route that it holds for; "" means everywhere.
    """

    path: str
    reason: str
    where: str = ""


_NOT_COMPARED = ("host", "content-length", "connection", "accept-encoding")
"""Headers of the transport. `host` is the loopback address; which of the two hosts it was is compared."""


_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


def _number(text: str) -> Decimal | str:
    return Decimal(text).normalize() if _PLAIN_NUMBER.fullmatch(text) else text


def _flat(name: str, value: Any) -> Iterable[tuple[str, object]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(f"{name}.{key}", one)
    elif isinstance(value, list):
        yield f"{name}.length", len(value)
        for number, one in enumerate(value):
            yield from _flat(f"{name}[{number}]", one)
    elif isinstance(value, bool) or value is None:
        yield name, value
    elif isinstance(value, int | float):
        yield name, Decimal(str(value)).normalize()
    else:
        yield name, value


def fields(request: Request, *, json_fields: Iterable[str] = ()) -> dict[str, object]:
    """A request as flat fields: ``method``, ``host``, ``path``, ``query.*``, ``header.*``, ``form.*`` or ``json.*``.

    Texts that are numbers compare as numbers, for ``100`` and ``100.0`` say the same. ``json_fields`` of a form hold JSON.
    """
    flat: dict[str, object] = {"method": request.method, "host": request.host, "path": request.path}
    for key, value in request.headers.items():
        if key not in _NOT_COMPARED:
            flat[f"header.{key}"] = value
    _add_pairs(flat, "query", request.query)
    if isinstance(request.body, list) and request.body and isinstance(request.body[0], tuple):
        pairs = [(key, value) for key, value in request.body if key not in set(json_fields)]
        _add_pairs(flat, "form", pairs)
        for key, value in request.body:
            if key in set(json_fields):
                flat |= dict(_flat(f"form.{key}", json.loads(value)))
    elif request.raw and request.body != {}:
        flat |= dict(_flat("json", request.body))
    return flat


def _add_pairs(flat: dict[str, object], name: str, pairs: Iterable[tuple[str, str]]) -> None:
    seen: dict[str, int] = {}
    for key, value in pairs:
        number = seen[key] = seen.get(key, 0) + 1
        flat[f"{name}.{key}" if number == 1 else f"{name}.{key}#{number}"] = _number(value)


_ABSENT = "—"


def differences(
    ours: Request, theirs: Request, allowed: Iterable[Allowed], *, json_fields: Iterable[str] = ()
) -> tuple[list[str], set[Allowed]]:
    """The sentences that say what differs, and the allowances that were made use of."""
    mine, other = fields(ours, json_fields=json_fields), fields(theirs, json_fields=json_fields)
    route = f"{theirs.method} {theirs.path}"
    rules = [rule for rule in allowed if route.startswith(rule.where) or not rule.where]
    said, used = [], set()
    for name in sorted(mine.keys() | other.keys()):
        left, right = mine.get(name, _ABSENT), other.get(name, _ABSENT)
        if left == right:
            continue
        rule = next((one for one in rules if name == one.path or name.startswith(one.path + ".")), None)
        if rule is None:
            said.append(f"{route} {name}: ours {left!s}, theirs {right!s}")
        else:
            used.add(rule)
    return said, used


class Comparison:
    """What came of holding many calls against the official client's."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.differences: list[str] = []
        self.used: set[Allowed] = set()

    @property
    def count(self) -> int:
        """Calls that were compared."""
        return self.kinds.total()

    def add(
        self,
        kind: str,
        ours: Sequence[Request],
        theirs: Request,
        allowed: Iterable[Allowed],
        *,
        json_fields: Iterable[str] = (),
        besides: Mapping[tuple[str, str], str] = MappingProxyType({}),
    ) -> None:
        """Hold our requests for a call against theirs. There must be one, but for those that ``besides`` gives a reason for.

        ``besides`` is keyed by the kind of call and by method and path.
        """
        self.kinds[kind] += 1
        ours = [one for one in ours if (kind, f"{one.method} {one.path}") not in besides]
        if len(ours) != 1:
            routes = [f"{one.method} {one.path}" for one in ours]
            self.differences.append(f"{kind}: {len(ours)} requests {routes} for their {theirs.method} {theirs.path}")
            return
        said, used = differences(ours[0], theirs, allowed, json_fields=json_fields)
        self.differences += [f"{kind}: {one}" for one in said]
        self.used |= used
