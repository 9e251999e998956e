"""Drives kiteconnect inside its own environment: ``calls``, ``frames``, ``listen`` or ``story``; JSON lines in, JSON lines out."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.conformance.drivers.login_page import log_in, parameters
from tests.conformance.drivers.reporting import Story, described, emit, lines, patiently, wait_for

sdk: Any = importlib.import_module("kiteconnect")

INTERVALS = ("minute", "3minute", "5minute", "10minute", "15minute", "30minute", "60minute", "day")


def calls() -> None:
    """Make each call that is read, with a client of its own: {root, api_key, access_token, call, args, kwargs}."""
    for one in lines():
        client = sdk.KiteConnect(one["api_key"], access_token=one["access_token"], root=one["root"])
        try:
            getattr(client, one["call"])(*one["args"], **one["kwargs"])
            emit(ok=True)
        except Exception as error:  # noqa: BLE001 - every failure of the client is a fact for the test
            emit(ok=False, error=described(error))


def frames() -> None:
    """What the ticker's parser makes of each frame that is read as a hexadecimal text."""
    ticker = sdk.KiteTicker("key", "token")
    for text in lines():
        try:
            emit(ok=True, ticks=ticker._parse_binary(bytes.fromhex(text)))
        except Exception as error:  # noqa: BLE001 - the client's parser raises whatever struct raises
            emit(ok=False, error=described(error))


class Listener:
    """A ticker in its own thread, and what it has heard."""

    def __init__(self, api_key: str, access_token: str, root: str) -> None:
        self.ticks: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.is_open = False
        self.is_closed = False
        self.wake = threading.Condition()
        self.ticker = sdk.KiteTicker(api_key, access_token, root=root)
        self.ticker.on_connect = self._on_connect
        self.ticker.on_ticks = self._on_ticks
        self.ticker.on_order_update = self._on_order
        self.ticker.on_error = self._on_error
        self.ticker.on_close = self._on_close

    def _on_connect(self, _ws: Any, _response: Any) -> None:
        with self.wake:
            self.is_open = True
            self.wake.notify_all()

    def _on_ticks(self, _ws: Any, ticks: list[dict[str, Any]]) -> None:
        with self.wake:
            self.ticks.extend(ticks)
            self.wake.notify_all()

    def _on_order(self, _ws: Any, order: dict[str, Any]) -> None:
        with self.wake:
            self.orders.append(order)
            self.wake.notify_all()

    def _on_error(self, _ws: Any, code: Any, reason: Any) -> None:
        with self.wake:
            self.errors.append(f"{code} {reason}")
            self.wake.notify_all()

    def _on_close(self, _ws: Any, _code: Any, _reason: Any) -> None:
        with self.wake:
            self.is_closed = True
            self.wake.notify_all()

    def close(self) -> None:
        """Say goodbye, and end the ticker's thread when it is answered."""
        self.run(self.ticker.close, 1000)
        wait_for(lambda: self.is_closed, self.wake)
        self.run(self.ticker.stop)
        self.ticker.websocket_thread.join(10.0)

    def run(self, action: Any, *arguments: Any) -> None:
        """Do ``action`` on the ticker's own thread, as its callbacks would."""
        reactor = importlib.import_module("twisted.internet").reactor
        reactor.callFromThread(action, *arguments)

    def modes_of(self, token: int) -> set[str]:
        """The modes in which ticks of ``token`` came."""
        return {tick["mode"] for tick in self.ticks if tick["instrument_token"] == token}

    def first(self, token: int, mode: str) -> dict[str, Any] | None:
        """The first tick of ``token`` in ``mode``."""
        return next((one for one in self.ticks if one["instrument_token"] == token and one["mode"] == mode), None)


def _choose(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """One instrument of each sort that the market has."""
    wanted: dict[str, Callable[[dict[str, Any]], bool]] = {
        "equity": lambda row: row["segment"] == "NSE" and row["instrument_type"] == "EQ",
        "index": lambda row: row["segment"] == "INDICES",
        "future": lambda row: row["segment"] == "NFO-FUT",
        "option": lambda row: row["segment"] == "NFO-OPT",
    }
    chosen = {}
    for name, test in wanted.items():
        found = next((row for row in rows if test(row)), None)
        if found is not None:
            chosen[name] = found
    return chosen


def _refusals(story: Story, line: dict[str, Any]) -> None:
    """What must not work before the login."""
    stranger = sdk.KiteConnect(line["credentials"]["api_key"], access_token="nobody", root=line["rest"])
    story.step("profile with a wrong token", stranger.profile)


def _log_in(story: Story, line: dict[str, Any], client: Any) -> Any:
    credentials = line["credentials"]
    redirect = credentials["redirect_url"]
    story.step(
        "login page", lambda: parameters(log_in(client.login_url(), credentials, redirect, line.get("ca"))), sorted
    )
    token = story.values["login page"]["request_token"]
    story.step("wrong checksum", lambda: client.generate_session(token, "not the secret"))
    if story.step("login page again", lambda: log_in(client.login_url(), credentials, redirect, line.get("ca")), len):
        token = parameters(story.values["login page again"])["request_token"]
    session = story.step("login exchange", lambda: client.generate_session(token, credentials["api_secret"]), sorted)
    story.step("request token used twice", lambda: client.generate_session(token, credentials["api_secret"]))
    client.set_access_token(session["access_token"])
    return session


def _reads(story: Story, client: Any) -> dict[str, dict[str, Any]]:
    story.step("profile", client.profile)
    story.step("margins", client.margins)
    story.step("equity margins", lambda: client.margins("equity"))
    story.step("commodity margins", lambda: client.margins("commodity"))
    rows = story.step("instruments", client.instruments, len)
    story.step("instruments of NSE", lambda: client.instruments("NSE"), len)
    for name in ("orders", "trades", "holdings", "positions", "get_auction_instruments", "get_gtts"):
        story.step(name, getattr(client, name))
    chosen = _choose(rows)
    emit(step="chosen", ok=True, value=chosen)
    keys = [f"{row['exchange']}:{row['tradingsymbol']}" for row in chosen.values()]
    story.step("quote", lambda: client.quote(keys))
    story.step("ohlc", lambda: client.ohlc(keys))
    story.step("ltp", lambda: client.ltp(keys))
    story.step("quote of nothing", lambda: client.quote(["NSE:THEREISNONE"]))
    return chosen


def _history(story: Story, client: Any, row: dict[str, Any]) -> None:
    stamp = story.values["quote"][f"{row['exchange']}:{row['tradingsymbol']}"]["timestamp"]
    day = f"{stamp:%Y-%m-%d}"
    for interval in INTERVALS:
        start = f"{stamp.year - 1}-{stamp:%m}-01" if interval == "day" else day
        span = f"{start} 00:00:00", f"{day} 23:59:59"
        story.step(
            f"history {interval}",
            partial(client.historical_data, row["instrument_token"], *span, interval, oi=True),
            lambda bars: {"count": len(bars), "first": bars[0] if bars else None},
        )


def _orders(story: Story, client: Any, row: dict[str, Any], last: float) -> None:
    tick = row["tick_size"]
    low, high = round(last * 0.97 / tick) * tick, round(last * 1.03 / tick) * tick
    low, high = round(low, 2), round(high, 2)
    base = {
        "exchange": row["exchange"],
        "tradingsymbol": row["tradingsymbol"],
        "transaction_type": "BUY",
        "quantity": 10,
        "product": "MIS",
    }

    def place(name: str, variety: str = "regular", **more: Any) -> Any:
        return story.step(f"place {name}", lambda: client.place_order(variety, **{**base, **more}))

    resting = place("limit", order_type="LIMIT", price=low, validity="DAY", tag="conformance")
    story.step("order history", lambda: client.order_history(resting))
    story.step(
        "modify",
        lambda: client.modify_order("regular", resting, quantity=5, price=round(low - tick, 2), order_type="LIMIT"),
    )
    story.step("modified order", lambda: client.order_history(resting)[-1])
    story.step("cancel", lambda: client.cancel_order("regular", resting))
    story.step("cancelled order", lambda: client.order_history(resting)[-1])
    story.step("cancel again", lambda: client.cancel_order("regular", resting))
    bought = place("market", order_type="MARKET", market_protection=-1)
    story.step("market order", lambda: client.order_history(bought)[-1])
    story.step("order trades", lambda: client.order_trades(bought))
    place("market without protection", order_type="MARKET")
    for name, more in {
        "stop limit": {"order_type": "SL", "price": high, "trigger_price": round(high - tick, 2)},
        "stop market": {"order_type": "SL-M", "trigger_price": high, "market_protection": 2},
        "immediate or cancel": {"order_type": "LIMIT", "price": low, "validity": "IOC"},
        "minutes": {"order_type": "LIMIT", "price": low, "validity": "TTL", "validity_ttl": 2},
        "disclosed": {"order_type": "LIMIT", "price": low, "quantity": 100, "disclosed_quantity": 20},
        "delivery": {"order_type": "LIMIT", "price": low, "product": "CNC"},
        "sale": {"order_type": "LIMIT", "price": high, "transaction_type": "SELL", "quantity": 1},
    }.items():
        order = place(name, **more)
        story.step(f"order {name}", partial(client.order_history, order), lambda states: states[-1])
    after = place("after market", "amo", order_type="LIMIT", price=low)
    if after is not None:
        story.step("cancel after market", lambda: client.cancel_order("amo", after))
    berg = place(
        "iceberg", "iceberg", order_type="LIMIT", price=low, quantity=1000, iceberg_legs=5, iceberg_quantity=200
    )
    if berg is not None:
        story.step("cancel iceberg", lambda: client.cancel_order("iceberg", berg))
    story.step(
        "place too long tag", lambda: client.place_order("regular", **base, order_type="LIMIT", price=low, tag="x" * 21)
    )
    story.step("orders after trading", client.orders)
    story.step("trades after trading", client.trades)
    story.step("positions after trading", client.positions)
    story.step(
        "convert",
        lambda: client.convert_position(row["exchange"], row["tradingsymbol"], "BUY", "day", 10, "MIS", "CNC"),
    )
    story.step("positions after converting", client.positions)


def _rarer_orders(story: Story, client: Any, chosen: dict[str, dict[str, Any]], last: float) -> None:
    """Cover orders, and an order that the broker slices; Bhav asks for neither."""
    row, future = chosen["equity"], chosen["future"]
    keys = [f"{one['exchange']}:{one['tradingsymbol']}" for one in (row, future)]
    story.step("trigger range", lambda: client.trigger_range("BUY", keys))
    stop = round(round(last * 0.98 / row["tick_size"]) * row["tick_size"], 2)
    cover = story.step(
        "place cover",
        lambda: client.place_order(
            "co",
            row["exchange"],
            row["tradingsymbol"],
            "BUY",
            5,
            "MIS",
            "MARKET",
            trigger_price=stop,
            market_protection=-1,
        ),
    )

    def second_leg() -> Any:
        return next(one for one in client.orders() if one["parent_order_id"] == cover)

    leg = story.step("second leg", second_leg)
    story.step("exit cover", lambda: client.exit_order("co", leg["order_id"], parent_order_id=cover))
    story.step("exited leg", lambda: client.order_history(leg["order_id"])[-1])
    low = round(round(story.values["ltp"][keys[1]]["last_price"] * 0.97 / future["tick_size"]) * future["tick_size"], 2)
    story.step(
        "place sliced",
        lambda: client.place_autoslice_order(
            "regular", future["exchange"], future["tradingsymbol"], "BUY", future["lot_size"] * 60, "NRML", "LIMIT", low
        ),
    )


def _triggers(story: Story, client: Any, row: dict[str, Any], last: float) -> None:
    symbol, exchange, tick = row["tradingsymbol"], row["exchange"], row["tick_size"]

    def at(share: float) -> float:
        return float(round(round(last * share / tick) * tick, 2))

    def leg(side: str, share: float) -> dict[str, Any]:
        return {"transaction_type": side, "quantity": 1, "order_type": "LIMIT", "product": "CNC", "price": at(share)}

    single = story.step(
        "place gtt", lambda: client.place_gtt("single", symbol, exchange, [at(0.9)], last, [leg("BUY", 0.9)])
    )
    both = story.step(
        "place gtt two-leg",
        lambda: client.place_gtt(
            "two-leg", symbol, exchange, [at(0.9), at(1.1)], last, [leg("SELL", 0.9), leg("SELL", 1.1)]
        ),
    )
    if single is None or both is None:
        return
    story.step("gtts after placing", client.get_gtts)
    story.step("gtt", lambda: client.get_gtt(single["trigger_id"]))
    story.step(
        "modify gtt",
        lambda: client.modify_gtt(
            single["trigger_id"], "single", symbol, exchange, [at(0.88)], last, [leg("BUY", 0.88)]
        ),
    )
    story.step("gtt after modifying", lambda: client.get_gtt(single["trigger_id"]))
    story.step("delete gtt", lambda: client.delete_gtt(single["trigger_id"]))
    story.step("delete gtt two-leg", lambda: client.delete_gtt(both["trigger_id"]))
    story.step("gtt after deleting", lambda: client.get_gtt(single["trigger_id"]))


def _calculations(story: Story, client: Any, row: dict[str, Any], last: float) -> None:
    order = {
        "exchange": row["exchange"],
        "tradingsymbol": row["tradingsymbol"],
        "transaction_type": "BUY",
        "variety": "regular",
        "product": "MIS",
        "order_type": "LIMIT",
        "quantity": 10,
        "price": last,
        "trigger_price": 0,
    }
    story.step("order margins", lambda: client.order_margins([order]))
    story.step("basket margins", lambda: client.basket_order_margins([order, {**order, "transaction_type": "SELL"}]))
    story.step("basket margins compact", lambda: client.basket_order_margins([order], False, "compact"))
    note = {key: order[key] for key in order if key not in ("price", "trigger_price")}
    story.step(
        "contract note",
        lambda: client.get_virtual_contract_note([{**note, "order_id": "111", "average_price": last}]),
    )


def _stream(story: Story, client: Any, line: dict[str, Any], chosen: dict[str, dict[str, Any]]) -> None:
    listener = Listener(client.api_key, client.access_token, line["feed"])
    listener.ticker.connect(threaded=True)
    opened = wait_for(lambda: listener.is_open or listener.errors, listener.wake)
    emit(step="ticker opens", ok=opened and listener.is_open, value=listener.errors)
    tokens = [row["instrument_token"] for row in chosen.values()]
    listener.run(listener.ticker.subscribe, tokens)
    for mode in ("quote", "ltp", "full"):
        if mode != "quote":
            listener.run(listener.ticker.set_mode, mode, tokens)

        def has_all(mode: str = mode) -> bool:
            return all(mode in listener.modes_of(token) for token in tokens)

        ok = wait_for(has_all, listener.wake)
        value = {name: listener.first(row["instrument_token"], mode) for name, row in chosen.items()}
        emit(step=f"ticks {mode}", ok=ok, value=value)
    row = chosen["equity"]
    last = patiently(lambda: client.ltp([f"{row['exchange']}:{row['tradingsymbol']}"]))
    price = round(round(next(iter(last.values()))["last_price"] * 0.97 / row["tick_size"]) * row["tick_size"], 2)
    order = story.step(
        "place while listening",
        lambda: client.place_order(
            "regular", row["exchange"], row["tradingsymbol"], "BUY", 1, "MIS", "MARKET", market_protection=-1
        ),
    )
    heard = wait_for(lambda: [one for one in listener.orders if one["order_id"] == order], listener.wake)
    emit(step="order update", ok=heard, value=listener.orders)
    resting = story.step(
        "place resting while listening",
        lambda: client.place_order("regular", row["exchange"], row["tradingsymbol"], "BUY", 1, "MIS", "LIMIT", price),
    )
    patiently(lambda: client.cancel_order("regular", resting))
    cancelled = wait_for(
        lambda: [one for one in listener.orders if one["order_id"] == resting and one["status"] == "CANCELLED"],
        listener.wake,
    )
    emit(step="order update of a cancel", ok=cancelled, value=listener.orders)
    listener.run(listener.ticker.unsubscribe, tokens)
    listener.close()


def listen() -> None:
    """Subscribe, change the mode, unsubscribe and close: {api_key, access_token, root, tokens, modes}."""
    line = next(lines())
    listener = Listener(line["api_key"], line["access_token"], line["root"])
    listener.ticker.connect(threaded=True)
    opened = wait_for(lambda: listener.is_open or listener.errors, listener.wake)
    emit(ok=opened and listener.is_open, errors=listener.errors)
    listener.run(listener.ticker.subscribe, line["tokens"])
    for mode in line["modes"]:
        listener.run(listener.ticker.set_mode, mode, line["tokens"])
    listener.run(listener.ticker.unsubscribe, line["tokens"])
    listener.close()


def story() -> None:
    """A day with the client at the simulated broker whose line is read."""
    line = next(lines())
    sdk.KiteConnect._default_login_uri = line["login"].partition("?")[0]
    client = sdk.KiteConnect(line["credentials"]["api_key"], root=line["rest"])
    told = Story()
    _refusals(told, line)
    _log_in(told, line, client)
    chosen = _reads(told, client)
    row = chosen["equity"]
    last = told.values["ltp"][f"{row['exchange']}:{row['tradingsymbol']}"]["last_price"]
    _history(told, client, row)
    _calculations(told, client, row, last)
    _orders(told, client, row, last)
    _rarer_orders(told, client, chosen, last)
    _triggers(told, client, row, last)
    _stream(told, client, line, chosen)
    told.step("log out", client.invalidate_access_token)
    told.step("profile after logging out", client.profile)


if __name__ == "__main__":
    {"calls": calls, "frames": frames, "listen": listen, "story": story}[sys.argv[1]]()
