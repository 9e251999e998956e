"""Rooms keep practice and real markets apart: the window shows the current account's, and wishes for prices follow it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import SystemClock
from terminal_app.domain.enums import AccountKind, Exchange, FeedMode
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.messages import InstrumentsChanged
from terminal_app.marketdata.board import QuoteBoard
from terminal_app.marketdata.hub import MarketDataHub
from terminal_app.services.accounts import AccountService
from terminal_app.services.market import MarketService
from terminal_app.services.rooms import Room, Rooms, ShownClock

TIMES = {"practice": datetime(2026, 11, 23, 4, tzinfo=UTC), "real": datetime(2026, 11, 22, 11, tzinfo=UTC)}
SHARE = InstrumentId.equity(Exchange.NSE, "RELIANCE")


class Store:
    def __init__(self) -> None:
        self.content: dict[str, Any] = {}

    def load(self) -> dict[str, Any]:
        return dict(self.content)

    def save(self, content: Mapping[str, Any]) -> None:
        self.content = dict(content)


class Clock:
    def __init__(self, label: str) -> None:
        self.label = label

    def now(self) -> datetime:
        return TIMES[self.label]


class House:
    """Two rooms with boards of their own, and an account in each."""

    def __init__(self) -> None:
        self.bus = Bus(self._fail)
        self.told: list[InstrumentsChanged] = []
        self.bus.subscribe(InstrumentsChanged, self.told.append)
        self.accounts = AccountService(Store(), self.bus, SystemClock)
        self.paper_account = self.accounts.all()[0].id
        self.live_account = self.accounts.add_live("zerodha", "Savings").id
        self.paper, self.live = self._room("practice", AccountKind.PAPER, 3), self._room("real", AccountKind.LIVE, 5)
        self.rooms = Rooms(self.paper, self.live, self.accounts)

    def _room(self, label: str, kind: AccountKind, listed: int) -> Room:
        hub = MarketDataHub(QuoteBoard(), self.bus, SystemClock())
        return cast("Room", SimpleNamespace(kind=kind, hub=hub, clock=Clock(label), catalogue=[None] * listed))

    @staticmethod
    def _fail(error: BaseException, _message: object) -> None:
        raise error


@pytest.fixture
def house() -> House:
    return House()


def test_the_room_that_is_shown_is_the_current_accounts(house: House) -> None:
    assert house.rooms.shown is house.paper
    house.accounts.switch(house.live_account)
    assert house.rooms.shown is house.live
    assert house.rooms.of(house.paper_account) is house.paper


def test_all_accounts_are_those_of_the_room_shown_last_and_never_mixed(house: House) -> None:
    assert house.rooms.members(None) == (house.paper_account,)
    house.accounts.switch(house.live_account)
    assert house.rooms.shown is house.live
    house.accounts.switch(None)
    assert house.rooms.members(None) == (house.live_account,)


def test_the_clock_is_that_of_the_room(house: House) -> None:
    clock = ShownClock(house.rooms)
    assert (clock.label, clock.now()) == ("practice", TIMES["practice"])
    house.accounts.switch(house.live_account)
    assert (clock.label, clock.now()) == ("real", TIMES["real"])


def test_wishes_for_prices_move_with_the_window_and_the_instruments_are_announced(house: House) -> None:
    market = MarketService(house.rooms, house.bus, SystemClock())
    market.watch("panel", [SHARE], FeedMode.QUOTE)
    assert house.paper.hub.wanted() == {SHARE: FeedMode.QUOTE}
    house.accounts.switch(house.live_account)
    assert (house.paper.hub.wanted(), house.live.hub.wanted()) == ({}, {SHARE: FeedMode.QUOTE})
    assert [message.count for message in house.told] == [5]
    market.release("panel")
    assert house.live.hub.wanted() == {}


def test_switching_within_a_room_moves_nothing(house: House) -> None:
    MarketService(house.rooms, house.bus, SystemClock())
    house.accounts.switch(None)
    assert house.told == []
