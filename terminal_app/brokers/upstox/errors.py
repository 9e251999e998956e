"""What Upstox's error codes mean to us, and the error that an answer becomes."""

from __future__ import annotations

import logging
from enum import Enum, auto

from msgspec import Struct

from terminal_app.brokers.http import Answer
from terminal_app.brokers.text import clean
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

_log = logging.getLogger(__name__)

LIMITED_S = 1.0
"""Upstox never says how long to wait; this is the least."""


class Meaning(Enum):
    """What a refusal is about."""

    LOG_IN = auto()
    ADDRESS = auto()
    PERMISSION = auto()
    TOO_MANY = auto()
    HOURS = auto()
    SERVER = auto()
    REFUSED = auto()
    NOT_FOUND = auto()
    PROGRAM = auto()
    """We asked in a way that Upstox does not understand."""


class Call(Enum):
    """What was asked, as far as a refusal of it matters."""

    READ = auto()
    ORDER = auto()
    LOGIN = auto()


def _codes(meaning: Meaning, *numbers: int | range) -> dict[str, Meaning]:
    every = (one for number in numbers for one in ((number,) if isinstance(number, int) else number))
    return {f"UDAPI{number}": meaning for number in every}


CODES: dict[str, Meaning] = {
    **_codes(Meaning.LOG_IN, 100050),
    **_codes(Meaning.ADDRESS, 1154, 1221, range(1179, 1182)),
    **_codes(Meaning.PERMISSION, 100067, 100049, 1149, 100073, 1124, 1155, 1157),
    **_codes(Meaning.TOO_MANY, 10005),
    **_codes(Meaning.HOURS, 100072, 100074),
    **_codes(Meaning.SERVER, 100500),
    **_codes(Meaning.NOT_FOUND, 100060, 100010),
    **_codes(Meaning.PROGRAM, 10000, 100015),
    # The login and the app.
    **_codes(Meaning.REFUSED, 100016, 100057, 100068, 100069, 100070, 1123, 1017, 1018, 1024),
    # Orders.
    **_codes(Meaning.REFUSED, 1156, 1158, 1161, 1176, 1177, 100036, 100038, 100039, 100040, 100041),
    **_codes(Meaning.REFUSED, 1004, 1056, 1007, 1055, 1043, 1052, 1010, 1023),
    **_codes(Meaning.REFUSED, 1105, 1108, 1109, 1111, 1113, range(1114, 1120)),
    **_codes(Meaning.REFUSED, range(1126, 1146), 1150, 1151),
    # Instruments, quotes and history.
    **_codes(Meaning.REFUSED, 100011, 1021, 1087, 1009, 1011, 1026, 1027, 1028, 100042, 100043, 1015, 1022),
    **_codes(Meaning.REFUSED, 1146, 1147, 1148, 1088, 1089, range(1169, 1176)),
    # The kill switch.
    **_codes(Meaning.REFUSED, 1184, 1185, 1186, 1188),
}

_STATUSES = {
    401: Meaning.LOG_IN,
    403: Meaning.PERMISSION,
    404: Meaning.NOT_FOUND,
    405: Meaning.PROGRAM,
    406: Meaning.PROGRAM,
    410: Meaning.PROGRAM,
    423: Meaning.HOURS,
    429: Meaning.TOO_MANY,
}
_SERVER_ERROR = 500
_REQUEST_TIMEOUT = 408
_CLIENT_ERROR = 400
_STATIC_IP = ("static ip", "staticip", "static-ip")

_ADDRESS_HELP = (
    "Upstox takes this only from the internet address that is registered for your app, and this computer's is not it: register "
    "it in the Upstox developer console (one change a week), then log in again."
)
_HOURS_HELP = "Upstox answers from 05:30 to midnight only: try again then."


class Problem(Struct, frozen=True):
    """What an answer says about a failure. ``code`` is empty where it says none; ``message`` is safe to show."""

    status: int
    code: str = ""
    message: str = ""

    @property
    def meaning(self) -> Meaning:
        """What it is about: by its words where they are plain, by its code, else by the HTTP status."""
        if any(words in self.message.lower() for words in _STATIC_IP):
            return Meaning.ADDRESS
        if self.code in CODES:
            return CODES[self.code]
        if self.code:
            _log.info("Upstox answered with an error code that is not known: %s (%d)", self.code, self.status)
        if self.status >= _SERVER_ERROR or self.status == _REQUEST_TIMEOUT:
            return Meaning.SERVER
        return _STATUSES.get(self.status, Meaning.REFUSED)

    @property
    def words(self) -> str:
        """Their message beside their code: codes are used for several things."""
        said = self.message or f"no reason given, HTTP {self.status}"
        return f"{said} ({self.code})" if self.code else said


def problem_of(answer: Answer) -> Problem:
    """Read a refusal, whatever it looks like: a gateway answers with a page or with nothing."""
    try:
        body = answer.json()
    except ProtocolError:
        return Problem(answer.status)
    rows = body.get("errors") if isinstance(body, dict) else None
    found = [read_row(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if not found:
        return Problem(answer.status)
    messages = dict.fromkeys(message for _code, message in found if message)
    return Problem(answer.status, next((code for code, _message in found if code), ""), clean("; ".join(messages)))


def read_row(row: dict[str, object]) -> tuple[str, str]:
    """Code and message of one row of ``errors``."""
    code = row.get("error_code") or row.get("errorCode") or ""
    message = row.get("message") or ""
    return clean(str(code), 40), clean(str(message))


def is_failure(answer: Answer) -> bool:
    """Whether the status says that it did not work."""
    return answer.status >= _CLIENT_ERROR


def error_of(problem: Problem, call: Call) -> BhavError:
    """The error that says whose move it is. An order whose fate the answer leaves open is OrderUnknown."""
    if call is Call.LOGIN:
        return _login_error(problem)
    meaning = problem.meaning
    if meaning is Meaning.LOG_IN:
        return SessionExpired(f"The Upstox login has ended: {problem.words}.")
    if meaning is Meaning.ADDRESS:
        return AddressRefused(f"{_ADDRESS_HELP} Upstox says: {problem.words}.")
    if meaning is Meaning.PERMISSION:
        return NotPermitted(f"Upstox does not permit this: {problem.words}.")
    if meaning is Meaning.TOO_MANY:
        return RateLimited("Upstox says that there were too many calls: wait a moment.", LIMITED_S)
    if call is Call.ORDER:
        return order_error(problem)
    if meaning is Meaning.HOURS:
        return BrokerUnavailable(f"{_HOURS_HELP} It says: {problem.words}.")
    if meaning is Meaning.SERVER:
        return BrokerUnavailable(f"Upstox failed: {problem.words}.")
    if meaning is Meaning.PROGRAM:
        return ProtocolError(f"Upstox does not know what was asked: {problem.words}.")
    return BrokerError(f"Upstox refused: {problem.words}.")


def order_error(problem: Problem) -> OrderRejected | OrderUnknown:
    """What a refusal means for an order."""
    if problem.meaning is Meaning.SERVER:
        return OrderUnknown(f"Upstox failed while it had the order ({problem.words}): it may or may not exist.")
    if problem.meaning is Meaning.HOURS:
        return OrderRejected(f"{_HOURS_HELP} It says: {problem.words}.", problem.code)
    return OrderRejected(f"Upstox refused: {problem.words}.", problem.code)


def _login_error(problem: Problem) -> BhavError:
    if problem.meaning is Meaning.TOO_MANY:
        return RateLimited("Upstox says that there were too many logins: wait a moment.", LIMITED_S)
    if problem.meaning is Meaning.SERVER:
        return BrokerUnavailable(f"Upstox failed during the login: {problem.words}.")
    if problem.meaning is Meaning.ADDRESS:
        return LoginFailed(f"{_ADDRESS_HELP} Upstox says: {problem.words}.")
    return LoginFailed(f"Upstox refused the login: {problem.words}.")
