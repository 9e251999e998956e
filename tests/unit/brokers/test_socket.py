"""A WebSocket to a broker, over real connections on loopback."""

from __future__ import annotations

import asyncio
import functools
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.socket import Socket, SocketAddress, SocketState
from terminal_app.domain.errors import (
    BrokerError,
    BrokerUnavailable,
    NotPermitted,
    ProtocolError,
    RateLimited,
    SessionExpired,
)
from tests.helpers.async_tests import until
from tests.helpers.certificate import Certificate, make_certificate
from tests.helpers.log_guard import LogGuard
from tests.helpers.loopback import Line, websocket_server
from tests.helpers.socket_bench import CANARY, Bench, benched, turn


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


# --- connected


@benched
async def test_it_connects_restores_and_then_is_open(bench: Bench) -> None:
    async def subscribe() -> None:
        assert bench.state is SocketState.CONNECTING
        bench.socket.send_text("subscribe")

    bench.restore = subscribe
    bench.headers = (("Authorization", "token x"),)
    assert not bench.socket.is_open
    line = await bench.open_it()
    assert bench.socket.is_open
    assert [state for state, _ in bench.states] == [SocketState.CONNECTING, SocketState.OPEN]
    await until(lambda: line.got == ["subscribe"])
    assert line.headers["Authorization"] == "token x"


@benched
async def test_messages_go_both_ways(bench: Bench) -> None:
    line = await bench.open_it()
    await line.ws.send_bytes(b"\x00\x01")
    await line.ws.send_str("₹ {}")
    bench.socket.send_binary(b"\xff")
    bench.socket.send_text("hello €")
    await until(lambda: bench.binary and bench.text and len(line.got) == 2)
    assert (bench.binary, bench.text, line.got) == ([b"\x00\x01"], ["₹ {}"], [b"\xff", "hello €"])
    assert bench.times_ns[0] > 1_700_000_000 * 10**9


@benched
async def test_nothing_can_be_sent_without_a_connection(bench: Bench) -> None:
    with pytest.raises(BrokerUnavailable, match="Zerodha feed is not connected"):
        bench.socket.send_text("a")
    with pytest.raises(BrokerUnavailable, match="Zerodha feed is not connected"):
        bench.socket.send_binary(b"a")
    await bench.open_it()
    await bench.socket.aclose()
    with pytest.raises(BrokerUnavailable):
        bench.socket.send_text("a")


@benched
async def test_many_frames_in_one_read_all_arrive_in_order(bench: Bench) -> None:
    line = await bench.open_it()
    frames = [number.to_bytes(2, "big") for number in range(500)]
    line.write(b"".join(b"\x82\x02" + frame for frame in frames))
    await until(lambda: len(bench.binary) == 500)
    assert bench.binary == frames


@benched
async def test_a_frame_in_many_reads_arrives_whole(bench: Bench) -> None:
    line = await bench.open_it()
    body = bytes(range(256)) * 300
    frame = b"\x82\x7f" + len(body).to_bytes(8, "big") + body
    for start in range(0, len(frame), 7001):
        line.write(frame[start : start + 7001])
        await turn(3)
    await until(lambda: bench.binary)
    assert bench.binary == [body]


@benched
async def test_a_message_in_several_frames_is_put_together_around_a_ping(bench: Bench) -> None:
    line = await bench.open_it()
    line.write(b"\x02\x02ab" + b"\x00\x01c" + b"\x89\x01p" + b"\x80\x01d")
    line.write(b"\x01\x01\xe2" + b"\x00\x01\x82" + b"\x80\x01\xac")
    await until(lambda: bench.binary and bench.text and line.pongs)
    assert (bench.binary, bench.text, line.pongs) == ([b"abcd"], ["€"], [b"p"])


@benched
async def test_a_ping_is_answered(bench: Bench) -> None:
    line = await bench.open_it()
    line.write(b"\x89\x0dare you there")
    await until(lambda: line.pongs == [b"are you there"])


async def test_wss_with_a_test_certificate_works(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BHAV_TEST_CA", str(certificate.cert))
    async with websocket_server(certificate.server_context()) as server:
        bench = Bench(server)
        line = await bench.open_it()
        await line.ws.send_bytes(b"1")
        await until(lambda: bench.binary == [b"1"])
        await bench.socket.aclose()
        await until(lambda: line.close_code is not None)


async def test_an_untrusted_certificate_is_told(certificate: Certificate) -> None:
    async with websocket_server(certificate.server_context()) as server:
        bench = Bench(server)
        bench.socket.start()
        await bench.reach(SocketState.LOST)
        assert bench.reason == "its certificate is not trusted"
        await bench.socket.aclose()
        assert server.asked == []


# --- lost and found


@benched
async def test_each_connection_asks_for_a_new_address_and_restores_anew(bench: Bench) -> None:
    line = await bench.open_it()
    await line.ws.close(code=1001, message=b"maintenance at <b>noon</b>")
    await bench.reach(SocketState.LOST)
    assert bench.reason == "the broker closed the connection (1001: maintenance at noon)"
    assert not bench.socket.is_open
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)
    assert [target.split("&")[0] for target in bench.server.asked] == ["/feed?code=1", "/feed?code=2"]
    assert bench.restored == 2


@pytest.mark.parametrize("code", [1000, 1006 - 5, 1008, 4001, 4999])
@benched
async def test_whatever_the_close_code_it_comes_back(bench: Bench, code: int) -> None:
    line = await bench.open_it()
    line.write(b"\x88\x02" + code.to_bytes(2, "big"))
    await bench.reach(SocketState.LOST)
    assert bench.reason == f"the broker closed the connection ({code})"
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)


@benched
async def test_a_goodbye_without_a_code_is_one_too(bench: Bench) -> None:
    line = await bench.open_it()
    line.write(b"\x88\x00")
    await bench.reach(SocketState.LOST)
    assert "closed the connection" in bench.reason


@benched
async def test_a_reset_is_a_loss(bench: Bench) -> None:
    line = await bench.open_it()
    line.tear_down()
    await bench.reach(SocketState.LOST)
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)


@benched
async def test_pauses_double_up_to_half_a_minute(bench: Bench) -> None:
    bench.server.refusals = [503] * 8
    bench.socket.start()
    for expected in [1, 2, 4, 8, 16, 30, 30, 30]:
        await until(lambda: bench.state is SocketState.LOST and bench.clock.sleepers == 1)
        assert bench.clock.asked[-1] == expected
        await bench.clock.move(expected)
    await bench.reach(SocketState.OPEN)
    assert bench.opened == 9
    assert (SocketState.LOST, "the broker answered 503 instead of opening the connection") in bench.states


@benched
async def test_a_connection_that_held_makes_the_next_pause_short_again(bench: Bench) -> None:
    bench.server.refusals = [503, 503, 503]
    bench.is_busy = False
    bench.socket.start()
    for pause in [1, 2, 4]:
        await until(lambda: bench.state is SocketState.LOST and bench.clock.sleepers == 1)
        await bench.clock.move(pause)
    await bench.reach(SocketState.OPEN)
    await bench.clock.move(31)
    bench.server.line.tear_down()
    await until(lambda: bench.state is SocketState.LOST and bench.clock.sleepers == 1)
    assert bench.clock.asked[-1] == 1.0


@benched
async def test_a_connection_that_is_dropped_at_once_each_time_does_not_bring_a_storm(bench: Bench) -> None:
    async def drop(line: Line) -> None:
        await line.ws.close()

    bench.server.greeting = drop
    bench.socket.start()
    for pause in [1, 2, 4, 8]:
        await until(lambda: bench.state is SocketState.LOST and bench.clock.asked[-1] >= 1)
        assert bench.clock.asked[-1] == pause
        before = bench.opened
        await bench.clock.move(pause)
        await until(functools.partial(lambda count: bench.opened == count + 1, before))
        await until(lambda: bench.state is SocketState.LOST)
    assert bench.opened == 5


@benched
async def test_pauses_carry_jitter(bench: Bench) -> None:
    bench.server.refusals = [503, 503]
    factors = iter([0.8, 1.2, 1.0])
    bench.socket = bench.make(jitter=lambda: next(factors))
    bench.socket.start()
    await until(lambda: bench.clock.sleepers == 1)
    await bench.clock.move(0.8)
    await until(lambda: bench.clock.asked == [0.8, 2.4])


async def test_jitter_spreads_by_a_quarter_without_being_asked() -> None:
    async with websocket_server() as server:
        server.refusals = [503] * 40
        bench = Bench(server)
        bench.socket = Socket(
            "feed",
            bench.open,
            on_open=bench.on_open,
            on_binary=bench.on_binary,
            on_text=bench.text.append,
            on_state=lambda state, reason: bench.states.append((state, reason)),
            clock=bench.clock,
            sleep=bench.clock.sleep,
        )
        bench.socket.start()
        for _ in range(20):
            await until(lambda: bench.clock.sleepers == 1)
            await bench.clock.move(bench.clock.asked[-1])
        late = bench.clock.asked[6:]
        await bench.socket.aclose()
    assert all(22.5 <= pause <= 37.5 for pause in late)
    assert len(set(late)) > 3


@benched
async def test_a_broker_that_asks_for_a_longer_pause_gets_it(bench: Bench) -> None:
    bench.open_errors = [RateLimited("too many calls", 12.0)]
    bench.socket.start()
    await until(lambda: bench.clock.sleepers == 1)
    assert bench.clock.asked == [12.0]
    bench.server.refusals = [429]
    await bench.clock.move(12.0)
    await until(lambda: len(bench.clock.asked) == 2)
    assert bench.clock.asked[1] == 5.0


@pytest.mark.parametrize(
    "error",
    [BrokerUnavailable("it is down."), ProtocolError("what is that."), ConnectionResetError(CANARY), TimeoutError()],
    ids=lambda error: type(error).__name__,
)
@benched
async def test_trouble_that_may_pass_while_asking_for_the_address_is_tried_again(
    bench: Bench, error: Exception
) -> None:
    bench.open_errors = [error]
    bench.socket.start()
    await bench.reach(SocketState.LOST)
    assert CANARY not in bench.reason
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)


@benched
async def test_nobody_listening_is_a_loss_in_plain_words(bench: Bench) -> None:
    async with websocket_server() as other:
        pass
    bench.server.port, port = other.port, bench.server.port
    bench.socket.start()
    await bench.reach(SocketState.LOST)
    assert bench.reason == "the connection was refused"
    bench.server.port = port
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)


@benched
async def test_a_redirect_is_not_followed(bench: Bench) -> None:
    bench.server.refusals = [302]
    bench.socket.start()
    await bench.reach(SocketState.LOST)
    assert bench.reason == "the broker answered 302 instead of opening the connection"
    assert len(bench.server.asked) == 1


@benched
async def test_a_loss_while_restoring_is_a_loss_and_the_restoring_stops(bench: Bench) -> None:
    ended: list[str] = []

    async def never() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("ended")

    bench.restore = never
    bench.socket.start()
    await until(lambda: bench.restored == 1)
    bench.server.line.tear_down()
    await bench.reach(SocketState.LOST)
    assert ended == ["ended"]
    bench.restore = None
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)


@benched
async def test_a_failed_restoring_closes_the_connection_and_tries_again(bench: Bench) -> None:
    bench.restore_error = BrokerUnavailable("it is down.")
    bench.socket.start()
    await bench.reach(SocketState.LOST)
    await until(lambda: bench.server.line.close_code == 1000)
    assert bench.reason == "it is down."
    bench.restore_error = None
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)


# --- over for good


@pytest.mark.parametrize("status", [401, 403])
@benched
async def test_a_refused_upgrade_ends_it_for_good(bench: Bench, status: int) -> None:
    bench.server.refusals = [status]
    bench.socket.start()
    await bench.reach(SocketState.ENDED)
    await bench.clock.move(3600)
    assert bench.reason == f"the broker refused the connection ({status}); log in again"
    assert (bench.opened, len(bench.server.asked), bench.clock.asked) == (1, 1, [])


@pytest.mark.parametrize("error", [SessionExpired("The session is over."), NotPermitted("Not for this account.")])
@benched
async def test_a_session_that_is_over_ends_it_for_good(bench: Bench, error: BrokerError) -> None:
    bench.open_errors = [error]
    bench.socket.start()
    await bench.reach(SocketState.ENDED)
    await bench.clock.move(3600)
    assert (bench.reason, bench.opened, bench.server.asked) == (error.message, 1, [])


@benched
async def test_a_session_that_is_over_while_restoring_ends_it_for_good(bench: Bench) -> None:
    bench.restore_error = SessionExpired("The session is over.")
    bench.socket.start()
    await bench.reach(SocketState.ENDED)
    await until(lambda: bench.server.line.close_code == 1000)
    assert (bench.reason, bench.opened) == ("The session is over.", 1)


@benched
async def test_an_error_of_ours_ends_it_and_is_logged_without_secrets(bench: Bench, expected_logs: LogGuard) -> None:
    expected_logs(r"socket: Zerodha feed: KeyError < socket_bench\.py:\d+ ")
    bench.open_errors = [KeyError(f"access_token={CANARY}")]
    bench.socket.start()
    await bench.reach(SocketState.ENDED)
    assert bench.reason == "an error in the program (KeyError)"
    assert CANARY not in "\n".join(expected_logs.lines)


@benched
async def test_an_address_that_is_not_encrypted_ends_it(bench: Bench) -> None:
    async def plain() -> SocketAddress:
        return SocketAddress(f"ws://feed.example.com/?token={CANARY}")

    bench.socket._open = plain
    bench.socket.start()
    await bench.reach(SocketState.ENDED)
    assert bench.reason == "The address of feed.example.com must begin with https:// or wss://."


# --- the watchdog


@benched
async def test_silence_in_busy_time_is_a_loss(bench: Bench) -> None:
    await bench.open_it()
    await bench.clock.move(9.9)
    assert bench.state is SocketState.OPEN
    await bench.clock.move(0.2)
    await bench.reach(SocketState.LOST)
    assert bench.reason == "nothing was heard for 10 s"
    await until(lambda: bench.server.line.close_code == 1000)
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)
    assert len(bench.server.lines) == 2


@pytest.mark.parametrize(
    "frame", [b"\x82\x01\x00", b"\x81\x01a", b"\x89\x00", b"\x8a\x00"], ids=["b", "t", "ping", "pong"]
)
@benched
async def test_any_frame_breaks_the_silence(bench: Bench, frame: bytes) -> None:
    line = await bench.open_it()
    for _ in range(6):
        await bench.clock.move(8.0)
        line.write(frame)
        await until(bench.has_heard)
    assert bench.state is SocketState.OPEN
    await bench.clock.move(13.0)
    await until(lambda: (SocketState.LOST, "nothing was heard for 10 s") in bench.states)


@benched
async def test_silence_outside_of_busy_time_is_nothing_and_the_wait_begins_with_it(bench: Bench) -> None:
    bench.is_busy = False
    await bench.open_it()
    await bench.clock.move(120)
    assert bench.state is SocketState.OPEN
    bench.is_busy = True
    await bench.clock.move(9.0)
    assert bench.state is SocketState.OPEN
    await bench.clock.move(4.0)
    await until(lambda: (SocketState.LOST, "nothing was heard for 10 s") in bench.states)


# --- bad input


@benched
async def test_an_exception_in_a_callback_is_logged_once_per_kind_and_harms_nothing(
    bench: Bench, expected_logs: LogGuard
) -> None:
    expected_logs("a binary callback failed: ProtocolError", "a binary callback failed: ValueError", "a text callback")
    line = await bench.open_it()
    bench.binary_error = ProtocolError("unknown packet length 7")
    for _ in range(3):
        await line.ws.send_bytes(b"x")
    await until(lambda: len(bench.times_ns) == 3)
    bench.binary_error = ValueError(f"token={CANARY}")
    await line.ws.send_bytes(b"x")
    line.write(b"\x81\x02\xff\xfe")  # no UTF-8
    bench_text = bench.text
    await until(lambda: len(expected_logs.lines) == 3)
    bench.binary_error = None
    await line.ws.send_bytes(b"good")
    await line.ws.send_str("good")
    await until(lambda: bench.binary == [b"good"] and bench_text == ["good"])
    assert bench.state is SocketState.OPEN
    assert CANARY not in "\n".join(expected_logs.lines)


@benched
async def test_an_exception_in_the_state_callback_harms_nothing(bench: Bench, expected_logs: LogGuard) -> None:
    expected_logs("a state callback failed: ZeroDivisionError")

    def fail(_state: SocketState, _reason: str) -> None:
        raise ZeroDivisionError

    bench.socket._on_state = fail
    bench.socket.start()
    await until(lambda: bench.restored == 1 and bench.socket.is_open)


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xff\xff\xff\xff",
        b"\x82\xff" + b"\xff" * 12,
        b"\x83\x00",
        b"\x89\x7e\x01\x00" + b"a" * 256,
        b"\x82\x7f\x00\x00\x00\x7f\xff\xff\xff\xff",
    ],
    ids=["http", "ones", "masked", "opcode", "long ping", "huge"],
)
@benched
async def test_garbage_in_place_of_frames_is_a_loss_with_a_reason(bench: Bench, garbage: bytes) -> None:
    line = await bench.open_it()
    line.write(garbage)
    await bench.reach(SocketState.LOST)
    assert bench.reason == "what came was no WebSocket"
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)


@benched
async def test_no_bytes_whatever_kill_the_socket(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    """Random bytes, as they are and behind a valid head; afterwards the socket works or comes back."""
    pieces: list[bytes] = []

    @given(st.binary(min_size=1, max_size=64), st.booleans())
    def collect(data: bytes, has_head: bool) -> None:
        pieces.append(bytes([0x80 | data[0] & 0x0F, len(data) - 1]) + data[1:] if has_head else data)

    collect()
    bench.is_busy = False
    bench.socket._on_text = lambda _text: None
    logging.getLogger("terminal_app.brokers.socket").setLevel(logging.CRITICAL)  # text that is no UTF-8
    try:
        await bench.open_it()
        for piece in pieces:
            bench.server.line.write(piece)
            await turn(5)
            if bench.state is not SocketState.OPEN or not bench.socket.is_open:
                await until(lambda: bench.state is SocketState.LOST and bench.clock.sleepers == 1)
                await bench.clock.move(40.0)
                await bench.reach(SocketState.OPEN)
        bench.server.line.tear_down()
        await until(lambda: bench.state is SocketState.LOST and bench.clock.sleepers == 1)
        await bench.clock.move(40.0)
        await bench.reach(SocketState.OPEN)
    finally:
        logging.getLogger("terminal_app.brokers.socket").setLevel(logging.NOTSET)
    bench.binary.clear()
    await bench.server.line.ws.send_bytes(b"fine")
    await until(lambda: bench.binary == [b"fine"])


@benched
async def test_a_message_that_never_ends_is_a_loss(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal_app.brokers.socket.LARGEST_MESSAGE", 1000)
    line = await bench.open_it()
    line.write(b"\x02\x64" + b"a" * 100)
    for _ in range(10):
        line.write(b"\x00\x64" + b"a" * 100)
    await bench.reach(SocketState.LOST)
    assert bench.reason == "a message was too long"


# --- closing


@benched
async def test_closing_says_goodbye_and_leaves_no_task(bench: Bench) -> None:
    before = asyncio.all_tasks()
    line = await bench.open_it()
    await bench.socket.aclose()
    assert (bench.state, bench.reason) == (SocketState.ENDED, "closed")
    assert not bench.socket.is_open
    await until(lambda: line.close_code == 1000)
    await turn()
    assert {task.get_name() for task in asyncio.all_tasks() - before if "socket" in task.get_name()} == set()


@benched
async def test_closing_twice_or_before_the_start_is_fine(bench: Bench) -> None:
    await bench.socket.aclose()
    await bench.open_it()
    await asyncio.gather(bench.socket.aclose(), bench.socket.aclose())
    await bench.socket.aclose()
    assert [state for state, _ in bench.states].count(SocketState.ENDED) == 1


@benched
async def test_closing_right_after_the_start_is_fine(bench: Bench) -> None:
    bench.socket.start()
    await bench.socket.aclose()
    assert bench.server.lines == []


@pytest.mark.parametrize("turns", range(0, 60, 3))
@benched
async def test_closing_at_any_moment_of_connecting_leaves_nothing_open(bench: Bench, turns: int) -> None:
    bench.socket.start()
    await turn(turns)
    await bench.socket.aclose()
    await until(lambda: all(line.transport is None or line.transport.is_closing() for line in bench.server.lines))
    assert bench.state in {None, SocketState.ENDED}


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@benched
async def test_closing_while_the_other_side_says_nothing_ends_at_once(bench: Bench, scheme: str) -> None:
    accepted: list[asyncio.StreamWriter] = []
    ends: list[bytes] = []

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        while data := await reader.read(1000):
            ends.append(data)
        ends.append(b"")
        writer.close()

    listener = await asyncio.start_server(mute, "127.0.0.1", 0)
    bench.server.port, bench.server.scheme = listener.sockets[0].getsockname()[1], scheme
    bench.socket.start()
    await until(lambda: ends)
    await bench.socket.aclose()
    assert bench.state is SocketState.ENDED
    await until(lambda: ends[-1] == b"")
    listener.close()
    await listener.wait_closed()


@benched
async def test_closing_does_not_wait_for_a_peer_that_does_not_answer(bench: Bench) -> None:
    line = await bench.open_it()
    assert isinstance(line.transport, asyncio.Transport)
    line.transport.pause_reading()
    await bench.socket.aclose()
    assert bench.state is SocketState.ENDED


@benched
async def test_nothing_is_delivered_after_closing(bench: Bench) -> None:
    line = await bench.open_it()
    closing = asyncio.ensure_future(bench.socket.aclose())
    line.write(b"\x82\x01a" * 50)
    await closing
    heard = len(bench.binary)
    await turn()
    assert len(bench.binary) == heard


@benched
async def test_a_socket_is_started_once(bench: Bench) -> None:
    bench.socket.start()
    with pytest.raises(RuntimeError, match="started already"):
        bench.socket.start()


# --- secrets


def test_printing_an_address_shows_neither_query_nor_headers() -> None:
    address = SocketAddress(f"wss://ws.example.com/feed?token={CANARY}", (("Authorization", CANARY),))
    assert (
        f"{address!r} {address}"
        == "SocketAddress('wss://ws.example.com/feed') SocketAddress('wss://ws.example.com/feed')"
    )


@benched
async def test_no_secret_is_in_a_log_line_or_a_reason(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "picows", "asyncio", "terminal_app"):
        caplog.set_level(1, name)
    bench.headers = (("Authorization", f"token {CANARY}"),)
    bench.server.refusals = [503, 0, 403]
    bench.socket.start()
    await until(lambda: bench.clock.sleepers == 1 and bench.state is SocketState.LOST)
    await bench.clock.move(1.0)
    await bench.reach(SocketState.OPEN)
    bench.socket.send_text(CANARY)
    bench.server.line.write(b"\x88\x16" + (1008).to_bytes(2, "big") + CANARY.encode())
    await bench.reach(SocketState.LOST)
    await bench.clock.move(2.0)
    await bench.reach(SocketState.ENDED)
    told = "\n".join([*(reason for _, reason in bench.states), caplog.text, *(repr(r.args) for r in caplog.records)])
    assert "Zerodha feed" in caplog.text
    assert f"token={CANARY}" not in told
    assert f"token {CANARY}" not in told
