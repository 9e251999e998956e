"""HTTP to a broker: one client per account that knows what was sent and what was not, and never lets a secret out."""

from __future__ import annotations

import asyncio
import errno
import logging
import random
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from terminal_app import __version__
from terminal_app.brokers.ratelimit import CallClass, RateLimiter
from terminal_app.brokers.trust import client_context, trust_of
from terminal_app.domain.errors import BadInput, BrokerUnavailable, ProtocolError, RateLimited

if TYPE_CHECKING:
    import httpx

    from terminal_app.brokers.network import Progress

__all__ = ["Answer", "CallClass", "HttpClient", "NoAnswer", "NotSent", "Timeouts", "reason_of"]

_log = logging.getLogger(__name__)

# Calls that change nothing, so that asking again is harmless.
REPEATABLE = frozenset({CallClass.READ, CallClass.QUOTE, CallClass.HISTORY, CallClass.INSTRUMENTS})
ATTEMPTS = 3
_PASSING_TROUBLE = frozenset({502, 503, 504})
_TOO_MANY = 429
_LONGEST_PENALTY_S = 60.0

# Which budget a call counts under when the caller names none: the first of these that the limiter has.
_BUDGETS: Mapping[CallClass, tuple[str, ...]] = {
    CallClass.CANCEL: ("cancel", "orders", "order", "other"),
    CallClass.MODIFY: ("modify", "orders", "order", "other"),
    CallClass.PLACE: ("place", "orders", "order", "other"),
    CallClass.READ: ("read", "other"),
    CallClass.QUOTE: ("quote", "read", "other"),
    CallClass.HISTORY: ("history", "read", "other"),
    CallClass.LOGIN: ("login", "read", "other"),
    CallClass.INSTRUMENTS: ("instruments", "read", "other"),
}

_KEPT_FOR_S = 55.0  # common balancers drop an idle connection after 60 s; let go before they do
_WARM_FOR_S = 20.0


class NotSent(BrokerUnavailable):
    """The request did not leave this machine, or the connection was refused: nothing was changed."""


class NoAnswer(BrokerUnavailable):
    """The request was sent, at least in part, and no whole answer came: it may have taken effect."""


class Timeouts(Struct, frozen=True):
    """How long a call may take from its sending to the end of its answer, and how long it may wait for its turn.

    All in seconds. ``connect_s`` is the part of it that opening a connection may take. An order that waited longer than
    ``order_patience_s`` for its turn is refused unsent: the market has moved on. Cancels wait as long as reads do.
    """

    order_s: float = 7.0
    read_s: float = 10.0
    instruments_s: float = 60.0
    connect_s: float = 5.0
    order_patience_s: float = 5.0
    patience_s: float = 60.0

    def of(self, call: CallClass) -> float:
        """The time limit of one attempt."""
        if call in {CallClass.CANCEL, CallClass.MODIFY, CallClass.PLACE}:
            return self.order_s
        return self.instruments_s if call is CallClass.INSTRUMENTS else self.read_s

    def patience_of(self, call: CallClass) -> float:
        """How long it may wait for its turn."""
        return self.order_patience_s if call in {CallClass.MODIFY, CallClass.PLACE} else self.patience_s


class Answer(Struct, frozen=True):
    """What the broker answered, whatever the status. Header names are in lower case; the body is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    broker: str = "the broker"

    def json(self, *, float_hook: Callable[[str], Any] | None = None) -> Any:
        """The body as JSON; ``float_hook=Decimal`` keeps amounts exact. Raises ProtocolError when it is none."""
        decoded: Any = None
        is_json = True
        try:
            decoded = msgspec.json.Decoder(float_hook=float_hook).decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError):
            is_json = False
        # Raised out here, so that no exception holding a piece of the body hangs on to this one.
        if not is_json:
            kind = self.headers.get("content-type", "no type given").split(";")[0][:40]
            raise ProtocolError(f"{self.broker} answered {self.status} with something that is not JSON ({kind}).")
        return decoded

    def __repr__(self) -> str:  # a body may carry a token
        return f"Answer({self.broker}, status={self.status}, {len(self.body)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("broker", self.broker), ("status", self.status)]


class _Quiet(logging.Filter):
    """Lets nothing below a warning pass: the libraries' lines carry addresses with queries, headers and bodies."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_quiet = _Quiet()
# Filters of a logger do not see its children's records, so each one that these libraries use is named.
_TALKATIVE = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack",
    "hpack.hpack",
    "hpack.table",
    "hpack.huffman",
)


def _quieten() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_quiet)


class HttpClient:
    """HTTP for one account. Making it does no I/O; the library behind it is loaded with the first request."""

    def __init__(
        self,
        broker: str,
        limiter: RateLimiter,
        *,
        timeouts: Timeouts | None = None,
        http2: bool = True,
        ipv4_only: bool = True,
        verify: bool | Path = True,
        default_headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._broker = broker
        self._limiter = limiter
        self._timeouts = timeouts or Timeouts()
        self._http2 = http2
        self._ipv4_only = ipv4_only
        self._verify = verify
        self._default_headers = dict(default_headers or {})
        self._sleep = sleep
        self._clients: dict[bool | Path, httpx.AsyncClient] = {}
        self._opening = asyncio.Lock()
        self._used_at_s: dict[str, float] = {}
        self._refusals: dict[str, int] = {}
        self._is_closed = False

    async def request(
        self,
        method: str,
        url: str,
        call: CallClass,
        *,
        params: Sequence[tuple[str, str]] = (),
        form: Sequence[tuple[str, str]] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        budget: str | None = None,
    ) -> Answer:
        """Wait for the call's turn, send it, return the answer with whatever status it has. Redirects are not followed.

        ``params`` and ``form`` keep their order. Reads are repeated after NotSent, NoAnswer and 502 to 504; what may change
        something is sent once. Raises NotSent, NoAnswer, RateLimited (its turn is too far off; it was not sent), BadInput
        (a header that cannot be sent), ConfigError (an address that is not safe).
        """
        counted_under = budget or self._budget_of(call)
        content, kind = _body(form, json)
        sent_headers = _headers(self._default_headers, kind, headers)
        target = _target(url, params)
        attempts = ATTEMPTS if call in REPEATABLE else 1
        for attempt in range(1, attempts + 1):
            await self._limiter.acquire(counted_under, call, patience_s=self._timeouts.patience_of(call))
            outcome = await self._send(method, target, sent_headers, content, self._timeouts.of(call))
            is_last = attempt == attempts
            if isinstance(outcome, Answer):
                self._heed(counted_under, outcome)
                if is_last or outcome.status not in _PASSING_TROUBLE:
                    return outcome
            elif is_last or self._is_closed:
                raise outcome
            await self._sleep(0.25 * 2**attempt * random.uniform(0.5, 1.0))
        raise AssertionError("the last attempt returns or raises")

    async def keep_warm(self, url: str) -> None:
        """Have an open connection to ``url``, so that the next order does not wait for one. Counts as one read.

        Does nothing while the connection was used a moment ago or the budget is used up; a failure is for the next
        call to meet, so it is only logged.
        """
        origin = _origin(url)
        if self._is_closed or time.monotonic() - self._used_at_s.get(origin, -_WARM_FOR_S) < _WARM_FOR_S:
            return
        try:
            await self._limiter.acquire(self._budget_of(CallClass.READ), CallClass.READ, patience_s=0.0)
            outcome = await self._send("HEAD", url, {}, None, self._timeouts.connect_s)
        except (RateLimited, NotSent):  # NotSent: closed in the meantime
            return
        if not isinstance(outcome, Answer):
            _log.info("%s: the connection could not be kept warm: %s", self._broker, outcome)

    async def aclose(self) -> None:
        """Close all connections; calls under way end with NotSent or NoAnswer, later ones with NotSent."""
        self._is_closed = True
        async with self._opening:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    def _budget_of(self, call: CallClass) -> str:
        known = self._limiter.budgets
        return next((name for name in _BUDGETS[call] if name in known), call.value)

    def _heed(self, budget: str, answer: Answer) -> None:
        """After a 429 hold the budget's next calls back: as long as the broker says, else 1, 2, 4 ... seconds."""
        if answer.status != _TOO_MANY:
            self._refusals.pop(budget, None)
            return
        refusals = self._refusals[budget] = self._refusals.get(budget, 0) + 1
        said = answer.headers.get("retry-after", "")
        seconds = float(said) if said.isdecimal() else 2.0 ** (refusals - 1)
        self._limiter.penalise(budget, min(max(1.0, seconds), _LONGEST_PENALTY_S))

    async def _client_for(self, url: str) -> httpx.AsyncClient:
        trust = trust_of(url, self._verify)
        async with self._opening:
            if self._is_closed:
                raise NotSent(f"{self._broker}: the connection was closed.")
            client = self._clients.get(trust)
            if client is None:
                client = self._clients[trust] = await self._open(trust)
            return client

    async def _open(self, trust: bool | Path) -> httpx.AsyncClient:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx

        from terminal_app.brokers.network import Transport

        _quieten()
        protocols = ("h2", "http/1.1") if self._http2 else ("http/1.1",)
        transport = Transport(
            await client_context(trust, protocols),
            http2=self._http2,
            ipv4_only=self._ipv4_only,
            kept_for_s=_KEPT_FOR_S,
        )
        # Proxies and netrc of the environment stay out: orders must leave from the address the broker knows.
        return httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            headers={"User-Agent": f"Bhav/{__version__}"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def _send(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, limit_s: float
    ) -> Answer | BrokerUnavailable:
        """One attempt. Failures are returned: raised outside of any handler, they carry no library's exception along."""
        client = await self._client_for(target)
        from terminal_app.brokers.network import Progress, progress_of_call

        progress = Progress()
        token = progress_of_call.set(progress)
        started_s = time.monotonic()
        outcome: Answer | BrokerUnavailable
        try:
            async with asyncio.timeout(limit_s):
                outcome = await self._exchange(client, method, target, headers, content, limit_s, progress)
        except Exception as error:  # noqa: BLE001 # whatever the library meets: an order that may exist must be reported so
            outcome = _failure(self._broker, error, limit_s, has_left=progress.has_left)
        finally:
            progress_of_call.reset(token)
        if isinstance(outcome, Answer):
            self._used_at_s[_origin(target)] = time.monotonic()
        self._note(method, target, outcome, started_s)
        return outcome

    async def _exchange(
        self,
        client: httpx.AsyncClient,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes | None,
        limit_s: float,
        progress: Progress,
    ) -> Answer:
        request = client.build_request(
            method,
            target,
            headers=headers,
            content=content,
            timeout=_timeout(limit_s, min(limit_s, self._timeouts.connect_s)),
            extensions={"trace": progress},
        )
        response = await client.send(request, stream=True)
        try:
            # To the end in any case: a generator left in the middle would be ended by the collector, outside of the loop.
            parts = [part async for part in response.aiter_raw()]
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=_unpacked(response, b"".join(parts)),
            received_at=datetime.now(UTC),
            broker=self._broker,
        )

    def _note(self, method: str, target: str, outcome: Answer | BrokerUnavailable, started_s: float) -> None:
        result = outcome.status if isinstance(outcome, Answer) else type(outcome).__name__
        parts = urlsplit(target)
        took_ms = (time.monotonic() - started_s) * 1000
        _log.debug("%s: %s %s%s: %s in %.0f ms", self._broker, method, parts.netloc, parts.path, result, took_ms)


def _timeout(limit_s: float, connect_s: float) -> httpx.Timeout:
    import httpx

    return httpx.Timeout(limit_s, connect=connect_s)


def _unpacked(response: httpx.Response, body: bytes) -> bytes:
    """The body without its content encoding. Raises httpx.DecodingError."""
    import httpx

    return httpx.Response(response.status_code, headers=response.headers, content=body).content


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _target(url: str, params: Sequence[tuple[str, str]]) -> str:
    if not params:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(params, quote_via=quote)


def _body(form: Sequence[tuple[str, str]] | None, json: Any) -> tuple[bytes | None, str | None]:
    if json is not None:
        return msgspec.json.encode(json), "application/json"
    if form is not None:
        return urlencode(form).encode("ascii"), "application/x-www-form-urlencoded"
    return None, None


def _headers(default: Mapping[str, str], kind: str | None, own: Mapping[str, str] | None) -> dict[str, str]:
    """All headers of a request, later ones in place of earlier ones whatever their case. Raises BadInput naming one."""
    merged: dict[str, tuple[str, str]] = {}
    for source in (default, {"Content-Type": kind} if kind else {}, own or {}):
        for name, value in source.items():
            if not (value.isascii() and value.isprintable()) or value != value.strip():
                raise BadInput(
                    name, f"The value for {name} holds a space, a line break or a letter that cannot be sent."
                )
            merged[name.lower()] = (name, value)
    return dict(merged.values())


def _failure(broker: str, error: Exception, limit_s: float, *, has_left: bool) -> BrokerUnavailable:
    """Our error for a library's; only its kind is told, as the text may quote what was sent."""
    why = reason_of(error, limit_s)
    if has_left:
        return NoAnswer(f"{broker} did not answer: {why}.")
    return NotSent(f"{broker} cannot be reached: {why}. Nothing was sent.")


def reason_of(error: Exception, limit_s: float) -> str:
    """Why a connection failed, in words of ours; nothing of the exception's own text, which may quote what was sent."""
    chain = _causes(error)
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted"
        if isinstance(cause, socket.gaierror):
            return "its address was not found; check the internet connection"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return "the connection was reset"
        if isinstance(cause, OSError) and cause.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}:
            return "there is no network"
    names = [type(cause).__name__ for cause in chain]
    if any(name.endswith(("Timeout", "TimeoutError", "TimeoutException")) for name in names):
        return f"it took longer than {limit_s:g} s"
    # After the time limits: a handshake under way always has an SSLWantReadError in its chain.
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        return "the encrypted connection failed"
    if "RemoteProtocolError" in names:
        return "the connection was closed or the answer is no proper HTTP"
    if any(name in {"ReadError", "WriteError", "CloseError", "ConnectError"} for name in names):
        return "the connection was lost"
    if "DecodingError" in names:
        return "the answer is damaged"
    if "InvalidURL" in names:
        return "its address is not a proper one"
    _log.error("unexpected while talking to a broker: %s", " from ".join(names))
    return f"an unexpected {names[0]}"


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    rest: list[BaseException | None] = [error]
    while rest:
        cause = rest.pop(0)
        if cause is None or any(cause is seen for seen in found):
            continue
        found.append(cause)
        rest += [cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            rest += cause.exceptions
    return found
