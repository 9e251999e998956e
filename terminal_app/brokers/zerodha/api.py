"""Calls to Kite: headers, envelope, and which error an answer or a silence becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.brokers.http import Answer, HttpClient, NoAnswer
from terminal_app.brokers.ratelimit import CallClass, limiter_for
from terminal_app.brokers.zerodha import errors
from terminal_app.brokers.zerodha.config import BUDGETS, HISTORY, NAME, ORDERS, OTHER, QUOTES
from terminal_app.domain.errors import BhavError, OrderUnknown, ProtocolError, SessionExpired

Pairs = Sequence[tuple[str, str]]

_BUDGET_OF = {
    CallClass.PLACE: ORDERS,
    CallClass.MODIFY: ORDERS,
    CallClass.CANCEL: ORDERS,
    CallClass.QUOTE: QUOTES,
    CallClass.HISTORY: HISTORY,
}
_SUCCESS = range(200, 300)
_LONG_ANSWER = 64 * 1024
"""Bytes."""


class KiteApi:
    """One account's calls. ``token`` is the session, None without one; ``on_session_lost`` hears once that it is dead."""

    def __init__(self, rest: str, api_key: str) -> None:
        self.on_session_lost: Callable[[SessionExpired], None] | None = None
        self._rest = rest.rstrip("/")
        self._api_key = api_key
        self._token: str | None = None
        self._limiter = limiter_for("zerodha", api_key, BUDGETS)
        self._http = HttpClient(NAME, self._limiter, default_headers={"X-Kite-Version": "3"})

    @property
    def token(self) -> str | None:
        """The access token of the session."""
        return self._token

    def set_token(self, token: str | None) -> None:
        """Begin or forget a session."""
        self._token = token

    def remaining(self) -> tuple[tuple[str, int, int], ...]:
        """Calls left: name of the class, left in its tightest window, size of that window."""
        return self._limiter.remaining()

    async def keep_warm(self) -> None:
        """Hold the connection for orders open."""
        await self._http.keep_warm(self._rest)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read(
        self,
        path: str,
        call: CallClass = CallClass.READ,
        *,
        method: str = "GET",
        params: Pairs = (),
        json: Any = None,
        form: Pairs | None = None,
    ) -> Any:
        """The ``data`` of a call that changes nothing; amounts are Decimal. Raises BrokerError and its children."""
        data, _ = await self.read_at(path, call, method=method, params=params, json=json, form=form)
        return data

    async def read_at(
        self,
        path: str,
        call: CallClass = CallClass.READ,
        *,
        method: str = "GET",
        params: Pairs = (),
        json: Any = None,
        form: Pairs | None = None,
    ) -> tuple[Any, datetime]:
        """As ``read``, with the time of receipt (aware UTC)."""
        token = self._token
        answer = await self._send(method, self._rest + path, call, params=params, form=form, json=json)
        # Months of bars are megabytes: they are read beside the loop.
        is_long = len(answer.body) > _LONG_ANSWER
        outcome = await asyncio.to_thread(_outcome, answer) if is_long else _outcome(answer)
        if isinstance(outcome, errors.Refusal):
            raise self._told(errors.of_read(outcome), token)
        return outcome.data, answer.received_at

    async def download(self, url: str) -> bytes:
        """A file. Raises BrokerError and its children."""
        token = self._token
        answer = await self._send("GET", url, CallClass.INSTRUMENTS)
        if answer.status not in _SUCCESS:
            raise self._told(errors.of_read(errors.read_refusal(answer.status, answer.body)), token)
        return answer.body

    async def write(
        self, method: str, path: str, call: CallClass, *, params: Pairs = (), form: Pairs | None = None
    ) -> Any:
        """The ``data`` of a call that changes an order, a trigger or a position; it is sent at most once.

        Raises OrderRejected (definite), OrderUnknown (it may have been carried out), SessionExpired, RateLimited, NotPermitted,
        BrokerUnavailable (it was not sent).
        """
        token = self._token
        try:
            answer = await self._send(method, self._rest + path, call, params=params, form=form)
        except NoAnswer as error:
            raise OrderUnknown(error.message) from error
        try:
            outcome = _outcome(answer)
        except ProtocolError as error:
            raise OrderUnknown(f"The answer was not understood. {error.message}") from error
        if isinstance(outcome, errors.Refusal):
            raise self._told(errors.of_order(outcome), token)
        return outcome.data

    async def exchange(self, form: Pairs) -> Any:
        """Trade a request token for a session: the ``data`` of the answer. Raises LoginFailed, BrokerError."""
        answer = await self._http.request(
            "POST", f"{self._rest}/session/token", CallClass.LOGIN, form=form, budget=OTHER
        )
        outcome = _outcome(answer)
        if isinstance(outcome, errors.Refusal):
            raise errors.of_login(outcome)
        return outcome.data

    async def _send(
        self,
        method: str,
        url: str,
        call: CallClass,
        *,
        params: Pairs = (),
        form: Pairs | None = None,
        json: Any = None,
    ) -> Answer:
        if self._token is None:
            raise errors.session_over()
        return await self._http.request(
            method,
            url,
            call,
            params=params,
            form=form,
            json=json,
            headers={"Authorization": f"token {self._api_key}:{self._token}"},
            budget=_BUDGET_OF.get(call, OTHER),
        )

    def _told(self, error: BhavError, token: str | None) -> BhavError:
        """The error itself; when it says that the session of this token is over, that is announced, once."""
        if isinstance(error, SessionExpired) and token is not None and token == self._token:
            self._token = None
            if self.on_session_lost is not None:
                self.on_session_lost(error)
        return error


class _Success(Struct, frozen=True):
    """What an answer brought; after a login that is the session, so it is not printed."""

    data: Any

    def __repr__(self) -> str:
        return "_Success(hidden)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def _outcome(answer: Answer) -> _Success | errors.Refusal:
    """What an answer brought, or its refusal; Kite may put one under a good status too. Raises ProtocolError."""
    if answer.status not in _SUCCESS:
        return errors.read_refusal(answer.status, answer.body)
    envelope = answer.json(float_hook=Decimal)
    if not isinstance(envelope, dict):
        raise ProtocolError("Zerodha's answer is not an object with the field “data”.")
    if envelope.get("status") == "error" or envelope.get("error_type"):
        return errors.read_refusal(answer.status, answer.body)
    if "data" not in envelope:
        raise ProtocolError("Zerodha's answer lacks the field “data”.")
    return _Success(envelope["data"])
