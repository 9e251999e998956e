"""The paper ledger: documents come back as they were appended."""

from __future__ import annotations

from terminal_app.domain.ledger import LedgerState
from terminal_app.storage.database import Database
from terminal_app.storage.paper import PaperLedgerRepository
from tests.helpers.storage_samples import ACCOUNT, BOOK, OTHER


async def test_an_account_without_a_ledger_is_told_from_an_empty_one(database: Database) -> None:
    ledger = PaperLedgerRepository(database, BOOK)
    assert await ledger.load(ACCOUNT) is None
    await ledger.append(ACCOUNT, orders={}, fills=[], state="{}")
    assert await ledger.load(ACCOUNT) == LedgerState("{}", {}, ())


async def test_orders_are_replaced_in_place_and_fills_added_once(database: Database) -> None:
    ledger = PaperLedgerRepository(database, BOOK)
    await ledger.append(ACCOUNT, orders={"o2": "a", "o1": "b"}, fills=[("f9", "x")], state="one")
    await ledger.append(ACCOUNT, orders={"o3": "d", "o2": "c"}, fills=[("f1", "y"), ("f9", "again")], state=None)
    loaded = await ledger.load(ACCOUNT)
    assert loaded == LedgerState("one", {"o2": "c", "o1": "b", "o3": "d"}, ("x", "y"))
    assert list(loaded.orders) == ["o2", "o1", "o3"]


async def test_accounts_and_books_do_not_see_each_other(database: Database) -> None:
    ledger, replay = PaperLedgerRepository(database, BOOK), PaperLedgerRepository(database, "replay:day#2")
    await ledger.append(ACCOUNT, orders={"o1": "a"}, fills=[("f1", "x")], state="s")
    assert await ledger.load(OTHER) is None
    assert await replay.load(ACCOUNT) is None
    await replay.append(ACCOUNT, orders={"o1": "r"}, fills=[("f1", "r")], state=None)
    assert await replay.load(ACCOUNT) == LedgerState(None, {"o1": "r"}, ("r",))
    assert await ledger.load(ACCOUNT) == LedgerState("s", {"o1": "a"}, ("x",))


async def test_the_states_of_a_book_are_found_without_its_orders(database: Database) -> None:
    here, there = PaperLedgerRepository(database, BOOK), PaperLedgerRepository(database, "replay:day")
    await here.append(ACCOUNT, orders={"1": "{}"}, fills=[], state="mine")
    await here.append(OTHER, orders={}, fills=[], state="theirs")
    await there.append(ACCOUNT, orders={}, fills=[], state="elsewhere")
    assert sorted(await here.states()) == ["mine", "theirs"]
