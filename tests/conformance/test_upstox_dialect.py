"""upstox-python-sdk, unchanged, trades a day at the simulated Upstox: login, reads, orders, triggers, both streamers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sdks import UPSTOX
from tests.conformance.simulated import simulated
from tests.conformance.told import Told

REFUSALS = {
    "profile with a wrong token": (401, "UDAPI100050"),
    "wrong secret": (401, "UDAPI100069"),
    "code used twice": (400, "UDAPI100057"),
    "cancel again": (400, "UDAPI100040"),
    "place market without protection": (400, "UDAPI1158"),
    "place after market": (400, "UDAPI100039"),
    "place too long tag": (400, "UDAPI1119"),
    "profile after logging out": (401, "UDAPI100050"),
}
"""What must be refused, and how."""
SORTS = ("equity", "index", "future", "option")
HISTORY = ("minutes 1", "minutes 5", "minutes 30", "hours 1", "days 1", "weeks 1", "months 1", "without start")
MODES = ("ltpc", "option_greeks", "full", "full_d30")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    UPSTOX.require()
    folder = tmp_path_factory.mktemp("upstox")
    with simulated("upstox", folder, "--tls") as line:
        return Told(UPSTOX.run("story", [line], ca=Path(line["ca"])))


def _data(told: Told, step: str) -> Any:
    answer = told[step]
    assert answer["status"] == "success"
    return answer["data"]


def test_every_call_is_answered_and_only_what_must_be_is_refused(told: Told) -> None:
    refused = {
        name: (error["code"], json.loads(error["body"])["errors"][0]["error_code"])
        for name, error in told.failures().items()
    }
    assert refused == REFUSALS
    assert len(told.names) >= 117


def test_the_login_gives_a_session_with_every_field(told: Told) -> None:
    assert told["login page"] == ["code", "state"]
    assert {"access_token", "user_id", "exchanges", "products", "is_active"} <= set(told["login exchange"])


def test_the_books_are_empty_at_first_and_the_funds_are_whole(told: Told) -> None:
    books = ("order book", "trades", "holdings", "positions", "mtf positions", "triggers")
    assert {name: _data(told, name) for name in books} == {name: [] for name in books}
    assert _data(told, "funds v3")["available_to_trade"]["total"] == 1_000_000
    assert _data(told, "equity funds")["equity"] == _data(told, "funds")["equity"]


def test_the_instruments_have_every_sort(told: Told) -> None:
    chosen = told["chosen"]
    assert set(chosen) == set(SORTS)
    assert [chosen[name]["segment"] for name in SORTS] == ["NSE_EQ", "NSE_INDEX", "NSE_FO", "NSE_FO"]
    assert told["instruments"] > len(SORTS)


@pytest.mark.parametrize("step", ["ltp", "ohlc 1d", "ohlc I1", "ohlc I30", "full quote v3", "full quote"])
def test_quotes_name_the_keys_that_were_asked_for(told: Told, step: str) -> None:
    keys = {row["instrument_key"] for row in told["chosen"].values()}
    assert {row["instrument_token"] for row in _data(told, step).values()} == keys


@pytest.mark.parametrize("span", HISTORY)
def test_bars_come_newest_first(told: Told, span: str) -> None:
    bars = told[f"history {span}"]
    assert bars["count"] > 10
    assert len(bars["first"][0]) == 7
    assert bars["first"][0][0].endswith("+05:30")


@pytest.mark.parametrize("span", ["minutes 1", "hours 1", "days 1"])
def test_bars_of_today_come(told: Told, span: str) -> None:
    assert told[f"intraday {span}"]["count"] >= 1


def test_an_order_lives_as_its_calls_say(told: Told) -> None:
    assert _data(told, "limit order")["status"] == "open"
    changed = _data(told, "modified order")
    assert (changed["status"], changed["quantity"]) == ("open", 5)
    steps = [state["status"] for state in _data(told, "order history")]
    assert steps[0] == "put order req received"
    assert "modified" in steps
    assert steps == [state["status"] for state in _data(told, "order history by tag")]
    assert _data(told, "cancelled order")["status"] == "cancelled"
    bought = _data(told, "market order")
    assert (bought["status"], bought["filled_quantity"], bought["pending_quantity"]) == ("complete", 10, 0)
    assert sum(trade["quantity"] for trade in _data(told, "order trades")) == 10


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ("stop limit", "trigger pending"),
        ("stop market", "trigger pending"),
        ("immediate or cancel", "cancelled"),
        ("disclosed", "open"),
        ("delivery", "open"),
        ("sale", "open"),
    ],
)
def test_every_sort_of_order_rests_or_ends_as_it_should(told: Told, order: str, status: str) -> None:
    assert _data(told, f"order {order}")["status"] == status


def test_the_position_follows_the_fills_and_is_converted(told: Told) -> None:
    def held(step: str) -> dict[str, int]:
        return {row["product"]: row["quantity"] for row in _data(told, step)}

    assert held("positions after trading") == {"I": 10}
    assert held("positions after converting") == {"I": 0, "D": 10}


def test_triggers_are_stored_changed_and_cancelled(told: Told) -> None:
    assert [row["type"] for row in _data(told, "gtts after placing")] == ["SINGLE", "MULTIPLE"]
    before, after = _data(told, "gtt")[0], _data(told, "gtt after modifying")[0]
    assert (before["quantity"], after["quantity"]) == (1, 2)
    assert before["rules"][0]["trigger_price"] > after["rules"][0]["trigger_price"]
    ends = {rule["status"] for row in _data(told, "gtts after cancelling") for rule in row["rules"]}
    assert ends == {"CANCELLED"}


def test_margins_and_charges_are_told(told: Told) -> None:
    margin = _data(told, "margin")
    assert 0 < margin["final_margin"] <= margin["required_margin"]
    assert len(margin["margins"]) == 2
    assert _data(told, "brokerage")["charges"]["total"] > 0


def test_the_older_and_the_joint_order_routes_work(told: Told) -> None:
    order = _data(told, "place v2")["order_id"]
    assert _data(told, "modify v2")["order_id"] == _data(told, "cancel v2")["order_id"] == order
    many = {row["correlation_id"]: row["order_id"] for row in _data(told, "place many")}
    assert set(many) == {"one", "two"}
    assert set(_data(told, "cancel many")["order_ids"]) == set(many.values())
    assert told["exit positions"]["summary"]["error"] == 0


def test_the_option_chain_has_what_the_contracts_say(told: Told) -> None:
    chosen = told["chosen"]["option"]["instrument_key"]
    assert chosen in {row["instrument_key"] for row in _data(told, "option contracts")}
    assert chosen in {row["call_options"]["instrument_key"] for row in _data(told, "option chain")}


def _last_price(mode: str, feed: dict[str, Any]) -> float:
    part = {"ltpc": feed, "option_greeks": feed.get("firstLevelWithGreeks")}.get(mode)
    part = part or next(iter(feed["fullFeed"].values()))
    return float(part["ltpc"]["ltp"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sort", SORTS)
def test_the_market_streamer_hears_every_sort_in_every_mode(told: Told, mode: str, sort: str) -> None:
    feed = told[f"ticks {mode}"][sort]
    key = told["chosen"][sort]["instrument_key"]
    close = next(row["cp"] for row in _data(told, "ltp").values() if row["instrument_token"] == key)
    assert _last_price(mode, feed) == pytest.approx(close, rel=0.5 if sort == "option" else 0.1)
    if mode.startswith("full"):
        full = feed["fullFeed"]
        assert set(full) == {"indexFF" if sort == "index" else "marketFF"}
        assert next(iter(full.values()))["marketOHLC"]["ohlc"][0]["interval"] == "1d"
        if sort != "index":
            # The simulated exchange shows five levels, also where the real one shows thirty.
            assert len(full["marketFF"]["marketLevel"]["bidAskQuote"]) == 5


def test_the_market_streamer_hears_of_the_market_first(told: Told) -> None:
    kinds = told["kinds of messages"]
    assert kinds["first"] == "market_info"
    assert kinds["info"]["marketInfo"]["segmentStatus"]["NSE_EQ"] == "NORMAL_OPEN"


def test_the_portfolio_streamer_hears_what_happens_to_orders_and_triggers(told: Told) -> None:
    assert told["order update"][-1]["status"] == "complete"
    assert told["order update of a cancel"][-1]["status"] == "cancelled"
    assert told["trigger update"][0]["update_type"] == "gtt_order"
    assert {"order", "gtt_order"} <= set(told["kinds of updates"])


@pytest.mark.parametrize("feed", ["market", "portfolio"])
def test_a_feed_address_is_given_out(told: Told, feed: str) -> None:
    assert _data(told, f"{feed} feed authorize")["authorized_redirect_uri"].startswith("wss://")
