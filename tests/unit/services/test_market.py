"""Quotes in rows follow the room that the window shows."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import SystemClock
from terminal_app.domain.enums import Exchange
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.market import Quote
from terminal_app.domain.messages import CurrentAccountChanged
from terminal_app.marketdata.board import QuoteBoard
from terminal_app.marketdata.catalogue import InstrumentCatalogue
from terminal_app.marketdata.hub import MarketDataHub
from terminal_app.services.market import MarketService
from terminal_app.services.rooms import Rooms

ONE, TWO = (InstrumentId.equity(Exchange.NSE, name) for name in ("ONE", "TWO"))


def fail(error: BaseException, _message: object) -> None:
    raise AssertionError from error


class TwoRooms:
    """Two boards, and the switch between them."""

    def __init__(self) -> None:
        self.bus = Bus(fail)
        self.boards = [QuoteBoard(), QuoteBoard()]
        hubs = [MarketDataHub(board, self.bus, SystemClock()) for board in self.boards]
        self.rooms: Any = [SimpleNamespace(hub=hub, catalogue=InstrumentCatalogue(())) for hub in hubs]
        self.shown = self.rooms[0]
        self.market = MarketService(cast("Rooms", self), self.bus, SystemClock())

    def show(self, place: int) -> None:
        self.shown = self.rooms[place]
        self.bus.publish(CurrentAccountChanged(AccountId(str(place))))

    def tell(self, place: int, id: InstrumentId, price: int) -> None:
        self.boards[place].put(Quote(id, Decimal(price)), 1)


def test_rows_are_those_of_the_room_that_is_shown() -> None:
    two = TwoRooms()
    two.tell(0, ONE, 100)
    two.tell(1, ONE, 900)
    rows = two.market.rows([TWO, ONE])
    assert sorted(rows.take().tolist()) == [0, 1]
    two.show(1)
    assert sorted(rows.take().tolist()) == [0, 1]
    assert rows.directions(rows.take()).tolist() == []
    two.tell(0, ONE, 101)
    assert rows.take().tolist() == []
    two.tell(1, ONE, 899)
    changed = rows.take()
    assert (changed.tolist(), rows.last_price(changed).tolist(), rows.directions(changed).tolist()) == (
        [1],
        [899],
        [-1],
    )


def test_the_first_price_of_another_room_neither_rose_nor_fell() -> None:
    two = TwoRooms()
    two.tell(0, ONE, 100)
    two.tell(1, ONE, 900)
    rows = two.market.rows([ONE])
    rows.take()
    two.show(1)
    assert rows.directions(rows.take()).tolist() == [0]


def test_rows_that_are_closed_stay_closed() -> None:
    two = TwoRooms()
    rows = two.market.rows([ONE])
    rows.take()
    rows.close()
    two.show(1)
    two.tell(1, ONE, 900)
    assert rows.take().tolist() == []
