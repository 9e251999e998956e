"""httpx over asyncio's transports: large bodies both ways, and nothing left open however a call ends."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import warnings
from pathlib import Path

import pytest

from terminal_app.brokers.http import Answer, CallClass, HttpClient, NoAnswer, NotSent, Timeouts
from terminal_app.brokers.ratelimit import RateLimiter, Window
from tests.helpers import loopback
from tests.helpers.certificate import Certificate, make_certificate
from tests.helpers.loopback import answer, http2_server, http_server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def client_of(verify: bool | Path = True, **limits: float) -> HttpClient:
    return HttpClient(
        "Zerodha", RateLimiter({"other": (Window(1000, 1.0),)}), verify=verify, timeouts=Timeouts(**limits)
    )


@pytest.mark.parametrize("is_secure", [False, True], ids=["clear", "tls"])
async def test_an_instrument_list_of_many_megabytes_arrives_whole(certificate: Certificate, is_secure: bool) -> None:
    body = hashlib.shake_256(b"instruments").digest(12_000_000)
    client = client_of(certificate.cert)
    async with http_server(answer(200, body), context=certificate.server_context() if is_secure else None) as server:
        got = await client.request("GET", server.url(), CallClass.INSTRUMENTS)
        await client.aclose()
    assert got.body == body


@pytest.mark.parametrize("is_secure", [False, True], ids=["clear", "tls"])
async def test_a_large_request_arrives_whole(certificate: Certificate, is_secure: bool) -> None:
    text = "x" * 5_000_000
    client = client_of(certificate.cert)
    async with http_server(context=certificate.server_context() if is_secure else None) as server:
        await client.request("POST", server.url(), CallClass.PLACE, json={"text": text})
        await client.aclose()
    assert len(server.seen[0].body) == len(text) + len('{"text":""}')


async def test_an_answer_in_pieces_is_put_together() -> None:
    async def pieces(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(50):
            writer.write(b"3\r\nabc\r\n")
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")

    client = client_of()
    async with http_server(pieces) as server:
        got = await client.request("GET", server.url(), CallClass.READ)
        await client.request("GET", server.url(), CallClass.READ)
        await client.aclose()
    assert got.body == b"abc" * 50
    assert server.connections == 1


async def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    client = client_of()
    async with http_server(loopback.raw(b"HTTP/1.1 200 OK\r\n\r\n{}")) as server:
        got = await client.request("GET", server.url(), CallClass.READ)
        await client.aclose()
    assert got.body == b"{}"


async def test_many_calls_at_once_share_a_few_connections() -> None:
    client = client_of()
    async with http_server() as server:
        got = await asyncio.gather(*(client.request("GET", server.url(), CallClass.READ) for _ in range(60)))
        await client.aclose()
    assert all(one.status == 200 for one in got)
    assert server.connections <= 6


@pytest.mark.parametrize("is_secure", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize("turns", [*range(0, 40, 2), 80, 160])
async def test_a_call_cancelled_at_any_moment_leaves_nothing_open(
    certificate: Certificate, turns: int, is_secure: bool
) -> None:
    client = client_of(certificate.cert)
    async with http_server(context=certificate.server_context() if is_secure else None) as server:
        call = asyncio.ensure_future(client.request("POST", server.url(), CallClass.PLACE))
        for _ in range(turns):
            await asyncio.sleep(0)
        call.cancel()
        outcome = (await asyncio.gather(call, return_exceptions=True))[0]
        assert isinstance(outcome, Answer | asyncio.CancelledError)
        again = await client.request("POST", server.url(), CallClass.PLACE)
        assert again.status == 200
        await client.aclose()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        gc.collect()
    assert [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)] == []


@pytest.mark.parametrize("step", [loopback.silence, loopback.reset, loopback.half_an_answer(), loopback.a_drip(0.01)])
async def test_a_failed_call_leaves_nothing_open(certificate: Certificate, step: loopback.Step) -> None:
    client = client_of(certificate.cert, order_s=0.2)
    async with http_server(step, context=certificate.server_context()) as server:
        with pytest.raises(NoAnswer):
            await client.request("POST", server.url(), CallClass.PLACE)
        await client.aclose()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        gc.collect()
    assert [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)] == []


async def test_a_dead_http2_connection_makes_an_order_fail_definitely_or_honestly(certificate: Certificate) -> None:
    client = client_of(certificate.cert)
    async with http2_server(certificate.server_context(("h2",))) as server:
        await client.request("GET", server.url(), CallClass.READ)
        server.transports[0].abort()
        outcome = (
            await asyncio.gather(client.request("POST", server.url("/order"), CallClass.PLACE), return_exceptions=True)
        )[0]
        if isinstance(outcome, NotSent):
            assert all(request.target != "/order" for request in server.seen)
        else:
            assert isinstance(outcome, Answer | NoAnswer)
        assert (await client.request("GET", server.url(), CallClass.READ)).status == 200
        await client.aclose()
