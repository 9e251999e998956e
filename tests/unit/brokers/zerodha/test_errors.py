"""Kite's refusals: every error type, status and telling text of its documentation becomes one of our errors."""

from __future__ import annotations

import json

import pytest

from terminal_app.brokers.zerodha.errors import MEANINGS, Refusal, of_login, of_order, of_read, read_refusal
from terminal_app.domain.errors import (
    AddressRefused,
    AuthorisationNeeded,
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

DOCUMENTED = {
    "TokenException": (403, SessionExpired, SessionExpired),
    "PermissionException": (403, NotPermitted, NotPermitted),
    "UserException": (403, NotPermitted, NotPermitted),
    "TwoFAException": (403, SessionExpired, SessionExpired),
    "InputException": (400, BrokerError, OrderRejected),
    "OrderException": (400, BrokerError, OrderRejected),
    "MarginException": (400, BrokerError, OrderRejected),
    "HoldingException": (400, BrokerError, OrderRejected),
    "NetworkException": (503, BrokerUnavailable, OrderUnknown),
    "DataException": (502, BrokerUnavailable, OrderUnknown),
    "GeneralException": (500, BrokerUnavailable, OrderUnknown),
}
"""The error types of the documentation: usual status, what a read and what an order call become."""
STATUSES = {
    400: (BrokerError, OrderRejected),
    401: (SessionExpired, SessionExpired),
    403: (NotPermitted, NotPermitted),
    404: (ProtocolError, OrderRejected),
    405: (ProtocolError, OrderRejected),
    410: (ProtocolError, OrderRejected),
    428: (BrokerError, AuthorisationNeeded),
    429: (RateLimited, RateLimited),
    500: (BrokerUnavailable, OrderUnknown),
    502: (BrokerUnavailable, OrderUnknown),
    503: (BrokerUnavailable, OrderUnknown),
    504: (BrokerUnavailable, OrderUnknown),
}
"""Statuses without an envelope of Kite's, as the edge sends them."""


def refusal(status: int, error_type: str = "", message: str = "These are the broker's words.") -> Refusal:
    body = {"status": "error", "message": message, "error_type": error_type, "data": None}
    return read_refusal(status, json.dumps(body).encode())


def test_no_documented_error_type_is_without_a_meaning() -> None:
    assert set(MEANINGS) == set(DOCUMENTED)


@pytest.mark.parametrize("error_type", sorted(DOCUMENTED))
def test_an_error_type_becomes_its_error(error_type: str) -> None:
    status, on_read, on_order = DOCUMENTED[error_type]
    read, ordered = of_read(refusal(status, error_type)), of_order(refusal(status, error_type))
    assert type(read) is on_read
    assert type(ordered) is on_order
    if isinstance(ordered, OrderRejected):
        assert (ordered.code, ordered.message) == (error_type, "These are the broker's words.")


@pytest.mark.parametrize("status", sorted(STATUSES))
@pytest.mark.parametrize("body", [b"", b"<html>503</html>", b"[1]", b'"text"', b"{}"])
def test_a_status_without_kites_envelope_still_has_a_meaning(status: int, body: bytes) -> None:
    on_read, on_order = STATUSES[status]
    read, ordered = of_read(read_refusal(status, body)), of_order(read_refusal(status, body))
    assert type(read) is on_read
    assert type(ordered) is on_order
    assert "html" not in ordered.message


@pytest.mark.parametrize("status", [400, 403, 428, 500])
@pytest.mark.parametrize("error_type", ["PermissionException", "GeneralException", "InputException"])
@pytest.mark.parametrize(
    "text",
    [
        "No IPs configured for this app. Add allowed IPs on the Kite developer console.",
        "IP (203.0.113.7) is not allowed to place orders for this app. Update allowed IPs on the Kite developer console.",
    ],
)
def test_an_unregistered_address_is_known_by_its_text_whatever_the_code(
    status: int, error_type: str, text: str
) -> None:
    error = of_order(refusal(status, error_type, text))
    assert type(error) is AddressRefused
    assert "developer console" in error.message
    assert text in error.message


def test_an_order_without_market_protection_is_refused_for_good() -> None:
    text = "Market orders without market protection are not allowed via API. Please set market protection or use a Limit order."
    error = of_order(refusal(400, "InputException", text))
    assert type(error) is OrderRejected
    assert error.message == text


def test_missing_permission_never_looks_like_a_dead_session() -> None:
    error = of_read(refusal(403, "TokenException", "Insufficient permission for that call."))
    assert type(error) is NotPermitted


def test_a_dead_token_is_known_by_its_text_too() -> None:
    assert type(of_read(refusal(403, "", "Incorrect `api_key` or `access_token`."))) is SessionExpired


def test_a_sale_that_has_to_be_authorised_says_so() -> None:
    error = of_order(refusal(428, "HoldingException", "5 quantity needs authorisation at depository."))
    assert type(error) is AuthorisationNeeded
    assert "authorised at the depository" in error.message


@pytest.mark.parametrize("error_type", ["MarginException", "HoldingException", "InputException"])
def test_what_kite_checked_is_definite_under_a_server_fault_too(error_type: str) -> None:
    assert type(of_order(refusal(500, error_type))) is OrderRejected


@pytest.mark.parametrize("error_type", ["OrderException", "GeneralException", "SomethingNewException"])
def test_a_server_fault_leaves_an_order_open(error_type: str) -> None:
    assert type(of_order(refusal(500, error_type))) is OrderUnknown
    assert type(of_order(refusal(400, error_type))) is OrderRejected


@pytest.mark.parametrize("status", [302, 408])
def test_an_answer_that_says_nothing_of_the_order_leaves_it_open(status: int) -> None:
    assert type(of_order(read_refusal(status, b""))) is OrderUnknown


@pytest.mark.parametrize("error_type", ["NetworkException", "GeneralException", "InputException"])
def test_too_many_calls_are_known_by_the_status(error_type: str) -> None:
    for make in (of_read, of_order, of_login):
        error: BhavError = make(refusal(429, error_type, "Too many requests"))
        assert isinstance(error, RateLimited)
        assert error.retry_after_s >= 1


@pytest.mark.parametrize(
    ("status", "error_type", "kind"),
    [
        (403, "TokenException", LoginFailed),
        (400, "InputException", LoginFailed),
        (403, "UserException", LoginFailed),
        (503, "NetworkException", BrokerUnavailable),
        (500, "GeneralException", BrokerUnavailable),
    ],
)
def test_a_refused_login_is_told_from_a_broker_that_is_down(status: int, error_type: str, kind: type) -> None:
    assert type(of_login(refusal(status, error_type))) is kind


def test_the_brokers_words_are_made_safe() -> None:
    error = of_order(refusal(400, "InputException", "<b>bad\x00\n\u202eprice</b> access_token=abcDEF123456ghiJKL789"))
    assert "abcDEF" not in error.message
    assert error.message.isprintable()
    assert "<" not in error.message
