"""Kite's JSON as the domain has it; what is missing or unknown is named, what is new is left alone and logged once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from terminal_app.brokers import strict
from terminal_app.brokers.zerodha import costs, parsing, prices, triggers
from terminal_app.brokers.zerodha.instruments import InstrumentBook, parse_dump
from terminal_app.brokers.zerodha.listing import identify
from terminal_app.brokers.zerodha.statuses import STATUSES
from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import (
    Exchange,
    Interval,
    OrderPending,
    OrderStatus,
    OrderType,
    Product,
    Side,
    Validity,
    Variety,
)
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.trigger import TriggerKind, TriggerStatus
from tests.unit.brokers.zerodha.kite import DUMP
from tests.unit.brokers.zerodha.samples import (
    CHARGES,
    HOLDING,
    MARGIN,
    MARGINS,
    ORDER,
    POSITION,
    PROFILE,
    QUOTE,
    TRADE,
    TRIGGER,
)

BOOK = InstrumentBook(parse_dump(DUMP.splitlines()))
RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
AS_OF = at_ist(2026, 11, 20, 10)
Json = dict[str, Any]


def wire(value: Any) -> Any:
    """As it comes off the wire: floats are decimals."""
    return msgspec.json.Decoder(float_hook=Decimal).decode(msgspec.json.encode(value))


def known(exchange: str, symbol: str) -> InstrumentId:
    return identify(BOOK, exchange, symbol)


def order(**changes: Any) -> Any:
    return parsing.read_order(wire(ORDER | changes), known)


def test_a_profile_leaves_out_what_is_not_traded_here() -> None:
    profile, consent = parsing.read_profile(wire(PROFILE))
    assert (profile.client_id, profile.name, consent) == ("AB1234", "TEST USER", "physical")
    assert profile.exchanges == (Exchange.NSE, Exchange.BSE, Exchange.MCX)
    assert profile.products == (Product.DELIVERY, Product.CARRY, Product.INTRADAY)


def test_money_of_both_segments_is_added_and_its_parts_are_named() -> None:
    funds = parsing.read_funds(wire(MARGINS), AS_OF)
    assert funds.opening == Decimal("100000.55")
    assert funds.available == Decimal("99725.05") + Decimal("100.10")
    assert funds.used == Decimal("275.50")
    assert funds.collateral == Decimal(500)
    assert dict(funds.parts)["Equity: SPAN margin"] == Decimal("200.25")
    assert funds.as_of == AS_OF


def test_a_segment_that_is_not_active_is_left_out() -> None:
    margins = {"equity": MARGINS["equity"], "commodity": MARGINS["commodity"] | {"enabled": False}}
    funds = parsing.read_funds(wire(margins), AS_OF)
    assert funds.available == Decimal("99725.05")
    assert dict(funds.parts)["SPAN margin"] == Decimal("200.25")
    assert parsing.read_available(wire(margins), ["equity"]) == Decimal("99725.05")


def holding(*, has_consented: bool = False, **changes: Any) -> Any:
    (one,) = parsing.read_holdings(wire([HOLDING | changes]), known, has_consented=has_consented)
    return one


def test_a_holding_tells_settled_unsettled_pledged_and_sold() -> None:
    one = holding()
    assert (one.instrument, one.isin) == (RELIANCE, "INE002A01018")
    assert (one.quantity, one.t1_quantity, one.pledged_quantity, one.used_quantity) == (100, 5, 20, 10)
    assert (one.average_price, one.previous_close) == (Decimal("1200.5"), Decimal("1230"))
    assert one.total_quantity == 105


@pytest.mark.parametrize(
    ("authorised", "has_consented", "needs"),
    [(0, False, True), (69, False, True), (70, False, False), (0, True, False)],
)
def test_a_sale_needs_authorisation_until_all_that_is_free_has_it(
    authorised: int, has_consented: bool, needs: bool
) -> None:
    assert holding(authorised_quantity=authorised, has_consented=has_consented).needs_authorisation is needs


def test_shares_bought_with_the_brokers_money_are_in_the_total_and_not_for_sale() -> None:
    funded = {"quantity": 105, "used_quantity": 0, "average_price": 1300.5, "value": 1, "initial_margin": 1}
    one = holding(mtf=funded)
    assert (one.quantity, one.pledged_quantity) == (205, 125)
    assert one.average_price == Decimal("1250.5")
    assert one.sellable_quantity == holding().sellable_quantity


def position(**changes: Any) -> Any:
    read = parsing.read_positions(wire({"net": [POSITION | changes], "day": []}), known)
    assert read.day == ()
    return read.net[0]


def test_a_position_carries_todays_trading_and_what_was_carried_over() -> None:
    one = position()
    assert (one.instrument, one.product, one.quantity) == (RELIANCE, Product.INTRADAY, 50)
    assert one.average_price == Decimal(90)
    assert one.realised_pnl == (110 - 90) * 50
    assert (one.carried_quantity, one.carried_price) == (100, Decimal(95))
    assert (one.buy_quantity, one.sell_quantity, one.sell_value) == (0, 50, Decimal(5500))
    assert one.day_pnl(Decimal(100)) == 5500 + 100 * 50 - 95 * 100


def test_the_multiplier_is_taken_out_of_the_values() -> None:
    one = position(
        exchange="MCX",
        tradingsymbol="CRUDEOIL26DECFUT",
        product="NRML",
        multiplier=100,
        quantity=1,
        overnight_quantity=0,
        average_price=6000,
        buy_value=600000,
        sell_value=0,
        day_buy_quantity=1,
        day_buy_value=600000,
        day_sell_quantity=0,
        day_sell_value=0,
    )
    assert (one.multiplier, one.buy_value, one.realised_pnl) == (100, Decimal(6000), 0)
    assert one.unrealised_pnl(Decimal(6050)) == 5000


def test_a_closed_position_keeps_its_result() -> None:
    one = position(quantity=0, overnight_quantity=0, average_price=0, buy_value=9000.05, sell_value=9500)
    assert (one.quantity, one.average_price, one.realised_pnl) == (0, 0, Decimal("499.95"))


def test_a_resting_order_is_read_with_its_times_and_tag() -> None:
    one = order()
    assert (one.broker_id, one.tag, one.status) == ("1953367517686685697", "bhav1", OrderStatus.OPEN)
    assert one.request.instrument == RELIANCE
    assert (one.request.side, one.request.quantity, one.request.order_type) == (Side.BUY, 10, OrderType.LIMIT)
    assert (one.request.limit_price, one.request.trigger_price) == (Decimal("1234.5"), None)
    assert (one.placed_at, one.updated_at) == (at_ist(2026, 11, 20, 9, 15, 2), at_ist(2026, 11, 20, 9, 15, 4))
    assert (one.filled_quantity, one.average_price, one.client_id) == (0, None, None)


@pytest.mark.parametrize("word", sorted(STATUSES))
@pytest.mark.parametrize("code", ["LIMIT", "SL"])
@pytest.mark.parametrize("filled", [0, 4])
def test_every_state_of_kite_has_a_status(word: str, code: str, filled: int) -> None:
    one = order(status=word, order_type=code, trigger_price=1230, filled_quantity=filled, average_price=1234.5)
    final = {"COMPLETE": "FILLED", "CANCELLED": "CANCELLED", "CANCELLED AMO": "CANCELLED", "REJECTED": "REJECTED"}
    waiting = {"PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING"}
    if word in final:
        assert one.status.value == final[word]
        assert one.pending is OrderPending.NONE
    elif word in waiting:
        assert one.status is OrderStatus.SUBMITTED
    elif filled:
        assert one.status is OrderStatus.PARTIALLY_FILLED
    elif code == "SL" and word not in ("OPEN", "AMO REQ RECEIVED"):
        assert one.status is OrderStatus.TRIGGER_PENDING
    else:
        assert one.status is (OrderStatus.TRIGGER_PENDING if word == "TRIGGER PENDING" else OrderStatus.OPEN)


def test_a_rejected_order_has_the_reason_in_safe_words() -> None:
    one = order(status="REJECTED", status_message="<b>Insufficient</b>\nfunds", status_message_raw="RMS:1")
    assert (one.status, one.reason) == (OrderStatus.REJECTED, "Insufficient funds")
    assert order(status="REJECTED", status_message=None, status_message_raw=None).reason


def test_what_only_some_orders_have_is_read() -> None:
    one = order(order_type="SL-M", trigger_price=1230, price=0, market_protection=2.5, validity="TTL", validity_ttl=15)
    assert one.request.order_type is OrderType.SL_M
    assert (one.request.trigger_price, one.request.limit_price) == (Decimal(1230), None)
    assert (one.request.market_protection, one.request.validity_minutes) == (Decimal("2.5"), 15)
    assert one.request.validity is Validity.TTL
    assert order(market_protection=-1).request.market_protection is None
    leg = {"iceberg": {"leg": 1, "legs": 5, "leg_quantity": 200, "total_quantity": 1000, "remaining_quantity": 800}}
    iceberg = order(variety="iceberg", quantity=200, meta=leg).request
    assert (iceberg.variety, iceberg.quantity, iceberg.disclosed_quantity) == (Variety.ICEBERG, 200, 200)


def test_a_fill_has_the_time_of_the_fill_and_not_of_its_clock_only_field() -> None:
    (fill,) = parsing.read_fills(wire([TRADE]), known)
    assert (fill.trade_id, fill.broker_order_id, fill.instrument) == ("10000000", "1953367517686685697", RELIANCE)
    assert (fill.quantity, fill.price, fill.side) == (10, Decimal("1234.45"), Side.BUY)
    assert fill.filled_at == at_ist(2026, 11, 20, 9, 16, 39)


def quotes(row: Json, instrument: InstrumentId = RELIANCE, key: str = "NSE:RELIANCE") -> Any:
    listed = BOOK.get(instrument)
    assert listed is not None
    return prices.read_quotes(wire({key: row}), {key: listed, "NSE:GONE": listed})


def test_a_quote_is_exact_and_leaves_out_empty_levels() -> None:
    quote = quotes(QUOTE)[RELIANCE]
    assert (quote.last_price, quote.previous_close, quote.volume) == (Decimal("1234.55"), Decimal("1230.0"), 1000000)
    assert (quote.bid, quote.ask) == (Decimal("1234.5"), Decimal("1234.55"))
    assert (len(quote.depth.bids), len(quote.depth.asks)) == (1, 1)
    assert (quote.lower_circuit, quote.upper_circuit) == (Decimal("1107.1"), Decimal("1353.1"))
    assert quote.open_interest is None
    assert quote.time == at_ist(2026, 11, 20, 10, 0, 1)


def test_a_quote_without_a_price_is_left_out() -> None:
    assert quotes(QUOTE | {"last_price": 0}) == {}


def test_an_index_has_neither_volume_nor_depth() -> None:
    nifty = InstrumentId.parse("NSE:NIFTY 50:INDEX")
    row = {"instrument_token": 256265, "timestamp": None, "last_price": 24500.1, "ohlc": QUOTE["ohlc"]}
    quote = quotes(row, nifty, "NSE:NIFTY 50")[nifty]
    assert (quote.last_price, quote.volume, quote.bid, quote.time) == (Decimal("24500.1"), None, None, None)


def test_bars_are_exact_and_in_utc() -> None:
    data = wire({"candles": [["2026-11-20T09:15:00+0530", 1230.0, 1233.05, 1229.5, 1232, 9100, 12]]})
    (bar,) = prices.read_bars(data)
    assert bar.start == at_ist(2026, 11, 20, 9, 15)
    assert (bar.open, bar.high) == (Decimal(1230), Decimal("1233.05"))
    assert (bar.low, bar.close) == (Decimal("1229.5"), Decimal(1232))
    assert (bar.volume, bar.open_interest) == (9100, 12)


@pytest.mark.parametrize(
    "candle",
    [
        ["2026-11-20T09:15:00", 1, 1, 1, 1, 1],
        ["yesterday", 1, 1, 1, 1, 1],
        [None, 1, 1, 1, 1, 1],
        [["x"], 1, 1, 1, 1, 1],
        ["2026-11-20T09:15:00+0530", 1, 1, 1, 1],
        ["2026-11-20T09:15:00+0530", 1, "1", 1, 1, 1],
        ["2026-11-20T09:15:00+0530", 1, 1, 1, 1, 1.5],
        "2026",
    ],
)
def test_a_bar_that_is_none_is_refused(candle: Any) -> None:
    with pytest.raises(ProtocolError):
        prices.read_bars(wire({"candles": [candle]}))


@pytest.mark.parametrize(
    ("interval", "days"), [(Interval.M1, 60), (Interval.M5, 100), (Interval.H1, 400), (Interval.D1, 2000)]
)
def test_a_long_span_is_asked_for_in_pieces_without_gap_or_overlap(interval: Interval, days: int) -> None:
    start, end = at_ist(2015, 1, 1, 9, 15), at_ist(2026, 11, 20, 15, 30)
    pieces = list(prices.spans(interval, start, end))
    assert pieces[0][0] == start
    assert (end - pieces[-1][1]).total_seconds() == 1
    for first, last in pieces:
        assert first <= last
        assert (last - first).total_seconds() < days * 86400
    for (_, last), (first, _) in pairwise(pieces):
        assert (first - last).total_seconds() == 1


def test_an_empty_span_is_not_asked_for() -> None:
    assert list(prices.spans(Interval.M1, AS_OF, AS_OF)) == []


def test_a_stored_oco_is_read_with_what_came_of_it() -> None:
    (stored,) = triggers.read_triggers(wire([TRIGGER]), known)
    assert (stored.id, stored.status, stored.request.kind) == ("112127", TriggerStatus.TRIGGERED, TriggerKind.OCO)
    assert [leg.trigger_price for leg in stored.request.legs] == [Decimal(1200), Decimal("1300.5")]
    assert [leg.limit_price for leg in stored.request.legs] == [Decimal(1199), Decimal(1300)]
    assert stored.order_ids == ("1953367517686685698",)
    assert stored.reason == "Your order price is lower than the current lower circuit limit."
    assert stored.expires_at == at_ist(2027, 11, 20, 9, 30)


@pytest.mark.parametrize("word", sorted(triggers.STATUSES))
def test_every_state_of_a_trigger_is_known(word: str) -> None:
    (stored,) = triggers.read_triggers(wire([TRIGGER | {"status": word}]), known)
    assert stored.status in TriggerStatus


def test_margins_of_single_orders_add_up_and_a_baskets_is_after_its_benefit() -> None:
    total, parts = costs.read_order_margins(wire([MARGIN, MARGIN]))
    assert total == Decimal("2000.50")
    assert parts == (("SPAN", Decimal("1500.5")), ("Exposure", Decimal(500)))
    basket = {"initial": MARGIN | {"total": 9999}, "final": MARGIN, "orders": [MARGIN], "charges": {}}
    assert costs.read_basket_margin(wire(basket))[0] == Decimal("1000.25")


def test_charges_add_up_part_by_part() -> None:
    read = costs.read_charges(wire([CHARGES, CHARGES]))
    assert read.total == Decimal("4.30")
    assert dict(read.parts)["GST"] == Decimal("0.30")
    assert sum(amount for _, amount in read.parts) == read.total


READERS: dict[str, tuple[Json, Callable[[Any], object]]] = {
    "profile": (PROFILE, parsing.read_profile),
    "holding": (HOLDING, lambda row: parsing.read_holdings([row], known, has_consented=False)),
    "position": (POSITION, lambda row: parsing.read_positions({"net": [row], "day": []}, known)),
    "order": (ORDER, lambda row: parsing.read_order(row, known)),
    "trade": (TRADE, lambda row: parsing.read_fills([row], known)),
    "trigger": (TRIGGER, lambda row: triggers.read_triggers([row], known)),
    "quote": (QUOTE, lambda row: prices.read_quotes({"NSE:RELIANCE": row}, {"NSE:RELIANCE": BOOK.get(RELIANCE)})),  # type: ignore[dict-item]
    "margin": (MARGIN, lambda row: costs.read_order_margins([row])),
    "charges": (CHARGES, lambda row: costs.read_charges([row])),
}
NEEDED = {
    "profile": {"user_id", "exchanges", "products"},
    "holding": {"tradingsymbol", "exchange", "quantity", "t1_quantity", "average_price"},
    "position": {
        "tradingsymbol", "exchange", "product", "quantity", "average_price", "buy_value", "sell_value", "overnight_quantity",
        "day_buy_quantity", "day_buy_value", "day_sell_quantity", "day_sell_value",
    },
    "order": {
        "order_id", "status", "variety", "exchange", "tradingsymbol", "order_type", "transaction_type", "validity", "product",
        "quantity", "filled_quantity", "price", "order_timestamp",
    },
    "trade": {
        "trade_id", "order_id", "exchange", "tradingsymbol", "product", "transaction_type", "quantity", "average_price",
    },
    "trigger": {"id", "type", "created_at", "updated_at", "status", "condition", "orders"},
    "quote": {"last_price", "last_quantity", "volume", "ohlc", "depth"},
    "margin": {"total"},
    "charges": {"charges"},
}  # fmt: skip


@pytest.mark.parametrize(("what", "name"), [(what, name) for what, names in NEEDED.items() for name in sorted(names)])
def test_a_missing_field_is_named(what: str, name: str) -> None:
    sample, read = READERS[what]
    with pytest.raises(ProtocolError, match=name):
        read(wire({key: value for key, value in sample.items() if key != name}))


@pytest.mark.parametrize("what", sorted(READERS))
def test_every_field_of_another_kind_is_refused_or_does_not_matter(what: str) -> None:
    sample, read = READERS[what]
    for name in sample:
        for wrong in ({"x": 1}, [1], True, "words", None):
            with suppress(ProtocolError):
                read(wire(sample | {name: wrong}))


@pytest.mark.parametrize("what", sorted(READERS))
def test_a_new_field_is_left_alone_and_logged_once(
    what: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict, "_noted", set())
    caplog.set_level(logging.INFO, logger=strict.__name__)
    sample, read = READERS[what]
    if what == "charges":
        sample = {"charges": sample["charges"] | {"brand_new": 1}}
    row = wire(sample | {"brand_new": {"deep": 1}})
    read(row)
    read(row)
    assert len([record for record in caplog.records if "brand_new" in record.getMessage()]) == 1


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("status", "MELTED"),
        ("variety", "bo"),
        ("exchange", "NYSE"),
        ("order_type", "ICE"),
        ("transaction_type", "HOLD"),
        ("validity", "GTC"),
        ("product", "BO"),
    ],
)
def test_an_unknown_word_of_an_order_is_named(name: str, word: str) -> None:
    with pytest.raises(ProtocolError, match=word):
        order(**{name: word})


def test_a_share_that_is_not_listed_any_more_is_still_that_share_and_a_contract_is_not_guessed() -> None:
    assert known("NSE", "GONE-BE") == InstrumentId.equity(Exchange.NSE, "GONE", "BE")
    assert known("BSE", "GONE-X") == InstrumentId.equity(Exchange.BSE, "GONE-X")
    with pytest.raises(ProtocolError, match="NFO:GONE26NOVFUT"):
        known("NFO", "GONE26NOVFUT")


@pytest.mark.parametrize("text", ["2026-11-20", "20-11-2026 09:15:02", "2026-11-20T09:15:02", "2026-13-20 09:15:02"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="not a time"):
        order(order_timestamp=text)


def test_times_are_aware() -> None:
    assert isinstance(order().placed_at, datetime)
    assert order().placed_at.tzinfo is not None
