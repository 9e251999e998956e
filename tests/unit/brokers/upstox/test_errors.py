"""Every error that Upstox can give has a meaning, and none lets an order be forgotten."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from terminal_app.brokers.http import Answer
from terminal_app.brokers.upstox.errors import CODES, Call, Meaning, Problem, error_of, problem_of
from terminal_app.domain.errors import (
    AddressRefused,
    BhavError,
    BrokerError,
    BrokerUnavailable,
    LoginFailed,
    NotPermitted,
    OrderRejected,
    OrderUnknown,
    ProtocolError,
    RateLimited,
    SessionExpired,
)

SHARED = Path(os.environ.get("BHAV_SHARED", Path(__file__).parents[5] / "shared"))
SPECIFICATION = SHARED / "brokers" / "upstox.md"


def answer(status: int, body: bytes) -> Answer:
    return Answer(status, {}, body, datetime.now(UTC), "Upstox")


def documented() -> set[str]:
    """The codes of the specification; its tables shorten: `UDAPI1179`–`1181`, `UDAPI1176`, `1177`."""
    text = SPECIFICATION.read_text(encoding="utf-8")
    found: set[str] = set()
    for line in text.splitlines():
        if "UDAPI" not in line:
            continue
        for first, last in re.findall(r"`UDAPI(\d{4,6})`–`(\d{4,6})`", line):
            found.update(str(number) for number in range(int(first), int(last) + 1))
        found.update(re.findall(r"UDAPI(\d{4,6})", line))
        if line.startswith("| `UDAPI"):
            found.update(re.findall(r"`(\d{4,6})`", line.split("|")[1]))
    return {f"UDAPI{number}" for number in found}


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="needs shared")
def test_no_code_of_the_specification_is_unmapped() -> None:
    codes = documented()
    assert len(codes) > 100
    assert codes - CODES.keys() == set()


KINDS: dict[Meaning, tuple[type[BhavError], type[BhavError], type[BhavError]]] = {
    Meaning.LOG_IN: (SessionExpired, SessionExpired, LoginFailed),
    Meaning.ADDRESS: (AddressRefused, AddressRefused, LoginFailed),
    Meaning.PERMISSION: (NotPermitted, NotPermitted, LoginFailed),
    Meaning.TOO_MANY: (RateLimited, RateLimited, RateLimited),
    Meaning.HOURS: (BrokerUnavailable, OrderRejected, LoginFailed),
    Meaning.SERVER: (BrokerUnavailable, OrderUnknown, BrokerUnavailable),
    Meaning.REFUSED: (BrokerError, OrderRejected, LoginFailed),
    Meaning.NOT_FOUND: (BrokerError, OrderRejected, LoginFailed),
    Meaning.PROGRAM: (ProtocolError, OrderRejected, LoginFailed),
}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_becomes_the_error_of_its_meaning(code: str) -> None:
    problem = Problem(400, code, "Something went wrong")
    for call, kind in zip((Call.READ, Call.ORDER, Call.LOGIN), KINDS[CODES[code]], strict=True):
        error = error_of(problem, call)
        assert type(error) is kind
        assert "Something went wrong" in error.message or isinstance(error, RateLimited)


def test_a_refusal_of_an_order_keeps_their_code() -> None:
    error = error_of(Problem(400, "UDAPI1052", "quantity"), Call.ORDER)
    assert isinstance(error, OrderRejected)
    assert error.code == "UDAPI1052"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 520])
def test_an_order_that_a_server_failed_with_may_exist(status: int) -> None:
    assert isinstance(error_of(problem_of(answer(status, b"<html>bad gateway</html>")), Call.ORDER), OrderUnknown)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, OrderRejected),
        (403, NotPermitted),
        (404, OrderRejected),
        (429, RateLimited),
        (423, OrderRejected),
        (410, OrderRejected),
    ],
)
def test_a_gateways_refusal_without_json_is_definite(status: int, kind: type[BhavError]) -> None:
    for body in (b"", b"<html>Error 1010</html>", b"[]", b'{"errors": 3}'):
        assert type(error_of(problem_of(answer(status, body)), Call.ORDER)) is kind


def test_words_about_the_static_ip_count_whatever_the_code() -> None:
    body = {
        "status": "error",
        "errors": [{"errorCode": "UDAPI100050", "message": "No static IP configured for the app"}],
    }
    error = error_of(problem_of(answer(401, json.dumps(body).encode())), Call.ORDER)
    assert isinstance(error, AddressRefused)
    assert "UDAPI100050" in error.message


def test_all_rows_of_an_answer_are_told_and_the_old_names_are_read() -> None:
    rows = [{"errorCode": "UDAPI1043", "message": "price"}, {"error_code": "UDAPI1052", "message": "quantity<b>!</b>"}]
    problem = problem_of(answer(400, json.dumps({"status": "error", "errors": rows}).encode()))
    assert problem.code == "UDAPI1043"
    assert "price" in problem.words
    assert "quantity" in problem.words
    assert "<" not in problem.words
