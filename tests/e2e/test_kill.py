"""The session killed at random instants: every restart shows what was acknowledged before, and the session ends as it should."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.acknowledged import Acknowledged, Facts, wrong_export
from tests.e2e.session import BOOK, RECORDING
from tests.helpers.counts import runs
from tests.prove.kill import Killer, can_kill

SEED = 2016


@pytest.mark.prove
@pytest.mark.skipif(not can_kill(), reason="needs SIGKILL (not Windows)")
def test_a_killed_session_is_there_again_and_goes_on_to_the_same_end(shared: Path, tmp_path: Path) -> None:
    killer = Killer(tmp_path, shared / "data" / "candles" / RECORDING, SEED)
    killer.run(runs(50))
    assert killer.failures == []
    assert killer.ends > 0


def book() -> Facts:
    """Ten shares bought in two fills, as a start of the program tells it."""
    order = {
        "account": "paper",
        "client_id": "C1",
        "broker_id": "B1",
        "instrument": "NSE:RELIANCE:EQ",
        "side": "BUY",
        "quantity": 10,
        "limit": "100.00",
        "status": "FILLED",
        "filled": 10,
        "average": "99.90",
    }
    fill = {
        "account": "paper",
        "trade_id": "1",
        "broker_id": "B1",
        "instrument": "NSE:RELIANCE:EQ",
        "product": "INTRADAY",
        "side": "BUY",
        "quantity": 4,
        "price": "99.90",
        "at": "2016-09-09T04:00:00+00:00",
    }
    position = {
        "account": "paper",
        "instrument": "NSE:RELIANCE:EQ",
        "product": "INTRADAY",
        "quantity": 10,
        "average": "99.90",
        "realised": "0",
        "differs": False,
    }
    return {
        "fact": "book",
        "now": "2016-09-09T04:00:00+00:00",
        "accounts": {"Paper": "paper"},
        "orders": [order],
        "fills": [fill, {**fill, "trade_id": "2", "quantity": 6}],
        "positions": [position],
        "funds": {"paper": {"opening": "1000000", "available": "999800.20", "parts": {}}},
    }


def _lose_fill(book: Any) -> None:
    del book["fills"][1]


def _double_fill(book: Any) -> None:
    book["fills"].append(book["fills"][0])


def _lose_order(book: Any) -> None:
    book["orders"].clear()


def _reopen(book: Any) -> None:
    book["orders"][0].update(status="OPEN")


def _repeat_order(book: Any) -> None:
    book["orders"].append({**book["orders"][0], "client_id": "C2", "broker_id": "B2"})


def _leave_unanswered(book: Any) -> None:
    book["orders"][0].update(status="UNKNOWN")


def _forget_position(book: Any) -> None:
    book["positions"].clear()


def _change_price(book: Any) -> None:
    book["fills"][0].update(price="99.95")


def _invent_money(book: Any) -> None:
    book["funds"]["paper"]["parts"]["Realised P&L"] = "0.01"


def _turn_back(book: Any) -> None:
    book["now"] = "2016-09-09T03:59:59+00:00"


def test_the_same_book_has_no_differences() -> None:
    told = Acknowledged()
    told.hear(book())
    assert told.differences(book()) == []


@pytest.mark.parametrize(
    "damage",
    [
        _lose_fill,
        _double_fill,
        _lose_order,
        _reopen,
        _repeat_order,
        _leave_unanswered,
        _forget_position,
        _change_price,
        _invent_money,
        _turn_back,
    ],
)
def test_a_damaged_book_is_found_out(damage: Callable[[Facts], None]) -> None:
    told = Acknowledged()
    told.hear(book())
    damaged = copy.deepcopy(book())
    damage(damaged)
    assert told.differences(damaged)


def test_an_export_that_lacks_a_fill_or_has_it_twice_is_found_out() -> None:
    head = "book,account,filled_at,trade_id,broker_order_id,instrument,side,product,quantity,price\n"
    rows = [
        f"{BOOK},paper,2016-09-09T09:30:00+05:30,{trade},B1,NSE:RELIANCE:EQ,BUY,INTRADAY,{units},99.90\n"
        for trade, units in (("1", 4), ("2", 6))
    ]
    assert list(wrong_export(book(), head + "".join(rows))) == []
    assert list(wrong_export(book(), head + rows[0]))
    assert list(wrong_export(book(), head + "".join([*rows, rows[1]])))
