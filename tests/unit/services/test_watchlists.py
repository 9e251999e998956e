"""Watchlists: every edit is kept, announced and can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from terminal_app.domain.errors import BadInput, StorageError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.messages import WatchlistsChanged
from terminal_app.services.watchlists import MOST_INSTRUMENTS, MOST_LISTS, WatchlistService

SBIN, TCS, NEW = (InstrumentId.parse(f"NSE:{symbol}:EQ") for symbol in ("SBIN", "TCS", "NEW"))


class Store:
    def __init__(self) -> None:
        self.content: dict[str, Any] = {"lists": [[str(SBIN), str(TCS)], []]}
        self.is_full = False

    def load(self) -> dict[str, Any]:
        return self.content

    def save(self, content: Mapping[str, Any]) -> None:
        if self.is_full:
            raise StorageError("The disk is full.")
        self.content = dict(content)


@pytest.fixture
def told() -> list[WatchlistsChanged]:
    return []


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def lists(store: Store, told: list[WatchlistsChanged]) -> WatchlistService:
    return WatchlistService(store, told.append)


def test_an_instrument_is_added_once_and_kept(
    lists: WatchlistService, store: Store, told: list[WatchlistsChanged]
) -> None:
    assert lists.add(1, NEW, place=0)
    assert not lists.add(1, NEW)
    assert WatchlistService(store, told.append).get(1) == (NEW, SBIN, TCS)
    assert told == [WatchlistsChanged(1)]


def test_removing_and_reordering_can_be_undone_one_by_one(lists: WatchlistService) -> None:
    lists.remove(1, [SBIN])
    lists.add(1, NEW)
    lists.reorder(1, [NEW, TCS])
    assert lists.get(1) == (NEW, TCS)
    for wanted in ((TCS, NEW), (TCS,), (SBIN, TCS)):
        assert lists.undo()
        assert lists.get(1) == wanted
    assert not lists.undo()


def test_reordering_must_keep_the_same_instruments(lists: WatchlistService) -> None:
    with pytest.raises(BadInput):
        lists.reorder(1, [TCS, NEW])


def test_a_list_and_the_lists_have_a_limit_that_is_named(lists: WatchlistService) -> None:
    for number in range(MOST_INSTRUMENTS - 2):
        lists.add(1, InstrumentId.parse(f"NSE:S{number}:EQ"))
    with pytest.raises(BadInput, match=str(MOST_INSTRUMENTS)):
        lists.add(1, NEW)
    while lists.count < MOST_LISTS:
        lists.add_list()
    with pytest.raises(BadInput, match=str(MOST_LISTS)):
        lists.add_list()


def test_an_edit_that_cannot_be_kept_does_not_happen(lists: WatchlistService, store: Store) -> None:
    store.is_full = True
    with pytest.raises(StorageError):
        lists.remove(1, [SBIN])
    with pytest.raises(StorageError):
        lists.add_list()
    assert (lists.get(1), lists.count) == ((SBIN, TCS), 2)
