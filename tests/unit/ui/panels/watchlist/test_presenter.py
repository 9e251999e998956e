"""The watchlist's decisions: names, order, and edits of the lists."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from terminal_app.domain.errors import BadInput
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Quote
from terminal_app.services.watchlists import MOST_INSTRUMENTS
from terminal_app.ui.panels.watchlist.names import name_of
from terminal_app.ui.panels.watchlist.presenter import WatchlistPresenter
from terminal_app.ui.panels.watchlist.verbs import pasted_words
from tests.helpers.catalogue_samples import sample_listing
from tests.helpers.live_market import LiveMarket, live_desk
from tests.helpers.scripted_terminal import ScriptedTerminal

RELIANCE, HDFC, CESC = (InstrumentId.parse(f"NSE:{symbol}:EQ") for symbol in ("RELIANCE", "HDFCBANK", "CESC"))
CALL = InstrumentId.parse("NSE:NIFTY:2026-11-24:24500:CE")
NEXT_CALL = InstrumentId.parse("NSE:NIFTY:2026-12-29:24500:CE")
GONE = InstrumentId.parse("NSE:NIFTY:2026-11-17:24500:CE")


class Setup:
    """A presenter on a list of three shares."""

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self.scripted: ScriptedTerminal
        self.market: LiveMarket
        self.scripted, self.market = live_desk(window, sample_listing())
        self.lists = self.scripted.watchlists
        self.lists.remove(1, self.lists.get(1))
        self.lists.extend(1, [RELIANCE, HDFC, CESC])
        self.presenter = WatchlistPresenter(self.lists)
        self.presenter.attach(self.scripted.terminal)


@pytest.fixture
def at(qtbot: QtBot) -> Setup:
    window = QWidget()
    qtbot.addWidget(window)
    return Setup(window)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NSE:NIFTY 50:INDEX", ("NIFTY 50", "")),
        ("NSE:RELIANCE:EQ", ("RELIANCE", "NSE")),
        ("NSE:RELINFRA:BE", ("RELINFRA", "NSE BE")),
        ("NSE:NIFTY:2026-11-24:FUT", ("NIFTY FUT", "24 Nov")),
        ("NSE:NIFTY:2026-11-24:24500:CE", ("NIFTY 24500 CE", "24 Nov")),
        ("NSE:M&M:2026-11-24:287.5:PE", ("M&M 287.5 PE", "24 Nov")),
    ],
)
def test_the_part_that_differs_comes_first(text: str, name: tuple[str, str]) -> None:
    assert name_of(InstrumentId.parse(text)) == name


def test_contracts_that_differ_in_their_expiry_only_carry_it_in_the_name(at: Setup) -> None:
    assert at.presenter.names([CALL, RELIANCE]) == [("NIFTY 24500 CE", "24 Nov"), ("RELIANCE", "NSE")]
    assert at.presenter.names([CALL, NEXT_CALL]) == [("NIFTY 24 Nov 24500 CE", ""), ("NIFTY 29 Dec 24500 CE", "")]


def test_sorting_by_a_figure_puts_the_largest_first_and_the_unknown_last(at: Setup) -> None:
    at.market.price(RELIANCE, "101", "100")
    at.market.price(CESC, "210", "200")
    at.presenter.cycle_sort("change_percent")
    assert at.presenter.arranged() == (CESC, RELIANCE, HDFC)
    at.presenter.cycle_sort("change_percent")
    assert at.presenter.arranged() == (RELIANCE, CESC, HDFC)
    at.presenter.cycle_sort("change_percent")
    assert at.presenter.sorted_by is None
    assert at.presenter.arranged() == (RELIANCE, HDFC, CESC)


def test_names_are_sorted_from_a_first(at: Setup) -> None:
    at.presenter.cycle_sort("name")
    assert at.presenter.arranged() == (CESC, HDFC, RELIANCE)


def test_every_figure_can_be_sorted_by(at: Setup) -> None:
    at.market.tell(
        Quote(
            HDFC,
            Decimal(5),
            None,
            Decimal(5),
            Decimal(5),
            Decimal(5),
            Decimal(4),
            volume=9,
            open_interest=3,
            depth=replace(at.scripted.market.quote(RELIANCE).depth),
        )
    )
    for column in ("ltp", "change", "change_percent", "volume", "open", "high", "low", "bid", "ask", "open_interest"):
        at.presenter.sorted_by = (column, True)
        assert at.presenter.arranged()[0] == HDFC, column


def test_a_row_moves_up_and_down_and_stops_at_the_ends(at: Setup) -> None:
    at.presenter.move(CESC, -1)
    assert at.lists.get(1) == (RELIANCE, CESC, HDFC)
    at.presenter.move(RELIANCE, -1)
    assert at.lists.get(1) == (RELIANCE, CESC, HDFC)
    at.presenter.move(RELIANCE, 1)
    assert at.lists.get(1) == (CESC, RELIANCE, HDFC)
    at.presenter.move(HDFC, 1)
    assert at.lists.get(1) == (CESC, RELIANCE, HDFC)


@pytest.mark.parametrize(
    ("gap", "order"),
    [
        (0, (RELIANCE, HDFC, CESC)),
        (1, (RELIANCE, HDFC, CESC)),
        (2, (HDFC, RELIANCE, CESC)),
        (3, (HDFC, CESC, RELIANCE)),
    ],
)
def test_a_row_is_dropped_into_a_gap(at: Setup, gap: int, order: tuple[InstrumentId, ...]) -> None:
    at.presenter.move_before(RELIANCE, gap)
    assert at.lists.get(1) == order


def test_a_sorted_list_refuses_to_be_rearranged_and_says_how(at: Setup) -> None:
    at.presenter.cycle_sort("ltp")
    with pytest.raises(BadInput, match=r"sorted by LTP\. Choose “My order”"):
        at.presenter.move(RELIANCE, 1)


def test_copied_symbols_paste_into_another_list_as_one_edit(at: Setup) -> None:
    copied = at.presenter.symbols()
    at.presenter.choose_list(2)
    assert at.presenter.paste(copied).added == 3
    assert at.lists.get(2) == (RELIANCE, HDFC, CESC)
    assert at.presenter.undo()
    assert at.lists.get(2) == ()


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("nse:bankbees:eq", "NSE:BANKBEES:EQ"),
        ("  bajaj-auto ", "NSE:BAJAJ-AUTO:EQ"),
        ("NSE:M&M", "NSE:M&M:EQ"),
        ("BSE:RELIANCE", "BSE:RELIANCE:EQ"),
        ("NIFTY 24 NOV 24500 CE", "NSE:NIFTY:2026-11-24:24500:CE"),
        ("NFO:NIFTY26NOV24500CE", "NSE:NIFTY:2026-11-24:24500:CE"),
        ("nifty  50", "NSE:NIFTY 50:INDEX"),
    ],
)
def test_symbols_are_pasted_as_people_write_them(at: Setup, word: str, found: str) -> None:
    outcome = at.presenter.paste(word)
    assert (outcome.added, outcome.unknown) == (1, ())
    assert str(at.lists.get(1)[-1]) == found


def test_what_is_not_found_is_named_and_the_rest_is_added(at: Setup) -> None:
    outcome = at.presenter.paste("RELIANCE, NOSUCH\nBANKBEES; RELI")
    assert (outcome.added, outcome.already, outcome.unknown) == (1, 1, ("NOSUCH", "RELI"))
    assert pasted_words(outcome) == ("Added 1", "1 in the list already. Not found: NOSUCH, RELI.")


def test_a_clipboard_without_symbols_says_what_to_copy(at: Setup) -> None:
    with pytest.raises(BadInput, match="holds no symbols"):
        at.presenter.paste(" \n , ")


def test_a_full_list_says_how_much_room_is_left(at: Setup) -> None:
    many = [InstrumentId.parse(f"NSE:S{number}:EQ") for number in range(MOST_INSTRUMENTS - 4)]
    at.lists.extend(1, many)
    with pytest.raises(BadInput, match="there is room for 1, not for 2"):
        at.lists.extend(1, [CALL, NEXT_CALL])
    assert len(at.lists.get(1)) == MOST_INSTRUMENTS - 1


def test_a_contract_whose_day_is_over_is_expired_and_an_unknown_share_is_not_listed(at: Setup) -> None:
    unknown = InstrumentId.parse("NSE:NOSUCH:EQ")
    at.lists.extend(1, [GONE, unknown])
    assert [at.presenter.trouble(one) for one in (RELIANCE, GONE, unknown)] == ["", "expired", "not listed"]
    assert at.presenter.expired() == (GONE,)
    assert at.presenter.tooltip(GONE) == "NIFTY 17 NOV 24500 CE, NSE, expires 17 Nov 2026, expired"
    assert at.presenter.tooltip(RELIANCE) == "RELIANCE, NSE, RELIANCE INDUSTRIES"
