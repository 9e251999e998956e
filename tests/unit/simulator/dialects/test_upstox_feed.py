"""The Upstox dialect's sockets: the market feed V3 and the portfolio stream."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import aiohttp
import pytest

from terminal_app.brokers.upstox.proto.market_feed_pb2 import Feed, FeedResponse
from terminal_app.domain.clock import ist
from terminal_app.domain.enums import Exchange
from terminal_app.domain.ids import InstrumentId
from tests.helpers.market_script import CALL, INSTRUMENTS, NIFTY, Floor, clock, share
from tests.helpers.upstox_room import NIFTY_KEY, RELIANCE_KEY, UpstoxRoom, UpstoxSocket, upstox_room

FEED, STREAM = "/v3/feed/market-data-feed", "/v2/feed/portfolio-stream-feed"
INITIAL, LIVE, INFO = 0, 1, 2


def read(socket: UpstoxSocket) -> list[Any]:
    """All frames so far."""
    return [FeedResponse.FromString(frame) for frame in socket.frames]


def _has_more(socket: UpstoxSocket, key: str, than: int) -> bool:
    return len(packets(socket, INITIAL, key)) > than


def packets(socket: UpstoxSocket, kind: int, key: str = RELIANCE_KEY) -> list[Feed]:
    """The packets of an instrument in the frames of a kind."""
    return [one.feeds[key] for one in read(socket) if one.type == kind and key in one.feeds]


async def test_the_markets_status_comes_first() -> None:
    async with upstox_room() as room, room.feed() as socket:
        await socket.until(lambda: socket.frames)
        [first] = read(socket)
        assert (first.type, first.marketInfo.segmentStatus["NSE_EQ"]) == (INFO, 2)


async def test_a_status_that_changes_is_told() -> None:
    async with upstox_room(Floor(start=clock("15:29:50"))) as room, room.feed() as socket:
        await socket.until(lambda: socket.frames)
        room.floor.go("15:30:05")
        room.floor.step("100", 0)
        await socket.until(lambda: len(socket.frames) == 2)
        assert read(socket)[1].marketInfo.segmentStatus["NSE_EQ"] != 2


async def test_a_subscription_brings_a_snapshot_and_then_changes_only() -> None:
    async with upstox_room() as room, room.feed() as socket:
        await socket.ask("sub", [RELIANCE_KEY], "full")
        await socket.until(lambda: packets(socket, INITIAL))
        full = packets(socket, INITIAL)[0].fullFeed.marketFF
        assert (full.ltpc.ltp, full.marketLevel.bidAskQuote[0].bidP, len(full.marketLevel.bidAskQuote)) == (
            100.0,
            99.95,
            5,
        )
        room.floor.step("100", 0, [("99.90", 70)], [("100.05", 500)])
        await socket.until(lambda: packets(socket, LIVE))
        live = packets(socket, LIVE)[0].fullFeed.marketFF
        assert not live.HasField("ltpc")
        assert live.marketLevel.bidAskQuote[0].bidQ == 70
        room.floor.step("100.10", 30, [("99.90", 70)], [("100.05", 500)])
        await socket.until(lambda: len(packets(socket, LIVE)) == 2)
        live = packets(socket, LIVE)[1].fullFeed.marketFF
        assert (live.ltpc.ltp, live.ltpc.ltq, live.vtt) == (100.1, 30, 30)
        assert not live.HasField("marketLevel")


async def test_a_last_price_packet_is_sent_only_for_a_new_price() -> None:
    async with upstox_room() as room, room.feed() as socket:
        await socket.ask("sub", [RELIANCE_KEY], "ltpc")
        await socket.until(lambda: packets(socket, INITIAL))
        room.floor.step("100", 0, [("99.90", 70)], [("100.05", 500)])
        room.floor.step("100.10", 30)
        await socket.until(lambda: packets(socket, LIVE))
        assert [one.ltpc.ltp for one in packets(socket, LIVE)] == [100.1]


async def test_the_running_minute_is_in_the_full_packet() -> None:
    async with upstox_room() as room, room.feed() as socket:
        room.floor.step("100", 0)
        room.floor.step("101", 10)
        room.floor.step("99", 20)
        await socket.ask("sub", [RELIANCE_KEY], "full")
        await socket.until(lambda: packets(socket, INITIAL))
        candles = {one.interval: one for one in packets(socket, INITIAL)[0].fullFeed.marketFF.marketOHLC.ohlc}
        minute = candles["I1"]
        assert (minute.open, minute.high, minute.low, minute.close, minute.vol) == (100.0, 101.0, 99.0, 99.0, 30)
        assert minute.ts == int(clock("09:15").timestamp() * 1000)
        assert candles["1d"].ts == int(clock("00:00").timestamp() * 1000)


async def test_a_text_frame_is_taken_and_gives_nothing() -> None:
    async with upstox_room() as room, room.feed() as socket:
        await socket.ask("sub", [RELIANCE_KEY], "ltpc", binary=False)
        await socket.raw.send_bytes(b"\xff not json")
        await socket.raw.send_bytes(b'{"method": "sub"}')
        await socket.ask("sub", [NIFTY_KEY, "NSE_EQ|NOTHING"], "ltpc")
        room.floor.step("24000", 0, id=NIFTY)
        room.floor.step("101", 5)
        await socket.until(lambda: packets(socket, LIVE, NIFTY_KEY) or packets(socket, INITIAL, NIFTY_KEY))
        assert packets(socket, INITIAL) + packets(socket, LIVE) == []


async def test_modes_change_and_subscriptions_end() -> None:
    async with upstox_room() as room, room.feed() as socket:
        await socket.ask("sub", [RELIANCE_KEY], "ltpc")
        await socket.until(lambda: packets(socket, INITIAL))
        await socket.ask("change_mode", [RELIANCE_KEY], "option_greeks")
        await socket.until(lambda: len(packets(socket, INITIAL)) == 2)
        assert [one.requestMode for one in packets(socket, INITIAL)] == [0, 2]
        await socket.ask("unsub", [RELIANCE_KEY])
        await socket.ask("sub", [NIFTY_KEY], "full")
        room.floor.step("24000", 0, id=NIFTY)
        await socket.until(lambda: packets(socket, INITIAL, NIFTY_KEY) or packets(socket, LIVE, NIFTY_KEY))
        room.floor.step("101", 5)
        room.floor.step("24001", 0, id=NIFTY)
        await socket.until(lambda: packets(socket, LIVE, NIFTY_KEY))
        assert packets(socket, LIVE) == []


async def test_options_have_greeks() -> None:
    async with upstox_room() as room, room.feed() as socket:
        key = next(row for row in await room.instruments() if row["instrument_type"] == "CE")["instrument_key"]
        room.floor.step("24500", 0, id=NIFTY)
        room.floor.quote("150", [("149.95", 65)], [("150.05", 65)], id=CALL)
        for place, mode in enumerate(("option_greeks", "full", "full_d30")):
            await socket.ask("sub", [key], mode)
            await socket.until(partial(_has_more, socket, key, place))
        greeks, full, deep = packets(socket, INITIAL, key)
        assert 0.4 < greeks.firstLevelWithGreeks.optionGreeks.delta < 0.7
        assert greeks.firstLevelWithGreeks.iv == full.fullFeed.marketFF.iv == deep.fullFeed.marketFF.iv > 0
        assert [one.requestMode for one in (greeks, full, deep)] == [2, 1, 3]


async def test_an_index_has_a_packet_of_its_own() -> None:
    async with upstox_room() as room, room.feed() as socket:
        room.floor.step("24000", 0, id=NIFTY, previous_close="23900")
        await socket.ask("sub", [NIFTY_KEY], "full")
        await socket.until(lambda: packets(socket, INITIAL, NIFTY_KEY))
        index = packets(socket, INITIAL, NIFTY_KEY)[0].fullFeed.indexFF
        assert (index.ltpc.ltp, index.ltpc.cp) == (24000.0, 23900.0)


async def test_no_more_than_fifty_deep_subscriptions_are_taken() -> None:
    shares = tuple(share(InstrumentId.equity(Exchange.NSE, f"SHARE{number}")) for number in range(60))
    floor = Floor(instruments=(*INSTRUMENTS, *shares))
    async with upstox_room(floor) as room, room.feed() as socket:
        for one in shares:
            room.floor.step("100", id=one.id)
        keys = [row["instrument_key"] for row in await room.instruments() if row["trading_symbol"].startswith("SHARE")]
        await socket.ask("sub", keys, "full_d30")
        await socket.ask("sub", [RELIANCE_KEY], "ltpc")
        await socket.until(lambda: packets(socket, INITIAL))
        known = [key for key in keys if packets(socket, INITIAL, key)]
        assert known == keys[:50]


# --- addresses --------------------------------------------------------------------------------------------------------


async def status_of(room: UpstoxRoom, address: str, **given: Any) -> int:
    """The status of an upgrade that is refused."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await room.http.ws_connect(address, **given)
    return refused.value.status


async def test_an_authorised_address_opens_one_socket() -> None:
    async with upstox_room() as room:
        for path in (FEED, STREAM):
            address = await room.address(path)
            async with room.socket(address):
                assert await status_of(room, address) == 403


async def test_the_direct_address_redirects_with_the_token() -> None:
    async with upstox_room() as room:
        for key in ("feed", "order_feed"):
            address = room.line[key].replace("ws:", "http:")
            headers = {"Authorization": f"Bearer {room.token}"}
            async with room.http.get(address, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 307
                target = answer.headers["Location"]
            async with room.socket(target):
                assert await status_of(room, target) == 403
            assert await status_of(room, room.line[key]) == 401


async def test_a_third_socket_of_a_kind_is_refused() -> None:
    async with upstox_room() as room, room.feed() as one, room.feed(), room.stream():
        assert await status_of(room, await room.address(FEED)) == 403
        await one.aclose()
        await one.until(lambda: len(room.dialect.channels) == 2)
        async with room.feed() as again:
            await again.until(lambda: again.frames)


async def test_sockets_end_with_their_token() -> None:
    async with upstox_room() as room, room.feed() as feed, room.stream() as stream:
        await feed.until(lambda: feed.frames)
        await room.data("DELETE", "/v2/logout")
        await feed.until(lambda: feed.is_over and stream.is_over)
        await room.log_in()
        async with room.feed() as again:
            await again.until(lambda: again.frames)
            await room.dial(expire_tokens=True)
            await again.until(lambda: again.is_over)


async def test_an_address_of_a_dead_token_opens_nothing() -> None:
    async with upstox_room() as room:
        address = await room.address(FEED)
        await room.dial(expire_tokens=True)
        assert await status_of(room, address) == 403


async def test_a_quiet_socket_is_pinged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal_app.simulator.dialects.upstox.server._PING_S", 0.01)
    async with upstox_room() as room:
        address = await room.address(STREAM)
        async with room.http.ws_connect(address, autoping=False) as raw:
            assert (await raw.receive()).type is aiohttp.WSMsgType.PING


# --- the portfolio stream ---------------------------------------------------------------------------------------------


async def test_the_stream_tells_every_state_of_an_order() -> None:
    async with upstox_room() as room, room.stream() as socket:
        order_id = await room.buy(tag="t1")
        await socket.until(lambda: [one["status"] for one in socket.texts[-1:]] == ["complete"])
        assert [one["status"] for one in socket.texts] == await room.statuses(order_id)
        last = socket.texts[-1]
        assert last["order_timestamp"] == f"{ist(room.floor.now):%Y-%m-%d %H:%M:%S}"
        assert {
            "update_type": "order",
            "instrument_key": RELIANCE_KEY,
            "filled_quantity": 10,
            "parent_order_id": "",
            "tag": "t1",
        }.items() <= last.items()


async def test_the_stream_tells_only_what_was_asked_for() -> None:
    async with upstox_room() as room, room.stream() as orders, room.stream("position,holding,gtt_order") as rest:
        await room.dial(give_holdings={"NSE:RELIANCE:EQ": {"quantity": 10}})
        await room.place(product="D", transaction_type="SELL", price=99.95)
        await rest.until(lambda: len(rest.texts) == 2)
        position, holding = rest.texts
        assert (position["update_type"], position["exchange"], position["quantity"]) == ("position", "NSE_EQ", -10)
        assert (holding["update_type"], holding["cnc_used_quantity"]) == ("holding", 10)
        assert not {"last_price", "pnl"} & (set(position) | set(holding))
        assert {one["update_type"] for one in orders.texts} == {"order"}


async def test_the_stream_tells_of_stored_triggers() -> None:
    async with upstox_room() as room, room.stream("gtt_order") as socket:
        rule = {"strategy": "ENTRY", "trigger_type": "ABOVE", "trigger_price": 101}
        body = {"type": "SINGLE", "quantity": 1, "product": "D", "instrument_token": RELIANCE_KEY}
        await room.data("POST", "/v3/order/gtt/place", json={**body, "transaction_type": "BUY", "rules": [rule]})
        await socket.until(lambda: socket.texts)
        room.floor.step("101", 10, [("100.95", 500)], [("101.05", 500)])
        await socket.until(lambda: len(socket.texts) == 3)
        assert [one["rules"][0]["status"] for one in socket.texts] == ["PENDING", "PENDING", "COMPLETED"]
        assert socket.texts[-1]["exchange"] == "NSE_EQ"


async def test_order_messages_come_twice_or_the_wrong_way_round_on_demand() -> None:
    async with upstox_room() as room, room.stream() as socket:
        await room.dial(duplicate_updates=4)
        await room.place()
        await socket.until(lambda: len(socket.texts) == 8)
        assert [one["status"] for one in socket.texts[:2]] == ["put order req received"] * 2
        await room.dial(reverse_updates=4)
        await room.place()
        await socket.until(lambda: len(socket.texts) == 12)
        assert [one["status"] for one in socket.texts[8:]][::3] == ["open", "put order req received"]


async def test_a_mute_feed_stays_open_and_silent() -> None:
    async with upstox_room() as room, room.feed() as socket:
        await socket.ask("sub", [RELIANCE_KEY], "ltpc")
        await socket.until(lambda: packets(socket, INITIAL))
        await room.dial(mute_sockets=True)
        room.floor.step("101", 5)
        await asyncio.sleep(0.05)
        assert packets(socket, LIVE) == []
        assert not socket.is_over
