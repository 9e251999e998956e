"""HTTP to a broker, over real connections on loopback."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from terminal_app.brokers.http import Answer, CallClass, HttpClient, NoAnswer, NotSent, Timeouts, reason_of
from terminal_app.brokers.ratelimit import RateLimiter, Window
from terminal_app.domain.errors import BadInput, BrokerUnavailable, ConfigError, ProtocolError, RateLimited
from tests.helpers import loopback
from tests.helpers.async_tests import until
from tests.helpers.certificate import Certificate, make_certificate
from tests.helpers.log_guard import LogGuard
from tests.helpers.loopback import HttpServer, Step, answer, http2_server, http_server

WRITES = [CallClass.CANCEL, CallClass.MODIFY, CallClass.PLACE, CallClass.LOGIN]
READS = [CallClass.READ, CallClass.QUOTE, CallClass.HISTORY, CallClass.INSTRUMENTS]
SHORT = Timeouts(order_s=0.3, read_s=0.3, instruments_s=0.3, connect_s=0.3)
CANARY = "c4nary-7Q9zX2-s3cret"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


class Pauses:
    """Stands in for sleeping: notes how long it should have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


Make = Callable[..., HttpClient]


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def client_of(pauses: Pauses) -> AsyncIterator[Make]:
    made: list[HttpClient] = []

    def make(limiter: RateLimiter | None = None, **options: object) -> HttpClient:
        limiter = limiter or RateLimiter({"other": (Window(1000, 1.0),)})
        client = HttpClient("Zerodha", limiter, sleep=pauses, **options)  # type: ignore[arg-type]
        made.append(client)
        return client

    yield make
    for client in made:
        await client.aclose()


# --- what is on the wire


async def test_fields_of_a_form_keep_their_order_and_may_repeat(client_of: Make) -> None:
    form = [("tradingsymbol", "M&M"), ("a", "1"), ("zeta", "ü €"), ("a", "0"), ("empty", "")]
    async with http_server() as server:
        await client_of().request("POST", server.url("/orders/regular"), CallClass.PLACE, form=form)
    request = server.seen[0]
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert parse_qsl(request.body.decode(), keep_blank_values=True) == form


async def test_parameters_keep_their_order_and_reserved_letters_arrive(client_of: Make) -> None:
    params = [("i", "NSE:INFY"), ("i", "NSE:M&M"), ("b", "NSE_FO|1 2+3%"), ("a", "x=y#z/")]
    async with http_server() as server:
        await client_of().request("GET", server.url("/quote?v=1"), CallClass.QUOTE, params=params)
    query = urlsplit(server.seen[0].target).query
    assert parse_qsl(query) == [("v", "1"), *params]
    assert "%7C" in query
    assert "1%202%2B3%25" in query


async def test_a_delete_may_carry_json(client_of: Make) -> None:
    async with http_server() as server:
        await client_of().request("DELETE", server.url("/gtt"), CallClass.CANCEL, json={"gtt_order_id": "G-1"})
    request = server.seen[0]
    assert (request.method, request.body) == ("DELETE", b'{"gtt_order_id":"G-1"}')
    assert request.header("content-type") == "application/json"


async def test_headers_of_a_call_take_the_place_of_the_default_ones_whatever_their_case(client_of: Make) -> None:
    client = client_of(default_headers={"Authorization": "token old", "X-Kite-Version": "3"})
    async with http_server() as server:
        await client.request("GET", server.url(), CallClass.READ, headers={"authorization": "token new"})
    names = [name.lower() for name, _ in server.seen[0].headers]
    assert names.count("authorization") == 1
    assert server.seen[0].header("Authorization") == "token new"
    assert server.seen[0].header("X-Kite-Version") == "3"


async def test_an_answer_carries_what_came_whatever_its_status(client_of: Make) -> None:
    async with http_server(answer(403, b'{"error": 1.10}', ("X-Thing", "A"), ("Set-Cookie", "sid=1"))) as server:
        got = await client_of().request("GET", server.url(), CallClass.READ)
    assert (got.status, got.body, got.headers["x-thing"]) == (403, b'{"error": 1.10}', "A")
    assert got.json() == {"error": 1.1}
    assert got.json(float_hook=Decimal) == {"error": Decimal("1.10")}
    assert got.received_at.utcoffset() is not None


async def test_cookies_are_not_kept(client_of: Make) -> None:
    client = client_of()
    async with http_server(answer(200, b"{}", ("Set-Cookie", "sid=1; Path=/"))) as server:
        await client.request("GET", server.url(), CallClass.READ)
        await client.request("GET", server.url(), CallClass.READ)
    assert server.seen[1].header("cookie") is None


async def test_a_redirect_is_an_answer_like_any_other(client_of: Make) -> None:
    async with http_server(answer(302, b"", ("Location", "/elsewhere"))) as server:
        got = await client_of().request("GET", server.url(), CallClass.READ)
    assert (got.status, got.headers["location"], len(server.seen)) == (302, "/elsewhere", 1)


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b'{"a": ', b"\xff\xfe"])
async def test_a_body_that_is_not_json_is_a_protocol_error_that_names_the_broker(client_of: Make, body: bytes) -> None:
    async with http_server(answer(200, body, ("Content-Type", "text/html; charset=utf-8"))) as server:
        got = await client_of().request("GET", server.url(), CallClass.READ)
    with pytest.raises(ProtocolError, match=r"^Zerodha answered 200 .*text/html"):
        got.json()


async def test_one_connection_serves_call_after_call(client_of: Make) -> None:
    client = client_of()
    async with http_server() as server:
        for _ in range(5):
            await client.request("POST", server.url(), CallClass.PLACE, form=[("a", "1")])
        assert server.connections == 1


async def test_environment_proxies_are_not_used(client_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async with http_server() as proxy, http_server() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        await client_of().request("GET", server.url(), CallClass.READ)
        assert (len(proxy.seen), len(server.seen)) == (0, 1)


@pytest.mark.parametrize("value", ["abc\r\nX-Evil: 1", " abc", "abc\n", "t\u00f6ken", "a\x00b"])
async def test_a_header_that_cannot_be_sent_is_named_but_not_quoted(client_of: Make, value: str) -> None:
    async with http_server() as server:
        with pytest.raises(BadInput) as caught:
            await client_of().request("GET", server.url(), CallClass.READ, headers={"Authorization": value})
    assert caught.value.field == "Authorization"
    assert value not in caught.value.message
    assert server.connections == 0


# --- sent or not sent


async def test_a_refused_connection_was_not_sent(client_of: Make) -> None:
    async with http_server() as server:
        url = server.url()
    with pytest.raises(NotSent, match=r"^Zerodha cannot be reached: the connection was refused\. Nothing was sent\.$"):
        await client_of().request("POST", url, CallClass.PLACE, form=[("a", "1")])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            socket.gaierror(socket.EAI_NONAME, "secret.example"),
            "its address was not found; check the internet connection",
        ),
        (OSError(errno.ENETUNREACH, "secret"), "there is no network"),
        (ExceptionGroup("secret", [OSError(errno.EHOSTUNREACH, "secret")]), "there is no network"),
        (BrokenPipeError("secret"), "the connection was reset"),
        (TimeoutError("secret"), "it took longer than 7 s"),
    ],
)
def test_why_a_connection_failed_is_told_in_our_words(error: Exception, words: str) -> None:
    outer = OSError("All connection attempts failed")
    outer.__cause__ = error
    assert reason_of(outer, 7.0) == words


def test_an_error_of_an_unknown_kind_is_logged_by_its_kind_only(expected_logs: LogGuard) -> None:
    expected_logs(r"unexpected while talking to a broker: ZeroDivisionError from KeyError$")
    error = ZeroDivisionError("secret")
    error.__cause__ = KeyError("secret")
    assert reason_of(error, 7.0) == "an unexpected ZeroDivisionError"


async def test_a_failed_tls_handshake_was_not_sent(client_of: Make) -> None:
    def answer_in_clear(writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return True

    async with http_server() as server:
        server.on_accept = answer_in_clear
        url = server.url().replace("http:", "https:")
        with pytest.raises(NotSent, match="the encrypted connection failed"):
            await client_of(timeouts=SHORT).request("POST", url, CallClass.PLACE, form=[("a", "1")])
        assert server.seen == []


async def test_a_reset_before_the_request_was_written_was_not_sent(client_of: Make) -> None:
    def tear_down(writer: asyncio.StreamWriter) -> bool:
        loopback.tear_down(writer.transport)
        return False

    async with http_server() as server:
        server.on_accept = tear_down
        url = server.url().replace("http:", "https:")  # the handshake is before the request
        with pytest.raises(NotSent, match=r"reset|closed|lost"):
            await client_of(timeouts=SHORT).request("POST", url, CallClass.PLACE, form=[("a", "1")])


async def test_a_handshake_that_never_ends_was_not_sent(client_of: Make) -> None:
    release = asyncio.Event()

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.close()

    listener = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        with pytest.raises(NotSent, match=r"longer than 0\.3 s"):
            await client_of(timeouts=SHORT).request("POST", f"https://127.0.0.1:{port}/", CallClass.PLACE)
    finally:
        release.set()
        listener.close()
        await listener.wait_closed()


async def test_a_certificate_that_is_not_trusted_was_not_sent(client_of: Make, certificate: Certificate) -> None:
    async with http_server(context=certificate.server_context()) as server:
        with pytest.raises(NotSent, match="its certificate is not trusted"):
            await client_of().request("POST", server.url(), CallClass.PLACE)
        assert server.seen == []


@pytest.mark.parametrize(
    ("names", "days"), [(("example.com",), 2), (("localhost", "127.0.0.1"), -1)], ids=["other name", "over"]
)
async def test_a_certificate_for_another_name_or_out_of_date_was_not_sent(
    client_of: Make, tmp_path: Path, names: tuple[str, ...], days: int
) -> None:
    wrong = make_certificate(tmp_path, names, days)
    async with http_server(context=wrong.server_context()) as server:
        with pytest.raises(NotSent, match="its certificate is not trusted"):
            await client_of(verify=wrong.cert).request("POST", server.url(), CallClass.PLACE)


@pytest.mark.parametrize(
    "step",
    [
        loopback.reset,
        loopback.hang_up,
        loopback.silence,
        loopback.half_an_answer(),
        loopback.a_drip(0.02),
        loopback.raw(b"\x15\x03\x01 what is this\r\n\r\n"),
        loopback.raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
        loopback.raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"),
    ],
    ids=["reset", "hang up", "silence", "half", "drip", "garbage", "half a head", "bad gzip"],
)
@pytest.mark.parametrize("call", [CallClass.PLACE, CallClass.LOGIN])
async def test_a_request_without_a_whole_answer_may_have_taken_effect_and_is_sent_once(
    client_of: Make, pauses: Pauses, step: Step, call: CallClass
) -> None:
    async with http_server(step, answer()) as server:
        with pytest.raises(NoAnswer, match=r"^Zerodha did not answer"):
            await client_of(timeouts=SHORT).request("POST", server.url(), call, form=[("a", "1")])
        assert len(server.seen) == 1
    assert pauses.taken == []


async def test_a_connection_closed_while_idle_is_not_used_for_an_order(client_of: Make) -> None:
    client = client_of()
    async with http_server() as server:
        await client.request("GET", server.url(), CallClass.READ)
        server.writers[0].close()
        await server.writers[0].wait_closed()
        got = await client.request("POST", server.url(), CallClass.PLACE, form=[("a", "1")])
        assert (got.status, server.connections) == (200, 2)


async def test_a_request_that_the_server_has_seen_is_never_called_unsent(client_of: Make) -> None:
    """Kept connections are reset at all moments around the next order."""
    for turns in range(12):
        async with http_server() as server:
            client = client_of(timeouts=SHORT)
            await client.request("GET", server.url(), CallClass.READ)
            order = asyncio.ensure_future(client.request("POST", server.url("/order"), CallClass.PLACE))
            for _ in range(turns):
                await asyncio.sleep(0)
            loopback.tear_down(server.writers[0].transport)
            outcome = (await asyncio.gather(order, return_exceptions=True))[0]
            saw_it = any(request.target == "/order" for request in server.seen)
            assert isinstance(outcome, Answer | NotSent | NoAnswer)
            assert not (isinstance(outcome, NotSent) and saw_it)


async def test_a_slow_answer_within_the_limit_is_an_answer(client_of: Make) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await answer()(writer)

    async with http_server(slow) as server:
        got = await client_of(timeouts=Timeouts(order_s=5.0)).request("POST", server.url(), CallClass.PLACE)
    assert got.status == 200


def test_orders_reads_and_instruments_have_limits_of_their_own() -> None:
    limits = {call: Timeouts().of(call) for call in CallClass}
    assert {limits[call] for call in (CallClass.CANCEL, CallClass.MODIFY, CallClass.PLACE)} == {7.0}
    assert {limits[call] for call in (CallClass.READ, CallClass.QUOTE, CallClass.HISTORY, CallClass.LOGIN)} == {10.0}
    assert limits[CallClass.INSTRUMENTS] == 60.0


# --- repeated or not


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("trouble", [loopback.reset, answer(502), answer(503), answer(504)])
async def test_reads_are_repeated_after_passing_trouble(
    client_of: Make, pauses: Pauses, call: CallClass, trouble: Step
) -> None:
    async with http_server(trouble, trouble, answer(200, b"[1]")) as server:
        got = await client_of().request("GET", server.url(), call)
        assert (got.json(), len(server.seen)) == ([1], 3)
    assert len(pauses.taken) == 2
    assert 0.25 <= pauses.taken[0] <= 0.5 <= pauses.taken[1] <= 1.0


async def test_a_read_is_repeated_three_times_at_most(client_of: Make) -> None:
    async with http_server(loopback.reset) as server:
        with pytest.raises(NoAnswer):
            await client_of().request("GET", server.url(), CallClass.READ)
        assert len(server.seen) == 3
    async with http_server(answer(503)) as server:
        assert (await client_of().request("GET", server.url(), CallClass.READ)).status == 503
        assert len(server.seen) == 3


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_may_change_something_is_sent_once(client_of: Make, call: CallClass, status: int) -> None:
    async with http_server(answer(status), answer()) as server:
        assert (await client_of().request("POST", server.url(), call)).status == status
        assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
async def test_a_read_is_not_repeated_after_a_definite_answer(client_of: Make, status: int) -> None:
    async with http_server(answer(status), answer()) as server:
        assert (await client_of().request("GET", server.url(), CallClass.READ)).status == status
        assert len(server.seen) == 1


# --- the budget


async def test_a_429_holds_the_budget_back_for_as_long_as_the_broker_says(client_of: Make) -> None:
    now = [0.0]
    limiter = RateLimiter({"orders": (Window(10, 1.0),), "read": (Window(10, 1.0),)}, clock=lambda: now[0])
    client = client_of(limiter, timeouts=Timeouts(order_patience_s=0.0))
    async with http_server(answer(429, b"{}", ("Retry-After", "7")), answer()) as server:
        await client.request("POST", server.url(), CallClass.PLACE)
        with pytest.raises(RateLimited) as caught:
            await client.request("POST", server.url(), CallClass.PLACE)
        assert caught.value.retry_after_s == pytest.approx(7.0)
        assert (await client.request("GET", server.url(), CallClass.READ)).status == 200
        now[0] = 7.0
        assert (await client.request("POST", server.url(), CallClass.PLACE)).status == 200


async def test_the_penalty_doubles_while_the_broker_keeps_refusing(client_of: Make) -> None:
    now = [0.0]
    limiter = RateLimiter({"orders": (Window(10, 1.0),)}, clock=lambda: now[0])
    client = client_of(limiter, timeouts=Timeouts(order_patience_s=0.0))
    penalties: list[float] = []
    async with http_server(answer(429), answer(429), answer(429), answer(200), answer(429)) as server:
        for _ in range(5):
            got = await client.request("POST", server.url(), CallClass.CANCEL)
            if got.status == 429:
                try:
                    await client.request("POST", server.url(), CallClass.PLACE)
                except RateLimited as error:
                    penalties.append(error.retry_after_s)
                    now[0] += error.retry_after_s
    assert penalties == pytest.approx([1.0, 2.0, 4.0, 1.0])


async def test_every_attempt_counts_under_the_named_budget(client_of: Make) -> None:
    limiter = RateLimiter({"historical": (Window(5, 60.0),), "other": (Window(9, 60.0),)})
    async with http_server(answer(503), answer()) as server:
        await client_of(limiter).request("GET", server.url(), CallClass.HISTORY, budget="historical")
    assert limiter.remaining() == (("historical", 3, 5), ("other", 9, 9))


async def test_a_budget_nobody_has_is_an_error_before_anything_is_sent(client_of: Make) -> None:
    async with http_server() as server:
        with pytest.raises(ValueError, match="no budget is called 'orders_2'"):
            await client_of().request("GET", server.url(), CallClass.READ, budget="orders_2")
        assert server.connections == 0


# --- TLS, HTTP/2, loopback's exceptions


async def test_https_with_a_test_certificate_works(client_of: Make, certificate: Certificate) -> None:
    async with http_server(context=certificate.server_context()) as server:
        got = await client_of(verify=certificate.cert).request("GET", server.url(), CallClass.READ)
        assert got.status == 200


async def test_the_test_roots_of_the_environment_hold_on_loopback(
    client_of: Make, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BHAV_TEST_CA", str(certificate.cert))
    async with http_server(context=certificate.server_context()) as server:
        got = await client_of().request("GET", server.url(), CallClass.READ)
        assert got.status == 200
        named = server.url().replace("127.0.0.1", "localhost")
        assert (await client_of().request("GET", named, CallClass.READ)).status == 200


@pytest.mark.parametrize(
    ("url", "verify"),
    [
        ("http://api.kite.trade/orders", True),
        ("http://127.0.0.1.evil.example/", True),
        ("ftp://api.kite.trade/", True),
        ("https://api.kite.trade/orders", False),
    ],
)
async def test_an_address_outside_this_machine_must_be_encrypted_and_checked(
    client_of: Make, url: str, verify: bool
) -> None:
    with pytest.raises(ConfigError):
        await client_of(verify=verify).request("GET", url, CallClass.READ)


async def test_http2_is_spoken_where_it_is_offered(client_of: Make, certificate: Certificate) -> None:
    client = client_of(verify=certificate.cert)
    async with http2_server(certificate.server_context(("h2",))) as server:
        form = [("z", "1"), ("a", "2")]
        got = await client.request("POST", server.url("/o?x=1"), CallClass.PLACE, form=form)
        many = await asyncio.gather(*(client.request("GET", server.url(), CallClass.READ) for _ in range(8)))
        assert got.json() == {"over": "h2"}
        assert (server.seen[0].protocol, server.seen[0].target, server.seen[0].body) == ("HTTP/2", "/o?x=1", b"z=1&a=2")
        assert len(many) == 8
        assert len(server.transports) == 1


async def test_http2_can_be_left_out(client_of: Make, certificate: Certificate) -> None:
    async with http_server(context=certificate.server_context(("h2", "http/1.1"))) as server:
        client = client_of(verify=certificate.cert, http2=False)
        assert (await client.request("GET", server.url(), CallClass.READ)).status == 200


async def test_an_http2_request_without_an_answer_may_have_taken_effect_and_the_next_one_works(
    client_of: Make, certificate: Certificate
) -> None:
    client = client_of(verify=certificate.cert, timeouts=SHORT)
    async with http2_server(certificate.server_context(("h2",))) as server:
        server.mute.add("/mute")
        assert (await client.request("GET", server.url(), CallClass.READ)).status == 200
        with pytest.raises(NoAnswer, match="longer than"):
            await client.request("POST", server.url("/mute"), CallClass.PLACE, form=[("a", "1")])
        assert (await client.request("POST", server.url("/next"), CallClass.PLACE)).status == 200
        assert [request.target for request in server.seen] == ["/", "/mute", "/next"]


async def test_a_reset_http2_connection_is_replaced(client_of: Make, certificate: Certificate) -> None:
    client = client_of(verify=certificate.cert, timeouts=SHORT)
    async with http2_server(certificate.server_context(("h2",))) as server:
        server.mute.add("/mute")
        order = asyncio.ensure_future(client.request("POST", server.url("/mute"), CallClass.PLACE))
        await until(lambda: server.seen)
        server.transports[0].abort()
        with pytest.raises(NoAnswer):
            await order
        assert (await client.request("GET", server.url(), CallClass.READ)).status == 200


async def test_a_name_with_both_kinds_of_address_is_reached_over_ipv4(client_of: Make) -> None:
    async with http_server() as server:
        await client_of().request("GET", server.url().replace("127.0.0.1", "localhost"), CallClass.READ)
        peer = server.writers[0].get_extra_info("peername")
        assert peer[0] == "127.0.0.1"
    with pytest.raises(NotSent):
        await client_of().request("POST", f"http://[::1]:{server.port}/", CallClass.PLACE)


# --- warm and closed


async def test_keep_warm_opens_the_connection_that_the_next_order_uses(client_of: Make) -> None:
    client = client_of(default_headers={"Authorization": f"token {CANARY}"})
    async with http_server(answer(404, b"")) as server:
        await client.keep_warm(server.url())
        await client.keep_warm(server.url())
        assert [request.method for request in server.seen] == ["HEAD"]
        assert server.seen[0].header("authorization") is None
        await client.request("POST", server.url(), CallClass.PLACE)
        assert server.connections == 1


async def test_keep_warm_gives_way_to_a_used_up_budget_and_survives_a_dead_host(client_of: Make) -> None:
    limiter = RateLimiter({"other": (Window(1, 60.0),)})
    client = client_of(limiter)
    async with http_server() as server:
        url = server.url()
        await limiter.acquire("other", CallClass.READ)
        await client.keep_warm(url)
        assert server.connections == 0
    await client_of().keep_warm(url)


async def test_closing_ends_calls_under_way_and_later_ones(client_of: Make) -> None:
    client = client_of()
    async with http_server(loopback.silence) as server:
        order = asyncio.ensure_future(client.request("POST", server.url(), CallClass.PLACE))
        await until(lambda: server.seen)
        await client.aclose()
        with pytest.raises(NoAnswer):
            await order
        with pytest.raises(NotSent):
            await client.request("POST", server.url(), CallClass.PLACE)
        await client.keep_warm(server.url())
        assert len(server.seen) == 1


async def test_a_cancelled_call_leaves_the_client_in_order(client_of: Make) -> None:
    client = client_of()
    async with http_server(loopback.silence, answer()) as server:
        order = asyncio.ensure_future(client.request("POST", server.url(), CallClass.PLACE))
        await until(lambda: server.seen)
        order.cancel()
        with pytest.raises(asyncio.CancelledError):
            await order
        assert (await client.request("GET", server.url(), CallClass.READ)).status == 200


def test_nothing_heavy_is_loaded_before_the_first_call() -> None:
    code = (
        "import sys\n"
        "from terminal_app.brokers.http import HttpClient\n"
        "from terminal_app.brokers.socket import Socket\n"
        "from terminal_app.brokers.ratelimit import RateLimiter\n"
        "HttpClient('x', RateLimiter({}))\n"
        "print(sorted({'httpx', 'httpcore', 'anyio', 'h2', 'picows', 'aiohttp', 'certifi'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- secrets


class Everything(logging.Handler):
    """Keeps every record, formatted in full."""

    def __init__(self) -> None:
        super().__init__(1)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(record.args))


@pytest.fixture
def everything() -> Iterator[Everything]:
    handler = Everything()
    root = logging.getLogger()
    names = ["", "httpx", "httpcore", "hpack", "h2", "anyio", "picows", "asyncio", "terminal_app"]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(1)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def texts_of(error: BaseException) -> str:
    """All that an exception and those that hang on to it can tell."""
    found, rest, seen = [], [error], set()
    while rest:
        one = rest.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        found += [str(one), repr(one), repr(one.args), repr(getattr(one, "__dict__", {}))]
        rest += [other for other in (one.__cause__, one.__context__) if other is not None]
    return "\n".join([*found, "".join(traceback.format_exception(error))])


@pytest.mark.parametrize(
    "step",
    [
        answer(200, b'{"access_token": "' + CANARY.encode() + b'"', ("Set-Cookie", f"enctoken={CANARY}")),
        answer(500, CANARY.encode(), ("X-Token", CANARY)),
        loopback.reset,
        loopback.silence,
        loopback.half_an_answer(b'{"access_token": "' + CANARY.encode()),
        loopback.raw(f"{CANARY}\r\n\r\n".encode()),
        loopback.raw(f"HTTP/1.1 200 OK\r\n{CANARY}\r\n\r\n".encode()),
    ],
    ids=["body", "500", "reset", "silence", "half", "garbage", "bad head"],
)
async def test_no_secret_is_in_an_error_a_log_line_or_a_printed_value(
    client_of: Make, everything: Everything, step: Step
) -> None:
    client = client_of(timeouts=SHORT, default_headers={"Authorization": f"token key:{CANARY}"})
    told = [repr(client)]
    async with http_server(step) as server:
        for call in (CallClass.PLACE, CallClass.READ):
            try:
                got = await client.request(
                    "POST",
                    server.url(f"/session?api_secret={CANARY}"),
                    call,
                    params=[("access_token", CANARY)],
                    form=[("checksum", CANARY)],
                    headers={"X-Key": CANARY},
                )
                told += [repr(got), str(got)]
                got.json()
            except (BrokerUnavailable, ProtocolError) as error:
                told.append(texts_of(error))
        assert CANARY in (server.seen[0].header("Authorization") or "")
    assert CANARY not in "\n".join(told + everything.lines)
    assert any("terminal_app.brokers.http" in line for line in everything.lines)


async def test_no_secret_is_in_a_log_line_of_http2(
    client_of: Make, certificate: Certificate, everything: Everything
) -> None:
    client = client_of(verify=certificate.cert, default_headers={"Authorization": f"token key:{CANARY}"})
    async with http2_server(certificate.server_context(("h2",))) as server:
        await client.request("GET", server.url(f"/x?a={CANARY}"), CallClass.READ)
        assert server.seen[0].header("authorization") == f"token key:{CANARY}"
    assert CANARY not in "\n".join(everything.lines)


async def test_no_secret_is_in_the_error_for_a_connection_that_was_not_made(
    client_of: Make, everything: Everything
) -> None:
    async with http_server() as server:
        url = server.url(f"/?token={CANARY}")
    for target in (url, url.replace("http:", "https:"), f"http://127.0.0.1:1/{CANARY}?{CANARY}\x00"):
        with pytest.raises(NotSent) as caught:
            await client_of().request("POST", target, CallClass.PLACE, form=[("pin", CANARY)])
        assert CANARY not in texts_of(caught.value)
    assert f"token={CANARY}" not in "\n".join(everything.lines)


async def test_nothing_is_left_for_the_collector_to_complain_about(client_of: Make) -> None:
    """An unclosed socket would be a ResourceWarning, which is an error here."""
    server: HttpServer
    client = client_of()
    async with http_server() as server:
        await client.request("GET", server.url(), CallClass.READ)
        await client.aclose()
    gc.collect()
    assert server.connections == 1
