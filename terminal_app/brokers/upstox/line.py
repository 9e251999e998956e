"""The connection of one account: calls with the session's token, envelopes opened, refusals turned into errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import terminal_app
from terminal_app.brokers.http import Answer, CallClass, HttpClient, NoAnswer
from terminal_app.brokers.opening import is_on_this_computer
from terminal_app.brokers.ratelimit import limiter_for
from terminal_app.brokers.upstox.config import BUDGETS, NAME, ORDERS, OTHER, UpstoxCredentials
from terminal_app.brokers.upstox.errors import Call, Problem, error_of, is_failure, order_error, problem_of, read_row
from terminal_app.brokers.upstox.fields import Fields, names
from terminal_app.domain.errors import (
    AddressRefused,
    BrokerError,
    BrokerUnavailable,
    NotPermitted,
    OrderUnknown,
    ProtocolError,
    SessionExpired,
)

_ENVELOPE = names("status data metadata meta_data errors summary")
_PARTIAL = 207
_WRITES = {CallClass.PLACE, CallClass.MODIFY, CallClass.CANCEL}
_NOT_LOGGED_IN = "Log in to Upstox first."
_PROFILE = "/v2/user/profile"


class Line:
    """HTTP to Upstox for one account. Making it does no I/O.

    ``token`` is the session's; "" without one. ``on_lost`` hears once when Upstox does not take it any more.
    """

    def __init__(self, credentials: UpstoxCredentials, endpoints: Mapping[str, str]) -> None:
        self.credentials = credentials
        self.endpoints = endpoints
        self.on_lost: Callable[[SessionExpired], None] | None = None
        self._token = ""
        self._is_lost = False
        self._is_closed = False
        self.limiter = limiter_for(NAME.lower(), credentials.api_key, BUDGETS)
        self.http = HttpClient(
            NAME,
            self.limiter,
            default_headers={"Accept": "application/json", "User-Agent": f"Bhav/{terminal_app.__version__}"},
        )

    @property
    def is_logged_in(self) -> bool:
        """Whether there is a token that Upstox has not refused."""
        return bool(self._token) and not self._is_lost and not self._is_closed

    @property
    def can_read_market(self) -> bool:
        """Whether prices can be asked for: with the session's token, or the one for market data."""
        return not self._is_closed and (self.is_logged_in or bool(self.credentials.analytics_token))

    def use(self, token: str) -> None:
        """Use another token from now on; "" for none."""
        self._token = token
        self._is_lost = False

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), call: CallClass = CallClass.READ, budget: str = OTHER
    ) -> Any:
        """Read something of the account; the envelope's ``data``. Raises BrokerError."""
        return self._opened(await self._read("GET", path, self._session_token(), call, budget, params=params))

    async def post(self, path: str, body: Any, budget: str = OTHER) -> Any:
        """Ask something that takes a body and changes nothing. Raises BrokerError."""
        return self._opened(await self._read("POST", path, self._session_token(), CallClass.READ, budget, json=body))

    async def get_market(
        self, path: str, params: Sequence[tuple[str, str]] = (), call: CallClass = CallClass.QUOTE, budget: str = OTHER
    ) -> Any:
        """Read market data: with the session, and where that is over with the token for market data. Raises BrokerError."""
        self._check_open()
        spare = self.credentials.analytics_token
        if self.is_logged_in or not spare:
            try:
                return await self.get(path, params, call, budget)
            except SessionExpired:
                if not spare:
                    raise
        answer = await self.http.request(
            "GET", self._url(path), call, params=params, headers=_bearer(spare), budget=budget
        )
        if is_failure(answer):
            raise error_of(problem_of(answer), Call.READ)
        return self._opened(answer)

    async def write(
        self,
        method: str,
        path: str,
        call: CallClass,
        *,
        body: Any = None,
        params: Sequence[tuple[str, str]] = (),
        host: str = "order_rest",
    ) -> Fields:
        """Change something of an order, once; the envelope's ``data``.

        Raises OrderRejected, OrderUnknown where its fate is open, BrokerError where nothing was changed.
        """
        token = self._session_token()
        url = self.endpoints[host] + path
        budget = ORDERS if call in _WRITES else OTHER
        try:
            answer = await self.http.request(
                method, url, call, params=params, json=body, headers=_bearer(token), budget=budget
            )
        except NoAnswer as error:
            raise OrderUnknown(f"{error.message} The order may or may not exist.") from None
        if is_failure(answer):
            raise await self._write_error(problem_of(answer))
        return self._written(answer)

    async def log_in(self, path: str, form: Sequence[tuple[str, str]]) -> Answer:
        """Send a form of the login, which is never sent twice. Raises LoginError, BrokerError."""
        self._check_open()
        answer = await self.http.request("POST", self._url(path), CallClass.LOGIN, form=form, budget=OTHER)
        if is_failure(answer):
            raise error_of(problem_of(answer), Call.LOGIN)
        return answer

    async def log_out(self) -> None:
        """End the session at Upstox; a token that is dead already is as good. Raises BrokerError."""
        token, self._token = self._token, ""
        self._check_open()
        if not token:
            return
        url = self._url("/v2/logout")
        answer = await self.http.request("DELETE", url, CallClass.LOGIN, headers=_bearer(token), budget=OTHER)
        if is_failure(answer):
            error = error_of(problem_of(answer), Call.READ)
            if not isinstance(error, SessionExpired):
                raise error

    async def socket_address(self, path: str, params: Sequence[tuple[str, str]] = (), *, market: bool = False) -> str:
        """A single-use address of a feed. Raises BrokerError."""
        data = await (self.get_market(path, params, CallClass.READ) if market else self.get(path, params))
        fields = Fields(data, "feed address", names("authorized_redirect_uri authorizedRedirectUri"))
        url = fields.text("authorized_redirect_uri")
        if not url.startswith("wss://") and not is_on_this_computer(url):
            raise ProtocolError("Upstox named a feed address without encryption.")
        return url

    async def keep_warm(self) -> None:
        """Have connections to the order host and the usual one open."""
        for host in ("order_rest", "rest"):
            await self.http.keep_warm(self.endpoints[host])

    async def aclose(self) -> None:
        """Close all connections. The session stays valid."""
        self._is_closed = True
        await self.http.aclose()

    def lose(self, error: SessionExpired) -> None:
        """The token is dead: say it once."""
        if self._token and not self._is_lost:
            self._is_lost = True
            if self.on_lost is not None:
                self.on_lost(error)

    async def _read(self, method: str, path: str, token: str, call: CallClass, budget: str, **parts: Any) -> Answer:
        answer = await self.http.request(method, self._url(path), call, headers=_bearer(token), budget=budget, **parts)
        if not is_failure(answer):
            return answer
        error = error_of(problem_of(answer), Call.READ)
        if isinstance(error, SessionExpired) and token == self._token:
            self.lose(error)
        raise error

    async def _write_error(self, problem: Problem) -> Exception:
        error = error_of(problem, Call.ORDER)
        if not isinstance(error, SessionExpired):
            return error
        # Order routes also answer so to an address that is not registered: what a read says decides.
        try:
            await self.get(_PROFILE)
        except SessionExpired as expired:
            return expired
        except BrokerError:
            return NotPermitted(f"Upstox did not take the order with this login: {problem.words}.")
        return AddressRefused(
            "Upstox refuses orders with this login though it answers other questions: most likely this computer's internet "
            f"address is not the one registered for your app. Upstox says: {problem.words}."
        )

    def _opened(self, answer: Answer) -> Any:
        envelope = Fields(answer.json(float_hook=Decimal), "answer", _ENVELOPE)
        if envelope.value("status") != "success":
            raise ProtocolError(
                f"Upstox answered {answer.status} with the status “{str(envelope.value('status'))[:40]}”."
            )
        return envelope.value("data")

    def _written(self, answer: Answer) -> Fields:
        """An answer that cannot be read leaves open whether the order exists."""
        try:
            envelope = Fields(answer.json(float_hook=Decimal), "answer", _ENVELOPE)
            status = envelope.text("status")
            if status == "success" and answer.status != _PARTIAL:
                return Fields(envelope.value("data"), "answer.data")
            if status == "error":
                raise order_error(problem_of(answer))
            if status == "partial_success":
                return self._partial(envelope, answer)
        except ProtocolError as error:
            raise OrderUnknown(f"Upstox's answer was not understood: {error.message}") from None
        raise OrderUnknown(f"Upstox answered with the status “{status[:40]}”: the order may or may not exist.")

    def _partial(self, envelope: Fields, answer: Answer) -> Fields:
        """Of one order only part exists: what does is named, for it has to be looked at."""
        reasons = [read_row(row) for row in envelope.rows("errors") if isinstance(row, dict)]
        said = "; ".join(f"{message} ({code})" if code else message for code, message in reasons)
        raise OrderUnknown(
            f"Upstox did only part of it ({answer.status}): {said or 'no reason given'}. Look at the order book."
        )

    def _session_token(self) -> str:
        self._check_open()
        if not self._token:
            raise SessionExpired(_NOT_LOGGED_IN)
        if self._is_lost:
            raise SessionExpired("The Upstox login has ended: log in again.")
        return self._token

    def _check_open(self) -> None:
        if self._is_closed:
            raise BrokerUnavailable("The Upstox connection is closed.")

    def _url(self, path: str) -> str:
        return self.endpoints["rest"] + path


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
