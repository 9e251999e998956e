"""Drives upstox-python-sdk inside its own environment; JSON lines in, JSON lines out. The last lines name the commands."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import socket
import ssl
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from tests.conformance.drivers.login_page import log_in, parameters
from tests.conformance.drivers.reporting import Story, described, emit, lines, patiently, wait_for

sdk: Any = importlib.import_module("upstox_client")

VERSION = "2.0"
FEED_HOST = "api.upstox.com"
HISTORY = (
    ("minutes", "1"),
    ("minutes", "5"),
    ("minutes", "30"),
    ("hours", "1"),
    ("days", "1"),
    ("weeks", "1"),
    ("months", "1"),
)
INTRADAY = (("minutes", "1"), ("hours", "1"), ("days", "1"))
MODES = ("ltpc", "option_greeks", "full", "full_d30")


def _client(rest: str, order_rest: str, token: str, ca: str | None = None) -> Any:
    configuration = sdk.Configuration()
    configuration.host, configuration.order_host = rest, order_rest
    configuration.access_token = token
    if ca:
        configuration.ssl_ca_cert = ca
    return sdk.ApiClient(configuration)


def _body(value: Any) -> Any:
    """``{"model": NAME, ...}`` as the client's model; anything else as it is."""
    if isinstance(value, list):
        return [_body(one) for one in value]
    if not isinstance(value, dict):
        return value
    fields = {key: _body(one) for key, one in value.items() if key != "model"}
    return getattr(sdk, value["model"])(**fields) if "model" in value else fields


def calls() -> None:
    """Make each call that is read: {rest, order_rest, access_token, api, call, args, kwargs}."""
    for one in lines():
        client = _client(one["rest"], one["order_rest"], one["access_token"])
        try:
            api = getattr(sdk, one["api"])(client)
            getattr(api, one["call"])(*[_body(value) for value in one["args"]], **_body(one["kwargs"]))
            emit(ok=True)
        except Exception as error:  # noqa: BLE001 - every failure of the client is a fact for the test
            emit(ok=False, error=described(error))


def encode() -> None:
    """Each message that is read, as the frame that carries it."""
    proto = importlib.import_module("upstox_client.feeder.proto.MarketDataFeedV3_pb2")
    parse = importlib.import_module("google.protobuf.json_format").ParseDict
    for message in lines():
        emit(frame=parse(message, proto.FeedResponse()).SerializeToString())


def frames() -> None:
    """What the streamer makes of each frame that is read as a hexadecimal text, with the fields that a frame leaves out."""
    proto = importlib.import_module("upstox_client.feeder.proto.MarketDataFeedV3_pb2")
    convert = importlib.import_module("google.protobuf.json_format").MessageToDict
    for text in lines():
        try:
            message = proto.FeedResponse.FromString(bytes.fromhex(text))
            emit(ok=True, message=convert(message), full=convert(message, always_print_fields_with_no_presence=True))
        except Exception as error:  # noqa: BLE001 - the parser raises whatever protobuf raises
            emit(ok=False, error=described(error))


def schema() -> None:
    """The messages of the feed: {message: {field: [number, type, repeated]}}."""
    proto = importlib.import_module("upstox_client.feeder.proto.MarketDataFeedV3_pb2")
    messages = {}

    def tell(message: Any) -> None:
        messages[message.name] = {field.name: [field.number, field.type, field.is_repeated] for field in message.fields}
        for nested in message.nested_types:
            tell(nested)

    for message in proto.DESCRIPTOR.message_types_by_name.values():
        tell(message)
    emit(messages=messages)


def _answer_look_ups(address: str) -> None:
    """The client has its feed's host in its code: looking it up gives the simulated broker's address and port."""
    parts = urllib.parse.urlsplit(address)
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host == FEED_HOST:
            return real(parts.hostname, parts.port, *more, **named)
        return real(host, port, *more, **named)

    socket.getaddrinfo = look_up


class Listener:
    """A streamer and what it has said."""

    def __init__(self, streamer: Any) -> None:
        self.messages: list[Any] = []
        self.errors: list[str] = []
        self.is_open = False
        self.wake = threading.Condition()
        self.streamer = streamer
        streamer.on("open", self._on_open)
        streamer.on("message", self._on_message)
        streamer.on("error", self._on_error)
        streamer.auto_reconnect(False)

    def connect(self, name: str) -> None:
        self.streamer.connect()
        opened = wait_for(lambda: self.is_open or self.errors, self.wake)
        emit(step=f"{name} opens", ok=opened and self.is_open, value=self.errors)

    def _on_open(self) -> None:
        with self.wake:
            self.is_open = True
            self.wake.notify_all()

    def _on_message(self, message: Any) -> None:
        with self.wake:
            self.messages.append(json.loads(message) if isinstance(message, str | bytes) else message)
            self.wake.notify_all()

    def _on_error(self, error: Any) -> None:
        with self.wake:
            self.errors.append(str(error))
            self.wake.notify_all()

    def feed_of(self, key: str, part: tuple[str, str], since: int) -> Any:
        """The first feed of ``key`` with this part and name of its mode, after ``since`` messages."""
        for message in self.messages[since:]:
            feed = message.get("feeds", {}).get(key, {})
            if part[0] in feed and feed.get("requestMode", "ltpc") == part[1]:
                return feed
        return None


def _instruments(line: dict[str, Any]) -> list[dict[str, Any]]:
    """The client has no call for the instrument files: read as its users read them."""
    url = line["instruments"]
    context = ssl.create_default_context(cafile=line.get("ca")) if url.startswith("https") else None
    with urllib.request.urlopen(url, timeout=30, context=context) as answer:
        rows: list[dict[str, Any]] = json.loads(gzip.decompress(answer.read()))
    return rows


def _choose(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """One instrument of each sort that the market has."""
    wanted: dict[str, Callable[[dict[str, Any]], bool]] = {
        "equity": lambda row: row["segment"] == "NSE_EQ" and row["instrument_type"] == "EQ",
        "index": lambda row: row["segment"] == "NSE_INDEX",
        "future": lambda row: row["segment"] == "NSE_FO" and row["instrument_type"] == "FUT",
        "option": lambda row: row["segment"] == "NSE_FO" and row["instrument_type"] == "CE",
    }
    found = {name: next((row for row in rows if test(row)), None) for name, test in wanted.items()}
    return {name: row for name, row in found.items() if row is not None}


def _log_in(story: Story, line: dict[str, Any]) -> str:
    credentials, ca = line["credentials"], line.get("ca")
    redirect = credentials["redirect_url"]
    api = sdk.LoginApi(_client(line["rest"], line["order_rest"], "", ca))

    def exchange(code: str, secret: str) -> Any:
        return api.token(
            VERSION,
            code=code,
            client_id=credentials["api_key"],
            client_secret=secret,
            redirect_uri=redirect,
            grant_type="authorization_code",
        )

    def page() -> dict[str, str]:
        return parameters(log_in(line["login"] + "&state=abc", credentials, redirect, ca))

    story.step("login page", page, sorted)
    story.step("wrong secret", lambda: exchange(story.values["login page"]["code"], "not the secret"))
    story.step("login page again", page, sorted)
    code = story.values["login page again"]["code"]
    session = story.step(
        "login exchange", lambda: exchange(code, credentials["api_secret"]), lambda one: sorted(one.to_dict())
    )
    story.step("code used twice", lambda: exchange(code, credentials["api_secret"]))
    return str(session.access_token)


def _reads(story: Story, client: Any, line: dict[str, Any]) -> dict[str, dict[str, Any]]:
    user, orders, portfolio = sdk.UserApi(client), sdk.OrderApi(client), sdk.PortfolioApi(client)
    quotes, quotes_2 = sdk.MarketQuoteV3Api(client), sdk.MarketQuoteApi(client)
    triggers, market = sdk.OrderApiV3(client), sdk.MarketHolidaysAndTimingsApi(client)
    story.step("profile", lambda: user.get_profile(VERSION))
    story.step("funds v3", user.get_user_fund_margin_v3)
    story.step("funds", lambda: user.get_user_fund_margin(VERSION))
    story.step("equity funds", lambda: user.get_user_fund_margin(VERSION, segment="SEC"))
    story.step("holdings", lambda: portfolio.get_holdings(VERSION))
    story.step("positions", lambda: portfolio.get_positions(VERSION))
    story.step("mtf positions", portfolio.get_mtf_positions)
    story.step("order book", lambda: orders.get_order_book(VERSION))
    story.step("trades", lambda: orders.get_trade_history(VERSION))
    story.step("triggers", triggers.get_gtt_order_details)
    story.step("market status", lambda: market.get_market_status("NSE"))
    rows = story.step("instruments", lambda: _instruments(line), len)
    chosen = _choose(rows)
    emit(step="chosen", ok=True, value=chosen)
    keys = ",".join(row["instrument_key"] for row in chosen.values())
    story.step("ltp", lambda: quotes.get_ltp(instrument_key=keys))
    for interval in ("1d", "I1", "I30"):
        story.step(f"ohlc {interval}", partial(quotes.get_market_quote_ohlc, interval, instrument_key=keys))
    if "option" in chosen:
        option = chosen["option"]["instrument_key"]
        story.step("greeks", lambda: quotes.get_market_quote_option_greek(instrument_key=option))
    story.step("full quote v3", lambda: quotes.get_full_market_quote_v3(instrument_key=keys))
    story.step("full quote", lambda: quotes_2.get_full_market_quote(keys, VERSION))
    return chosen


def _history(story: Story, client: Any, key: str, day: str) -> None:
    api = sdk.HistoryV3Api(client)
    last = date.fromisoformat(day)

    def shown(answer: Any) -> dict[str, Any]:
        return {"count": len(answer.data.candles), "first": answer.data.candles[:1]}

    for unit, interval in HISTORY:
        span = 400 if unit in ("days", "weeks", "months") else 7
        call = partial(api.get_historical_candle_data1, key, unit, interval, day, str(last - timedelta(days=span)))
        story.step(f"history {unit} {interval}", call, shown)
    story.step("history without start", lambda: api.get_historical_candle_data(key, "minutes", "1", day), shown)
    for unit, interval in INTRADAY:
        story.step(f"intraday {unit} {interval}", partial(api.get_intra_day_candle_data, key, unit, interval), shown)


def _calculations(story: Story, client: Any, key: str, last: float) -> None:
    api = sdk.ChargeApi(client)
    row = sdk.Instrument(instrument_key=key, quantity=10, product="I", transaction_type="BUY", price=last)
    story.step("margin", lambda: api.post_margin(sdk.MarginRequest([row, row])))
    story.step("brokerage", lambda: api.get_brokerage(key, 10, "D", "BUY", last, VERSION))


def _orders(story: Story, client: Any, row: dict[str, Any], last: float) -> None:
    key, tick = row["instrument_key"], row["tick_size"] / 100
    low, high = (round(round(last * share / tick) * tick, 2) for share in (0.97, 1.03))
    api, reads = sdk.OrderApiV3(client), sdk.OrderApi(client)
    base = {
        "instrument_token": key,
        "quantity": 10,
        "product": "I",
        "validity": "DAY",
        "price": 0.0,
        "order_type": "MARKET",
        "transaction_type": "BUY",
        "disclosed_quantity": 0,
        "trigger_price": 0.0,
        "is_amo": False,
    }

    def place(name: str, **more: Any) -> Any:
        request = sdk.PlaceOrderV3Request(**{**base, **more})
        answer = story.step(f"place {name}", lambda: api.place_order(request))
        return answer.data.order_ids[0] if answer is not None else None

    def state(name: str, order: str | None) -> None:
        story.step(name, lambda: reads.get_order_status(order_id=order))

    resting = place("limit", order_type="LIMIT", price=low, tag="conformance")
    state("limit order", resting)
    change = sdk.ModifyOrderRequest(
        order_id=resting,
        quantity=5,
        validity="DAY",
        price=round(low - tick, 2),
        order_type="LIMIT",
        disclosed_quantity=0,
        trigger_price=0.0,
    )
    story.step("modify", lambda: api.modify_order(change))
    state("modified order", resting)
    story.step("order history", lambda: reads.get_order_details(VERSION, order_id=resting))
    story.step("order history by tag", lambda: reads.get_order_details(VERSION, tag="conformance"))
    story.step("cancel", lambda: api.cancel_order(resting))
    state("cancelled order", resting)
    story.step("cancel again", lambda: api.cancel_order(resting))
    bought = place("market", market_protection=-1)
    state("market order", bought)
    story.step("order trades", lambda: reads.get_trades_by_order(bought, VERSION))
    place("market without protection")
    for name, more in {
        "stop limit": {"order_type": "SL", "price": high, "trigger_price": round(high - tick, 2)},
        "stop market": {"order_type": "SL-M", "trigger_price": high, "market_protection": 2},
        "immediate or cancel": {"order_type": "LIMIT", "price": low, "validity": "IOC"},
        "disclosed": {"order_type": "LIMIT", "price": low, "quantity": 100, "disclosed_quantity": 20},
        "delivery": {"order_type": "LIMIT", "price": low, "product": "D"},
        "sale": {"order_type": "LIMIT", "price": high, "transaction_type": "SELL", "quantity": 1},
    }.items():
        state(f"order {name}", place(name, **more))
    place("after market", order_type="LIMIT", price=low, is_amo=True)
    place("too long tag", order_type="LIMIT", price=low, tag="x" * 41)
    story.step("order book after trading", lambda: reads.get_order_book(VERSION))
    story.step("trades after trading", lambda: reads.get_trade_history(VERSION))
    portfolio = sdk.PortfolioApi(client)
    story.step("positions after trading", lambda: portfolio.get_positions(VERSION))
    request = sdk.ConvertPositionRequest(
        instrument_token=key, new_product="D", old_product="I", transaction_type="BUY", quantity=10
    )
    story.step("convert", lambda: portfolio.convert_positions(request, VERSION))
    story.step("positions after converting", lambda: portfolio.get_positions(VERSION))


def _triggers(story: Story, client: Any, key: str, last: float) -> None:
    api = sdk.OrderApiV3(client)

    def rule(strategy: str, kind: str, share: float) -> Any:
        return sdk.GttRule(strategy=strategy, trigger_type=kind, trigger_price=round(last * share, 1))

    def place(name: str, kind: str, rules: list[Any]) -> Any:
        request = sdk.GttPlaceOrderRequest(
            type=kind, quantity=1, product="D", rules=rules, instrument_token=key, transaction_type="BUY"
        )
        answer = story.step(f"place {name}", lambda: api.place_gtt_order(request))
        return answer.data.gtt_order_ids[0] if answer is not None else None

    single = place("gtt", "SINGLE", [rule("ENTRY", "BELOW", 0.9)])
    many = place(
        "gtt multiple",
        "MULTIPLE",
        [rule("ENTRY", "BELOW", 0.9), rule("TARGET", "IMMEDIATE", 1.0), rule("STOPLOSS", "IMMEDIATE", 0.8)],
    )
    story.step("gtts after placing", api.get_gtt_order_details)
    story.step("gtt", lambda: api.get_gtt_order_details(gtt_order_id=single))
    change = sdk.GttModifyOrderRequest(
        type="SINGLE", quantity=2, rules=[rule("ENTRY", "BELOW", 0.88)], gtt_order_id=single
    )
    story.step("modify gtt", lambda: api.modify_gtt_order(change))
    story.step("gtt after modifying", lambda: api.get_gtt_order_details(gtt_order_id=single))
    story.step("cancel gtt", lambda: api.cancel_gtt_order(sdk.GttCancelOrderRequest(single)))
    story.step("cancel gtt multiple", lambda: api.cancel_gtt_order(sdk.GttCancelOrderRequest(many)))
    story.step("gtts after cancelling", api.get_gtt_order_details)


def _rarer_orders(story: Story, client: Any, key: str, last: float) -> None:
    """The older order routes, and many orders in one call; Bhav uses neither."""
    api, low = sdk.OrderApi(client), round(last * 0.97, 1)
    base = {
        "instrument_token": key,
        "quantity": 1,
        "product": "I",
        "validity": "DAY",
        "price": low,
        "order_type": "LIMIT",
        "transaction_type": "BUY",
        "disclosed_quantity": 0,
        "trigger_price": 0.0,
        "is_amo": False,
    }
    placed = story.step("place v2", lambda: api.place_order(sdk.PlaceOrderRequest(**base), VERSION))
    order = placed.data.order_id
    change = sdk.ModifyOrderRequest(order_id=order, validity="DAY", price=low, order_type="LIMIT", trigger_price=0.0)
    story.step("modify v2", lambda: api.modify_order(change, VERSION))
    story.step("cancel v2", lambda: api.cancel_order(order, VERSION))
    rows = [sdk.MultiOrderRequest(**base, slice=False, tag="many", correlation_id=name) for name in ("one", "two")]
    story.step("place many", lambda: api.place_multi_order(rows))
    story.step("cancel many", lambda: api.cancel_multi_order(tag="many"))


def _rarer_reads(story: Story, client: Any, chosen: dict[str, dict[str, Any]], day: str) -> None:
    """Reads that Bhav does without, or has in a newer form."""
    key, index = chosen["equity"]["instrument_key"], chosen["index"]["instrument_key"]
    expiry = str(datetime.fromtimestamp(chosen["option"]["expiry"] / 1000, UTC).date())
    quotes, history, market = (
        sdk.MarketQuoteApi(client),
        sdk.HistoryApi(client),
        sdk.MarketHolidaysAndTimingsApi(client),
    )
    profits, year = sdk.TradeProfitAndLossApi(client), "2627"
    story.step("ltp v2", lambda: quotes.ltp(key, VERSION))
    story.step("ohlc v2", lambda: quotes.get_market_quote_ohlc(key, "1d", VERSION))
    start = str(date.fromisoformat(day) - timedelta(days=30))
    story.step("history v2", lambda: history.get_historical_candle_data1(key, "day", day, start, VERSION))
    story.step("intraday v2", lambda: history.get_intra_day_candle_data(key, "1minute", VERSION))
    story.step("holidays", market.get_holidays)
    story.step("holiday", lambda: market.get_holiday(day))
    story.step("timings", lambda: market.get_exchange_timings(day))
    story.step("option contracts", lambda: sdk.OptionsApi(client).get_option_contracts(index))
    story.step("option chain", lambda: sdk.OptionsApi(client).get_put_call_option_chain(index, expiry))
    story.step("search", lambda: sdk.InstrumentsApi(client).search_instrument("HDFC"))
    story.step("kill switch", sdk.UserApi(client).get_kill_switch)
    story.step("addresses", sdk.UserApi(client).get_user_ips)
    story.step(
        "past trades", lambda: sdk.PostTradeApi(client).get_trades_by_date_range(start, day, 1, 10, segment="EQ")
    )
    story.step("profit and loss count", lambda: profits.get_trade_wise_profit_and_loss_meta_data("EQ", year, VERSION))
    story.step("profit and loss", lambda: profits.get_trade_wise_profit_and_loss_data("EQ", year, 1, 10, VERSION))
    story.step("profit and loss charges", lambda: profits.get_profit_and_loss_charges("EQ", year, VERSION))


_PART_OF_MODE = {
    "ltpc": ("ltpc", "ltpc"),
    "option_greeks": ("firstLevelWithGreeks", "option_greeks"),
    "full": ("fullFeed", "full_d5"),
    "full_d30": ("fullFeed", "full_d30"),
}
"""What a feed in a mode consists of, and what it calls its mode."""


def _market_stream(client: Any, chosen: dict[str, dict[str, Any]]) -> None:
    listener = Listener(sdk.MarketDataStreamerV3(client))
    listener.connect("market streamer")
    keys = [row["instrument_key"] for row in chosen.values()]
    for number, mode in enumerate(MODES):
        since = len(listener.messages)
        if number == 0:
            listener.streamer.subscribe(keys, mode)
        else:
            listener.streamer.change_mode(keys, mode)
        heard = partial(listener.feed_of, part=_PART_OF_MODE[mode], since=since)

        def has_all(heard: Callable[[str], Any] = heard) -> bool:
            return all(heard(key) for key in keys)

        ok = wait_for(has_all, listener.wake)
        value = {name: heard(row["instrument_key"]) for name, row in chosen.items()}
        emit(step=f"ticks {mode}", ok=ok, value=value)
    kinds = [message.get("type", "initial_feed") for message in listener.messages]
    emit(
        step="kinds of messages",
        ok=True,
        value={"first": kinds[0], "seen": sorted(set(kinds)), "info": listener.messages[0]},
    )
    listener.streamer.unsubscribe(keys)
    listener.streamer.disconnect()


def _portfolio_stream(story: Story, client: Any, row: dict[str, Any], last: float) -> None:
    listener = Listener(
        sdk.PortfolioDataStreamer(client, order_update=True, position_update=True, holding_update=True, gtt_update=True)
    )
    listener.connect("portfolio streamer")
    api, tick = sdk.OrderApiV3(client), row["tick_size"] / 100
    request = {
        "instrument_token": row["instrument_key"],
        "quantity": 1,
        "product": "I",
        "validity": "DAY",
        "price": 0.0,
        "order_type": "MARKET",
        "transaction_type": "BUY",
        "disclosed_quantity": 0,
        "trigger_price": 0.0,
        "is_amo": False,
    }
    bought = patiently(
        lambda: api.place_order(sdk.PlaceOrderV3Request(**request, market_protection=-1))
    ).data.order_ids[0]

    def heard(order: str, status: str) -> list[Any]:
        return [one for one in listener.messages if one.get("order_id") == order and one.get("status") == status]

    ok = wait_for(lambda: heard(bought, "complete"), listener.wake)
    emit(step="order update", ok=ok, value=[one for one in listener.messages if one.get("order_id") == bought])
    request |= {"order_type": "LIMIT", "price": round(round(last * 0.97 / tick) * tick, 2)}
    resting = patiently(lambda: api.place_order(sdk.PlaceOrderV3Request(**request))).data.order_ids[0]
    patiently(lambda: api.cancel_order(resting))
    ok = wait_for(lambda: heard(resting, "cancelled"), listener.wake)
    emit(
        step="order update of a cancel",
        ok=ok,
        value=[one for one in listener.messages if one.get("order_id") == resting],
    )
    gtt = sdk.GttPlaceOrderRequest(
        type="SINGLE",
        quantity=1,
        product="D",
        instrument_token=row["instrument_key"],
        transaction_type="BUY",
        rules=[sdk.GttRule(strategy="ENTRY", trigger_type="BELOW", trigger_price=round(last * 0.9, 1))],
    )
    placed = patiently(lambda: api.place_gtt_order(gtt)).data.gtt_order_ids[0]
    ok = wait_for(lambda: [one for one in listener.messages if one.get("gtt_order_id") == placed], listener.wake, 5.0)
    emit(
        step="trigger update", ok=ok, value=[one for one in listener.messages if one.get("update_type") == "gtt_order"]
    )
    emit(step="kinds of updates", ok=True, value=sorted({str(one.get("update_type")) for one in listener.messages}))
    listener.streamer.disconnect()


def listen() -> None:
    """Subscribe, change the mode, unsubscribe and disconnect: {feed, access_token, keys, modes}."""
    line = next(lines())
    _answer_look_ups(line["feed"])
    listener = Listener(sdk.MarketDataStreamerV3(_client(line["feed"], line["feed"], line["access_token"])))
    listener.connect("market streamer")
    first, *others = line["modes"]
    listener.streamer.subscribe(line["keys"], first)
    for mode in others:
        listener.streamer.change_mode(line["keys"], mode)
    listener.streamer.unsubscribe(line["keys"])
    listener.streamer.disconnect()


def story() -> None:
    """A day with the client at the simulated broker whose line is read."""
    line = next(lines())
    told = Story()
    stranger = _client(line["rest"], line["order_rest"], "nobody", line.get("ca"))
    told.step("profile with a wrong token", lambda: sdk.UserApi(stranger).get_profile(VERSION))
    client = _client(line["rest"], line["order_rest"], _log_in(told, line), line.get("ca"))
    chosen = _reads(told, client, line)
    row = chosen["equity"]
    key = row["instrument_key"]
    quotes = told.values["ltp"].data
    last = next(one.last_price for one in quotes.values() if one.instrument_token == key)
    full = told.values["full quote"].data
    day = str(next(one.timestamp for one in full.values() if one.instrument_token == key))[:10]
    _history(told, client, key, day)
    _calculations(told, client, key, last)
    _orders(told, client, row, last)
    _triggers(told, client, key, last)
    _rarer_orders(told, client, key, last)
    _rarer_reads(told, client, chosen, day)
    told.step("market feed authorize", lambda: sdk.WebsocketApi(client).get_market_data_feed_authorize_v3())
    told.step("portfolio feed authorize", lambda: sdk.WebsocketApi(client).get_portfolio_stream_feed_authorize(VERSION))
    _answer_look_ups(line["feed"])
    _market_stream(client, chosen)
    _portfolio_stream(told, client, row, last)
    told.step("exit positions", sdk.OrderApi(client).exit_positions)
    told.step("log out", lambda: sdk.LoginApi(client).logout(VERSION))
    told.step("profile after logging out", lambda: sdk.UserApi(client).get_profile(VERSION))


if __name__ == "__main__":
    commands = {"calls": calls, "encode": encode, "frames": frames, "listen": listen, "schema": schema, "story": story}
    commands[sys.argv[1]]()
    sys.stdout.flush()
    os._exit(0)  # a streamer that was disconnected keeps its thread for ten seconds
