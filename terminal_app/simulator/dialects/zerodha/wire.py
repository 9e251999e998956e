"""The envelope and the plain values of Kite's JSON: rupees as numbers, Indian times without an offset."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

from terminal_app.domain.clock import ist
from terminal_app.simulator.dialects.base import Refusal
from terminal_app.simulator.dialects.zerodha.errors import GENERAL, USUAL

Json = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SIX = Decimal("0.000001")


def encode(value: Any) -> bytes:
    """JSON in which a Decimal is a number."""
    return _ENCODER.encode(value)


def text(value: Any) -> str:
    """The same as text."""
    return _ENCODER.encode(value).decode()


def success(data: Any) -> web.Response:
    """What went well."""
    return web.Response(body=encode({"status": "success", "data": data}), content_type="application/json")


def failure(refusal: Refusal) -> web.Response:
    """What did not."""
    code = refusal.code or GENERAL
    status, message = USUAL.get(code, USUAL[GENERAL])
    body = {"status": "error", "message": refusal.message or message, "data": None, "error_type": code}
    return web.Response(body=encode(body), status=refusal.status or status, content_type="application/json")


def moment(at: datetime) -> str:
    """``2026-11-23 09:15:00``."""
    return f"{ist(at):%Y-%m-%d %H:%M:%S}"


def optional_moment(at: datetime | None) -> str | None:
    """The same, or null."""
    return None if at is None else moment(at)


def number(value: Decimal | int | None) -> Decimal | int:
    """An amount as Kite prints it: 0 for none, at most six decimals."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    rounded = value.quantize(_SIX).normalize()
    return rounded if rounded != rounded.to_integral_value() else int(rounded)
