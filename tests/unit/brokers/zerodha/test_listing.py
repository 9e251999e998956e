"""The instrument list of an account: one download for all, a kept list in its place, and no waiting for a newer one."""

from __future__ import annotations

import asyncio

import pytest

from terminal_app.brokers.zerodha.instruments import InstrumentBook, parse_dump, read_dump
from terminal_app.brokers.zerodha.listing import Listing
from terminal_app.domain.errors import BrokerUnavailable, OrderRejected, ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import InstrumentDump
from tests.helpers.async_tests import until
from tests.unit.brokers.zerodha.kite import DUMP

WHOLE = parse_dump(DUMP.splitlines())
RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
FUTURE = InstrumentId.parse("NSE:NIFTY:2026-11-24:FUT")
WITHOUT_FUTURE = InstrumentDump(tuple(one for one in WHOLE.instruments if one.id != FUTURE))
CONTRACT = [("NFO", "NIFTY26NOVFUT")]


class Source:
    """Gives its lists one after the other, the last for ever; an error is raised; waits while ``gate`` is closed."""

    def __init__(self, *lists: InstrumentDump | Exception) -> None:
        self.lists = list(lists)
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> InstrumentDump:
        self.asked += 1
        await self.gate.wait()
        given = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        if isinstance(given, Exception):
            raise given
        return given


async def test_those_who_come_at_the_same_time_share_a_download() -> None:
    source = Source(WHOLE)
    listing = Listing(source)
    books = await asyncio.gather(*(listing.ready() for _ in range(5)))
    assert source.asked == 1
    assert {len(book) for book in books} == {len(WHOLE.instruments)}


async def test_a_failed_download_is_told_and_tried_again_next_time() -> None:
    listing = Listing(Source(BrokerUnavailable("down"), WHOLE))
    with pytest.raises(BrokerUnavailable):
        await listing.ready()
    assert len(await listing.ready()) == len(WHOLE.instruments)


async def test_an_empty_list_is_no_list() -> None:
    with pytest.raises(ProtocolError, match="empty"):
        await Listing(Source(InstrumentDump(()))).ready()


async def test_a_kept_list_needs_no_download() -> None:
    source = Source(WHOLE)
    listing = Listing(source)
    listing.use(WITHOUT_FUTURE)
    assert await listing.find(FUTURE) is None
    assert (await listing.tradable(RELIANCE)).trading_symbol == "RELIANCE"
    assert source.asked == 0


async def test_nobody_waits_for_a_newer_list_while_there_is_an_older_one() -> None:
    source = Source(WITHOUT_FUTURE, WHOLE)
    listing = Listing(source)
    await listing.ready()
    source.gate.clear()
    newer = asyncio.ensure_future(listing.reload())
    assert await listing.find(FUTURE) is None
    assert not newer.done()
    source.gate.set()
    assert await newer is WHOLE
    assert await listing.find(FUTURE) is not None


async def test_a_missing_contract_has_the_list_read_again_but_not_all_the_time() -> None:
    now = [0.0]
    source = Source(WITHOUT_FUTURE, WITHOUT_FUTURE, BrokerUnavailable("down"), WHOLE)
    listing = Listing(source, lambda: now[0])
    await listing.ready()
    asked = []
    for at in (10.0, 901.0, 902.0, 1802.0, 1803.0, 2703.0):
        now[0] = at
        await listing.knowing(CONTRACT)
        asked.append(source.asked)
    assert asked == [1, 2, 2, 3, 3, 4]
    assert (await listing.knowing(CONTRACT)).by_symbol(*CONTRACT[0]) is not None


async def test_a_share_that_is_gone_and_an_unknown_exchange_need_no_new_list() -> None:
    source = Source(WHOLE)
    listing = Listing(source, lambda: 10_000.0)
    await listing.ready()
    listing._loaded_at_s = 0.0
    await listing.knowing([("NSE", "GONE-BE"), ("NYSE", "X")])
    assert source.asked == 1


@pytest.mark.parametrize("text", ["NSE:NIFTY 50:INDEX", "NSE:NOBODY:EQ"])
async def test_what_cannot_be_traded_is_named(text: str) -> None:
    with pytest.raises(OrderRejected, match="nothing was sent"):
        await Listing(Source(WHOLE)).tradable(InstrumentId.parse(text))


async def test_closing_ends_a_download() -> None:
    source = Source(WHOLE)
    source.gate.clear()
    listing = Listing(source)
    waiting = asyncio.ensure_future(listing.ready())
    await until(lambda: source.asked)
    await listing.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_book_finds_by_identity_token_and_symbol() -> None:
    book = InstrumentBook(WHOLE)
    by_id = book.get(RELIANCE)
    assert by_id is not None
    assert book.by_token(738561) is by_id
    assert book.by_symbol("NSE", "RELIANCE") is by_id
    other = book.by_symbol("BSE", "RELIANCE")
    assert other is not None
    assert other is not by_id
    index = book.by_symbol("NSE", "NIFTY 50")
    assert index is not None
    assert not index.is_tradable
    book.replace(WITHOUT_FUTURE)
    assert book.get(FUTURE) is None


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_download_is_read_whatever_its_line_ends(ends: str, mark: str) -> None:
    body = (mark + DUMP.replace("\n", ends)).encode()
    assert read_dump(body) == WHOLE
