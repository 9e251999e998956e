"""The catalogue: identity, underlyings, contracts, and listings that are swapped whole."""

from __future__ import annotations

from terminal_app.domain.enums import Exchange
from terminal_app.domain.ids import InstrumentId
from terminal_app.marketdata.catalogue import InstrumentCatalogue
from tests.helpers.catalogue_samples import sample_listing

RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")


def test_an_instrument_is_found_by_its_identity() -> None:
    catalogue = InstrumentCatalogue(sample_listing())
    found = catalogue.get(RELIANCE)
    assert found is not None
    assert found.id == RELIANCE
    assert catalogue.get(InstrumentId.parse("NSE:NOBODY:EQ")) is None


def test_a_new_listing_replaces_the_old_one_in_the_search_too() -> None:
    listing = sample_listing()
    catalogue = InstrumentCatalogue(listing[:1])
    catalogue.prepare()
    assert catalogue.search("nifty") == []
    catalogue.replace(listing)
    assert len(catalogue) == len(catalogue.all()) == len(listing)
    assert catalogue.search("nifty", limit=1)[0].label == "NIFTY 50"
    catalogue.replace([])
    assert (len(catalogue), catalogue.search("nifty"), catalogue.underlyings()) == (0, [], [])


def test_underlyings_are_what_has_contracts() -> None:
    catalogue = InstrumentCatalogue(sample_listing())
    assert catalogue.underlyings() == ["BANKNIFTY", "GOLD", "M&M", "NIFTY", "RELIANCE"]


def test_contracts_are_sorted_by_expiry_with_the_future_first() -> None:
    catalogue = InstrumentCatalogue(sample_listing())
    labels = [instrument.label for instrument in catalogue.contracts("BANKNIFTY")]
    assert labels[:6] == [
        "BANKNIFTY 24 NOV FUT",
        "BANKNIFTY 24 NOV 55000 CE",
        "BANKNIFTY 24 NOV 55000 PE",
        "BANKNIFTY 24 NOV 55500 CE",
        "BANKNIFTY 24 NOV 55500 PE",
        "BANKNIFTY 29 DEC FUT",
    ]
    assert catalogue.contracts("BANKNIFTY", Exchange.BSE) == []
    assert catalogue.contracts("NOBODY") == []


def test_the_spot_of_an_underlying_is_its_index_or_share() -> None:
    catalogue = InstrumentCatalogue(sample_listing())
    spots = {name: spot.id.text if (spot := catalogue.spot(name)) else None for name in catalogue.underlyings()}
    assert spots == {
        "BANKNIFTY": "NSE:NIFTY BANK:INDEX",
        "GOLD": None,
        "M&M": "NSE:M&M:EQ",
        "NIFTY": "NSE:NIFTY 50:INDEX",
        "RELIANCE": "NSE:RELIANCE:EQ",
    }
