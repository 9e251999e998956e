"""kiteconnect, unchanged, trades a day at the simulated Zerodha: login, reads, orders, triggers, instruments, ticker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sdks import KITE
from tests.conformance.simulated import simulated
from tests.conformance.told import Told

REFUSALS = {
    "profile with a wrong token": ("TokenException", 403),
    "wrong checksum": ("TokenException", 403),
    "request token used twice": ("TokenException", 403),
    "cancel again": ("OrderException", 400),
    "place market without protection": ("InputException", 400),
    "place too long tag": ("InputException", 400),
    "profile after logging out": ("TokenException", 403),
}
"""What must be refused, and how."""
INTERVALS = ("minute", "3minute", "5minute", "10minute", "15minute", "30minute", "60minute", "day")
SORTS = ("equity", "index", "future", "option")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    KITE.require()
    folder = tmp_path_factory.mktemp("kite")
    with simulated("zerodha", folder, "--tls") as line:
        return Told(KITE.run("story", [line], ca=Path(line["ca"])))


def test_every_call_is_answered_and_only_what_must_be_is_refused(told: Told) -> None:
    refused = {name: (error["kind"], error["code"]) for name, error in told.failures().items()}
    assert refused == REFUSALS
    assert len(told.names) >= 95


def test_the_login_gives_a_session_with_every_field(told: Told) -> None:
    assert told["login page"] == ["action", "request_token", "status", "type"]
    assert {"access_token", "public_token", "user_id", "login_time", "exchanges", "meta"} <= set(told["login exchange"])


def test_the_books_are_empty_at_first_and_the_funds_are_whole(told: Told) -> None:
    assert [told[name] for name in ("orders", "trades", "holdings", "get_gtts")] == [[], [], [], []]
    assert told["positions"] == {"net": [], "day": []}
    assert told["margins"]["equity"] == told["equity margins"]
    assert told["equity margins"]["net"] == 1_000_000


def test_the_instruments_have_every_sort_and_codes_that_fit_their_tokens(told: Told) -> None:
    chosen = told["chosen"]
    assert set(chosen) == set(SORTS)
    codes = {name: row["instrument_token"] & 0xFF for name, row in chosen.items()}
    assert codes == {"equity": 1, "index": 9, "future": 2, "option": 2}
    assert told["instruments"] > told["instruments of NSE"] > 0


def test_quotes_come_under_the_names_that_were_asked_for(told: Told) -> None:
    keys = {f"{row['exchange']}:{row['tradingsymbol']}" for row in told["chosen"].values()}
    assert set(told["quote"]) == set(told["ohlc"]) == set(told["ltp"]) == keys
    assert told["quote of nothing"] == {}


@pytest.mark.parametrize("interval", INTERVALS)
def test_bars_of_every_interval_come(told: Told, interval: str) -> None:
    bars = told[f"history {interval}"]
    assert bars["count"] > (200 if interval == "day" else 0)
    assert set(bars["first"]) == {"date", "open", "high", "low", "close", "volume", "oi"}
    assert bars["first"]["date"].endswith("+05:30")


def test_an_order_lives_as_its_calls_say(told: Told) -> None:
    assert [state["status"] for state in told["order history"]][-1] == "OPEN"
    assert (told["modified order"]["status"], told["modified order"]["quantity"]) == ("OPEN", 5)
    assert (told["cancelled order"]["status"], told["cancelled order"]["cancelled_quantity"]) == ("CANCELLED", 5)
    bought = told["market order"]
    assert (bought["status"], bought["filled_quantity"], bought["pending_quantity"]) == ("COMPLETE", 10, 0)
    assert sum(trade["quantity"] for trade in told["order trades"]) == 10


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ("stop limit", "TRIGGER PENDING"),
        ("stop market", "TRIGGER PENDING"),
        ("immediate or cancel", "CANCELLED"),
        ("minutes", "OPEN"),
        ("disclosed", "OPEN"),
        ("delivery", "OPEN"),
        ("sale", "OPEN"),
    ],
)
def test_every_sort_of_order_rests_or_ends_as_it_should(told: Told, order: str, status: str) -> None:
    assert told[f"order {order}"]["status"] == status


def test_a_cover_order_has_a_second_leg_that_exits_it(told: Told) -> None:
    leg = told["second leg"]
    assert (leg["parent_order_id"], leg["status"]) == (told["place cover"], "TRIGGER PENDING")
    assert told["exit cover"] == leg["order_id"]
    assert told["exited leg"]["status"] in {"COMPLETE", "CANCELLED"}
    assert set(told["trigger range"]) <= {_key(told, "equity"), _key(told, "future")}


def test_an_order_that_is_to_be_sliced_tells_of_each_slice(told: Told) -> None:
    sliced = told["place sliced"]
    assert sliced["order_id"]
    assert len(sliced["children"]) >= 2
    assert all(("order_id" in child) != ("error" in child) for child in sliced["children"])


def test_the_position_follows_the_fills_and_is_converted(told: Told) -> None:
    def held(step: str) -> dict[str, int]:
        return {row["product"]: row["quantity"] for row in told[step]["net"]}

    assert held("positions after trading") == {"MIS": 10}
    assert held("positions after converting") == {"MIS": 0, "CNC": 10}


def test_triggers_are_stored_changed_and_deleted(told: Told) -> None:
    stored = {row["id"]: row for row in told["gtts after placing"]}
    single, both = told["place gtt"]["trigger_id"], told["place gtt two-leg"]["trigger_id"]
    assert [len(stored[one]["condition"]["trigger_values"]) for one in (single, both)] == [1, 2]
    assert told["gtt"]["status"] == "active"
    before, after = told["gtt"]["condition"], told["gtt after modifying"]["condition"]
    assert before["trigger_values"] > after["trigger_values"]
    assert told["gtt after deleting"]["status"] == "deleted"


def test_margins_and_charges_are_told(told: Told) -> None:
    assert told["order margins"][0]["total"] > 0
    basket = told["basket margins"]
    assert 0 < basket["final"]["total"] <= basket["initial"]["total"]
    assert told["contract note"][0]["charges"]["total"] > 0


_PARTS: dict[str, set[str]] = {
    "ltp": set(),
    "quote": {"ohlc", "change"},
    "full": {"ohlc", "change", "exchange_timestamp"},
}
_TRADED_PARTS: dict[str, set[str]] = {
    "ltp": set(),
    "quote": {"volume_traded", "average_traded_price", "total_buy_quantity"},
    "full": {"volume_traded", "depth", "oi", "last_trade_time"},
}


@pytest.mark.parametrize("mode", ["ltp", "quote", "full"])
@pytest.mark.parametrize("sort", SORTS)
def test_the_ticker_hears_every_sort_in_every_mode(told: Told, mode: str, sort: str) -> None:
    tick: dict[str, Any] = told[f"ticks {mode}"][sort]
    wanted = _PARTS[mode] | (set() if sort == "index" else _TRADED_PARTS[mode])
    assert wanted <= set(tick)
    assert tick["tradable"] is (sort != "index")
    close = told["quote"][_key(told, sort)]["ohlc"]["close"]
    assert tick["last_price"] == pytest.approx(close, rel=0.5 if sort == "option" else 0.1)


def _key(told: Told, sort: str) -> str:
    row = told["chosen"][sort]
    return f"{row['exchange']}:{row['tradingsymbol']}"


def test_the_ticker_hears_what_happens_to_orders(told: Told) -> None:
    bought, resting = told["place while listening"], told["place resting while listening"]
    heard = told["order update of a cancel"]
    assert [one["status"] for one in heard if one["order_id"] == bought][-1] == "COMPLETE"
    assert [one["status"] for one in heard if one["order_id"] == resting][-1] == "CANCELLED"
    assert {"user_id", "app_id", "checksum", "unfilled_quantity"} <= set(heard[0])
