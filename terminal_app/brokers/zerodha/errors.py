"""What Kite's refusals mean: the only place that knows its error types, status codes and telling texts."""

from __future__ import annotations

from enum import Enum, auto

import msgspec
from msgspec import Struct

from terminal_app.brokers.text import clean
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

RETRY_AFTER_S = 1.0
"""Kite names no time to wait after too many calls; its windows are a second long."""


class Meaning(Enum):
    """What an error type of Kite says."""

    SESSION = auto()
    PERMISSION = auto()
    INPUT = auto()
    ORDER = auto()
    NETWORK = auto()
    GENERAL = auto()


MEANINGS = {
    "TokenException": Meaning.SESSION,
    "TwoFAException": Meaning.SESSION,
    "PermissionException": Meaning.PERMISSION,
    "UserException": Meaning.PERMISSION,
    "InputException": Meaning.INPUT,
    "MarginException": Meaning.INPUT,
    "HoldingException": Meaning.INPUT,
    "OrderException": Meaning.ORDER,
    "NetworkException": Meaning.NETWORK,
    "DataException": Meaning.NETWORK,
    "GeneralException": Meaning.GENERAL,
}
"""Every error type of Kite. One that is not here counts as GeneralException, as in Kite's own client."""

_ADDRESS_TEXTS = ("no ips configured for this app", "is not allowed to place orders for this app")
_PERMISSION_TEXT = "insufficient permission for that call"
_SESSION_TEXT = "incorrect `api_key` or `access_token`"

_UNAUTHORISED, _FORBIDDEN, _TIMED_OUT = 401, 403, 408
_NEEDS_AUTHORISATION, _TOO_MANY = 428, 429
_SERVER_FAULT = 500
_OUR_FAULT = frozenset({404, 405, 410})


class Refusal(Struct, frozen=True):
    """An answer that is not a success. ``message`` is cleaned; ``error_type`` is empty where the body is not Kite's."""

    status: int
    error_type: str
    message: str

    @property
    def meaning(self) -> Meaning:
        """What it says, by text first: reports disagree about status and type of some texts."""
        text = self.message.lower()
        if _SESSION_TEXT in text:
            return Meaning.SESSION
        if _PERMISSION_TEXT in text:
            return Meaning.PERMISSION
        if self.error_type:
            return MEANINGS.get(self.error_type, Meaning.GENERAL)
        if self.status == _UNAUTHORISED:
            return Meaning.SESSION
        if self.status == _FORBIDDEN:
            return Meaning.PERMISSION
        return Meaning.NETWORK if self.status >= _SERVER_FAULT else Meaning.GENERAL

    @property
    def code(self) -> str:
        """Kite's own code of it."""
        return self.error_type or f"HTTP {self.status}"

    @property
    def refuses_address(self) -> bool:
        """Whether the internet address was the reason."""
        text = self.message.lower()
        return any(known in text for known in _ADDRESS_TEXTS)


def read_refusal(status: int, body: bytes) -> Refusal:
    """Read what there is to read; a page of HTML from the edge has no type."""
    try:
        envelope = msgspec.json.decode(body)
    except msgspec.DecodeError:
        envelope = None
    if not isinstance(envelope, dict):
        return Refusal(status, "", f"Zerodha answered with HTTP {status} and no explanation.")
    kind, message = envelope.get("error_type"), envelope.get("message")
    words = clean(message) if isinstance(message, str) else ""
    return Refusal(
        status,
        clean(kind, 60) if isinstance(kind, str) else "",
        words or f"Zerodha answered with HTTP {status} and no explanation.",
    )


def of_read(refusal: Refusal) -> BrokerError:
    """A call that changes nothing was refused."""
    common = _common(refusal)
    if common is not None:
        return common
    if refusal.meaning is Meaning.NETWORK or refusal.status >= _SERVER_FAULT:
        return BrokerUnavailable(f"Zerodha cannot answer now: {refusal.message}")
    if not refusal.error_type and refusal.status in _OUR_FAULT:
        return ProtocolError(f"Zerodha does not know this call (HTTP {refusal.status}).")
    return BrokerError(f"Zerodha refused: {refusal.message}")


def of_order(refusal: Refusal) -> BhavError:
    """A call that changes an order, a trigger or a position was refused, or may have been carried out all the same."""
    common = _common(refusal)
    if common is not None:
        return common
    if refusal.status == _NEEDS_AUTHORISATION:
        return AuthorisationNeeded(
            f"The sale of these shares has to be authorised at the depository first. {refusal.message}", refusal.code
        )
    if refusal.meaning is Meaning.INPUT:
        return OrderRejected(refusal.message, refusal.code)
    if (
        refusal.meaning is Meaning.NETWORK
        or refusal.status >= _SERVER_FAULT
        or refusal.status == _TIMED_OUT
        or refusal.status < 400
    ):
        return OrderUnknown(f"Zerodha gave no definite answer: {refusal.message}")
    return OrderRejected(refusal.message, refusal.code)


def of_login(refusal: Refusal) -> BhavError:
    """The exchange of the request token was refused."""
    if refusal.status == _TOO_MANY:
        return _too_many()
    if refusal.meaning is Meaning.NETWORK or refusal.status >= _SERVER_FAULT:
        return BrokerUnavailable(f"Zerodha cannot log in now: {refusal.message}")
    return LoginFailed(f"Zerodha refused the login: {refusal.message}")


def session_over() -> SessionExpired:
    """There is no session, or the one there was has ended."""
    return SessionExpired("The Zerodha session is over: log in again.")


def _common(refusal: Refusal) -> BrokerError | None:
    """What means the same whatever was asked."""
    if refusal.refuses_address:
        return AddressRefused(
            "Zerodha takes orders only from the internet addresses that are registered in its developer console under "
            f"Profile, IP Whitelist, and this computer's is none of them. Zerodha: {refusal.message}"
        )
    if refusal.status == _TOO_MANY:
        return _too_many()
    if refusal.meaning is Meaning.SESSION:
        return session_over()
    if refusal.meaning is Meaning.PERMISSION:
        return NotPermitted(f"Zerodha does not permit this: {refusal.message}")
    return None


def _too_many() -> RateLimited:
    return RateLimited("Zerodha has had too many calls; the next one has to wait.", RETRY_AFTER_S)
