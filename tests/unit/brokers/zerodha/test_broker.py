"""A Zerodha account against a Kite on loopback: what is asked, what answers mean, and what a silence means."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace

from terminal_app.brokers.base import ConvertExecution, LiveBroker, TriggerExecution
from terminal_app.brokers.zerodha.broker import ZerodhaBroker, open_zerodha
from terminal_app.domain.account import BrokerSession
from terminal_app.domain.broker_charges import ChargedOrder
from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Interval, OrderStatus, OrderType, Product, Side, Variety
from terminal_app.domain.errors import (
    AddressRefused,
    AuthorisationNeeded,
    BhavError,
    BrokerUnavailable,
    LoginCancelled,
    LoginFailed,
    NotPermitted,
    OrderRejected,
    OrderUnknown,
    ProtocolError,
    RateLimited,
    SessionExpired,
)
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag, InstrumentId
from terminal_app.domain.instrument import InstrumentDump
from terminal_app.domain.order import OrderChange, OrderRef, OrderRequest
from terminal_app.domain.position import PositionKey
from terminal_app.domain.trigger import TriggerId, TriggerKind, TriggerLeg, TriggerRequest
from tests.helpers.async_tests import until
from tests.unit.brokers.zerodha.kite import CREDENTIALS, SESSION, Kite
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

TAG = ClientTag("bhav0000000000000001")
RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
FUTURE = InstrumentId.parse("NSE:NIFTY:2026-11-24:FUT")
REF = OrderRef(BrokerOrderId("17"), RELIANCE)
WISH = OrderRequest(RELIANCE, Side.BUY, 10, OrderType.LIMIT, Product.DELIVERY, limit_price=Decimal("1234.5"))
LOGIN = {"user_id": "AB1234", "user_name": "TEST", "access_token": "fresh", "login_time": "2026-11-20 08:10:00"}
STORED = TriggerRequest(
    RELIANCE,
    TriggerKind.SINGLE,
    (TriggerLeg(Decimal(1200), Side.SELL, 10, Product.DELIVERY, limit_price=Decimal(1199)),),
    Decimal("1234.55"),
)


class Person:
    """Answers the login page: ``answer`` makes the redirect's query of the page's state."""

    def __init__(self, answer: str = "status=success&request_token=rt1&state={state}") -> None:
        self.answer = answer
        self.shown: list[tuple[str, str]] = []

    async def authorize(self, url: str, redirect: str) -> str:
        self.shown.append((url, redirect))
        if not self.answer:
            raise LoginCancelled("The login was closed.")
        echoed = dict(parse_qsl(urlsplit(url).query)).get("redirect_params", "")
        state = dict(parse_qsl(echoed)).get("state", "")
        return f"{redirect}?{self.answer.format(state=state)}"

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        raise AssertionError("Kite asks for the code on its own page")


async def close_stream(server: Kite, broker: ZerodhaBroker) -> None:
    """Let the stream connect before it is closed, so that a test's log is the same every time."""
    await until(lambda: bool(server.feed.lines))
    await broker.aclose()


async def test_a_login_trades_the_request_token_for_a_session(server: Kite) -> None:
    server.say("POST /session/token", LOGIN)
    server.say("GET /user/profile", PROFILE)
    broker, person = server.open(None), Person()
    session = await broker.login(person)
    assert session.expires_at == at_ist(2026, 11, 21, 6)
    assert session.values["access_token"] == "fresh"
    assert "fresh" not in repr(session)
    (asked,) = server.asked_for("/session/token")
    assert [name for name, _ in asked.form] == ["api_key", "request_token", "checksum"]
    assert "Authorization" not in asked.headers
    assert asked.headers["X-Kite-Version"] == "3"
    assert person.shown[0][1] == CREDENTIALS["redirect_url"]
    assert (await broker.profile()).client_id == "AB1234"
    assert server.asked_for("/user/profile")[0].headers["Authorization"] == "token key:fresh"
    await until(lambda: server.feed.asked == ["/feed?api_key=key&access_token=fresh"])
    await close_stream(server, broker)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("", LoginCancelled),
        ("status=success&request_token=rt1&state=another", LoginFailed),
        ("status=cancelled&state={state}", LoginFailed),
    ],
)
async def test_a_login_that_fails_asks_for_no_session(server: Kite, answer: str, kind: type[BhavError]) -> None:
    broker = server.open(None)
    with pytest.raises(kind):
        await broker.login(Person(answer))
    assert server.asked == []
    with pytest.raises(SessionExpired):
        await broker.funds()
    await broker.aclose()


@pytest.mark.parametrize(
    ("status", "error_type", "kind"),
    [(403, "TokenException", LoginFailed), (503, "NetworkException", BrokerUnavailable)],
)
async def test_a_refused_exchange_leaves_no_session(
    server: Kite, status: int, error_type: str, kind: type[BhavError]
) -> None:
    server.refuse("POST /session/token", status, error_type, "Token is invalid or has expired.")
    broker = server.open(None)
    with pytest.raises(kind) as error:
        await broker.login(Person())
    assert "rt1" not in error.value.message
    assert len(server.asked) == 1
    await broker.aclose()


async def test_the_state_of_a_login_is_used_once(server: Kite) -> None:
    server.say("POST /session/token", LOGIN)
    broker, person = server.open(None), Person()
    await broker.login(person)
    await broker.login(person)
    states = [dict(parse_qsl(urlsplit(url).query))["redirect_params"] for url, _ in person.shown]
    assert states[0] != states[1]
    await close_stream(server, broker)


async def test_logging_out_ends_the_session_at_zerodha(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("DELETE /session/token", True)
    await broker.logout()
    (asked,) = server.asked
    assert asked.query == [("api_key", "key"), ("access_token", "tok")]
    with pytest.raises(SessionExpired):
        await broker.funds()
    await broker.logout()
    assert len(server.asked) == 1


async def test_logging_out_of_a_dead_session_is_no_failure(server: Kite, broker: ZerodhaBroker) -> None:
    lost: list[SessionExpired] = []
    broker.on_session_lost = lost.append
    server.refuse("DELETE /session/token", 403, "TokenException", "Incorrect `api_key` or `access_token`.")
    await broker.logout()
    assert lost == []


async def test_a_dead_session_is_announced_once_and_then_asked_for_no_more(server: Kite, broker: ZerodhaBroker) -> None:
    lost: list[SessionExpired] = []
    broker.on_session_lost = lost.append
    server.refuse("GET /user/margins", 403, "TokenException", "Incorrect `api_key` or `access_token`.")
    results = await asyncio.gather(*(broker.funds() for _ in range(3)), return_exceptions=True)
    assert {type(result) for result in results} == {SessionExpired}
    assert len(lost) == 1
    asked = len(server.asked)
    with pytest.raises(SessionExpired):
        await broker.funds()
    assert (len(server.asked), len(lost)) == (asked, 1)


async def test_missing_permission_leaves_the_session_alive(server: Kite, broker: ZerodhaBroker) -> None:
    lost: list[SessionExpired] = []
    broker.on_session_lost = lost.append
    server.refuse("GET /quote", 403, "PermissionException", "Insufficient permission for that call.")
    server.say("GET /user/margins", MARGINS)
    with pytest.raises(NotPermitted):
        await broker.quotes([RELIANCE])
    assert (await broker.funds()).used == Decimal("275.5")
    assert lost == []


async def test_every_read_asks_its_own_path(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("GET /user/margins", MARGINS)
    server.say("GET /user/profile", PROFILE)
    server.say("GET /portfolio/holdings", [HOLDING])
    server.say("GET /portfolio/positions", {"net": [POSITION], "day": [POSITION]})
    server.say("GET /orders", [ORDER])
    server.say("GET /orders/17", [ORDER | {"status": "OPEN PENDING"}, ORDER])
    server.say("GET /trades", [TRADE])
    server.say("GET /orders/17/trades", [TRADE])
    server.say("GET /gtt/triggers", [TRIGGER])
    assert (await broker.funds()).opening == Decimal("100000.55")
    (holding,) = await broker.holdings()
    assert (holding.instrument, holding.needs_authorisation) == (RELIANCE, False)
    positions = await broker.positions()
    assert (len(positions.net), len(positions.day)) == (1, 1)
    assert [one.status for one in await broker.orders()] == [OrderStatus.OPEN]
    assert [one.status for one in await broker.order_history(REF)] == [OrderStatus.SUBMITTED, OrderStatus.OPEN]
    assert len(await broker.fills()) == 1
    assert len(await broker.order_fills(REF)) == 1
    assert len(await broker.triggers()) == 1
    assert all(one.headers["Authorization"] == "token key:tok" for one in server.asked)
    assert len(server.asked_for("/instruments")) == 1


async def test_the_instrument_list_is_downloaded_once_for_all_who_need_it(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("GET /orders", [ORDER])
    await asyncio.gather(*(broker.orders() for _ in range(4)))
    assert len(server.asked_for("/instruments")) == 1
    dump = await broker.instruments()
    assert (len(dump.instruments), dump.rejected) == (7, ())
    assert len(server.asked_for("/instruments")) == 2


async def test_a_list_that_was_kept_is_not_downloaded(server: Kite, broker: ZerodhaBroker) -> None:
    dump = await broker.instruments()
    server.asked.clear()
    other = server.open()
    other.use_instruments(dump)
    server.say("GET /orders", [ORDER])
    assert len(await other.orders()) == 1
    assert server.asked_for("/instruments") == []
    await other.aclose()


async def test_a_contract_that_was_listed_during_the_day_is_looked_for_once(
    server: Kite, broker: ZerodhaBroker
) -> None:
    dump = await broker.instruments()
    other = server.open()
    other.use_instruments(InstrumentDump(tuple(one for one in dump.instruments if one.id != FUTURE)))
    server.say("GET /orders", [ORDER | {"exchange": "NFO", "tradingsymbol": "NIFTY26NOVFUT", "product": "NRML"}])
    server.asked.clear()
    (order,) = await other.orders()
    assert order.request.instrument == FUTURE
    server.say("GET /orders", [ORDER | {"exchange": "NFO", "tradingsymbol": "GONE26NOVFUT"}])
    for _ in range(2):
        with pytest.raises(ProtocolError, match="GONE26NOVFUT"):
            await other.orders()
    assert len(server.asked_for("/instruments")) == 1
    await other.aclose()


@pytest.mark.parametrize("body", [b"", b"no csv", b"\xff\xfe", b"<html>"])
async def test_a_list_that_is_none_is_named(server: Kite, broker: ZerodhaBroker, body: bytes) -> None:
    server.say("GET /instruments", body)
    with pytest.raises(ProtocolError, match="instrument list"):
        await broker.instruments()


async def test_an_order_is_sent_once_to_the_route_of_its_variety(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("POST /orders/amo", {"order_id": "1953367517686685697"})
    assert await broker.execution.place(replace(WISH, variety=Variety.AMO), TAG) == "1953367517686685697"
    (asked,) = server.asked_for("/orders/amo")
    assert asked.form[0] == ("variety", "amo")
    assert ("tag", TAG) in asked.form
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_changes_and_cancels_name_the_order_in_the_path(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("PUT /orders/regular/17", {"order_id": "17"})
    server.say("DELETE /orders/regular/17", {"order_id": "17"})
    await broker.execution.modify(REF, OrderChange(limit_price=Decimal(99)))
    await broker.execution.cancel(REF)
    changed, cancelled = server.asked
    assert changed.form == [("variety", "regular"), ("order_id", "17"), ("price", "99")]
    assert (cancelled.method, cancelled.query, cancelled.body) == ("DELETE", [], "")


async def test_an_order_of_a_route_of_its_own_is_cancelled_there(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("GET /orders", [ORDER | {"order_id": "17", "variety": "auction"}])
    server.say("DELETE /orders/auction/17", {"order_id": "17"})
    (order,) = await broker.orders()
    await broker.execution.cancel(order.ref)
    assert len(server.asked_for("/orders/auction/17")) == 1


async def test_triggers_are_stored_changed_and_deleted(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("POST /gtt/triggers", {"trigger_id": 123})
    server.say("PUT /gtt/triggers/123", {"trigger_id": 123})
    server.say("DELETE /gtt/triggers/123", {"trigger_id": 123})
    stored = await broker.execution.place_trigger(STORED)
    await broker.execution.modify_trigger(stored, STORED)
    await broker.execution.cancel_trigger(stored)
    assert stored == TriggerId("123")
    asked = [one for one in server.asked if one.path.startswith("/gtt")]
    assert [one.method for one in asked] == ["POST", "PUT", "DELETE"]
    assert asked[0].form == asked[1].form


async def test_a_conversion_says_whether_the_position_was_carried(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("PUT /portfolio/positions", True)
    position = PositionKey(RELIANCE, Product.INTRADAY)
    await broker.execution.convert(position, Side.BUY, 5, Product.DELIVERY, carried=False)
    assert dict(server.asked_for("/portfolio/positions")[0].form)["position_type"] == "day"
    server.say("PUT /portfolio/positions", False)
    with pytest.raises(OrderUnknown):
        await broker.execution.convert(position, Side.BUY, 5, Product.DELIVERY, carried=False)


WRITES = ["POST /orders/regular", "PUT /orders/regular/17", "DELETE /orders/regular/17"]


async def write(broker: ZerodhaBroker, route: str) -> None:
    execution = broker.execution
    if route.startswith("POST"):
        await execution.place(WISH, TAG)
    elif route.startswith("PUT"):
        await execution.modify(REF, OrderChange(quantity=5))
    else:
        await execution.cancel(REF)


@pytest.mark.parametrize("route", WRITES)
@pytest.mark.parametrize(
    ("status", "error_type", "message", "kind"),
    [
        (400, "MarginException", "Insufficient funds.", OrderRejected),
        (428, "HoldingException", "10 quantity needs authorisation at depository.", AuthorisationNeeded),
        (
            403,
            "PermissionException",
            "No IPs configured for this app. Add allowed IPs on the Kite developer console.",
            AddressRefused,
        ),
        (403, "TokenException", "Incorrect `api_key` or `access_token`.", SessionExpired),
        (429, "NetworkException", "Too many requests", RateLimited),
        (503, "NetworkException", "Gateway timed out.", OrderUnknown),
        (500, "GeneralException", "Something went wrong.", OrderUnknown),
        (0, "", "", OrderUnknown),
    ],
)
async def test_a_refused_order_call_is_sent_once_and_means_what_it_says(
    server: Kite, broker: ZerodhaBroker, route: str, status: int, error_type: str, message: str, kind: type[BhavError]
) -> None:
    server.refuse(route, status, error_type, message)
    with pytest.raises(BhavError) as error:
        await write(broker, route)
    assert type(error.value) is kind
    assert len(server.asked_for(route.split()[1])) == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"status":"success","data":{}}', b'{"data":{"order_id":5}}']
)
@pytest.mark.parametrize("route", WRITES)
async def test_an_order_whose_answer_is_not_understood_is_in_doubt(
    server: Kite, broker: ZerodhaBroker, route: str, body: bytes
) -> None:
    server.say(route, body)
    with pytest.raises(OrderUnknown):
        await write(broker, route)
    assert len(server.asked_for(route.split()[1])) == 1


async def test_an_error_under_a_good_status_is_an_error(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("POST /orders/regular", b'{"error_type":"InputException","message":"Invalid price."}')
    with pytest.raises(OrderRejected, match="Invalid price"):
        await broker.execution.place(WISH, TAG)


async def test_an_order_without_a_connection_was_not_sent(server: Kite, broker: ZerodhaBroker) -> None:
    dump = await broker.instruments()
    other = open_zerodha(CREDENTIALS, SESSION, server.endpoints | {"rest": "http://127.0.0.1:1"})
    other.use_instruments(dump)
    with pytest.raises(BrokerUnavailable, match="Nothing was sent"):
        await other.execution.place(WISH, TAG)
    await other.aclose()


@pytest.mark.parametrize("text", ["NSE:NIFTY 50:INDEX", "NSE:NOBODY:EQ", "NCDEX:GUARSEED:2026-12-18:FUT"])
async def test_what_cannot_be_traded_is_not_sent(server: Kite, broker: ZerodhaBroker, text: str) -> None:
    wish = OrderRequest(
        InstrumentId.parse(text), Side.BUY, 1, OrderType.LIMIT, Product.INTRADAY, limit_price=Decimal(1)
    )
    with pytest.raises(OrderRejected, match="nothing was sent"):
        await broker.execution.place(wish, TAG)
    assert {one.path for one in server.asked} == {"/instruments"}


async def test_quotes_are_asked_in_batches_and_indices_by_their_name(server: Kite, broker: ZerodhaBroker) -> None:
    index = InstrumentId.parse("NSE:NIFTY 50:INDEX")
    index_row = {"instrument_token": 256265, "timestamp": None, "last_price": 24500.1, "ohlc": QUOTE["ohlc"]}
    server.say("GET /quote", {"NSE:RELIANCE": QUOTE, "NSE:NIFTY 50": index_row})
    quotes = await broker.quotes([RELIANCE, index, InstrumentId.parse("NSE:NOBODY:EQ"), RELIANCE])
    assert set(quotes) == {RELIANCE, index}
    (asked,) = server.asked_for("/quote")
    assert asked.query == [("i", "NSE:RELIANCE"), ("i", "NSE:NIFTY 50")]
    assert await broker.quotes([]) == {}


async def test_bars_of_a_long_span_are_joined_and_cut(server: Kite, broker: ZerodhaBroker) -> None:
    candles = [[f"2026-11-20T09:{minute}:00+0530", 1, 2, 1, 2, 5] for minute in ("15", "16", "17")]
    server.say("GET /instruments/historical/738561/minute", {"candles": candles})
    start, end = at_ist(2026, 8, 1, 9, 15), at_ist(2026, 11, 20, 9, 17)
    bars = await broker.bars(RELIANCE, Interval.M1, start, end)
    assert [bar.start for bar in bars] == [at_ist(2026, 11, 20, 9, 15), at_ist(2026, 11, 20, 9, 16)]
    asked = server.asked_for("/instruments/historical/738561/minute")
    assert [dict(one.query)["from"] for one in asked] == ["2026-08-01 09:15:00", "2026-09-30 09:15:00"]
    assert [dict(one.query)["to"] for one in asked] == ["2026-09-30 09:14:59", "2026-11-20 09:16:59"]
    assert asked[0].query[2:] == [("interval", "minute"), ("continuous", "0"), ("oi", "0")]


async def test_bars_of_a_derivative_ask_for_open_interest(server: Kite, broker: ZerodhaBroker) -> None:
    server.say(
        "GET /instruments/historical/14866434/day", {"candles": [["2026-11-20T00:00:00+0530", 1, 2, 1, 2, 5, 99]]}
    )
    (bar,) = await broker.bars(FUTURE, Interval.D1, at_ist(2026, 11, 20), at_ist(2026, 11, 21))
    assert bar.open_interest == 99
    assert dict(server.asked[-1].query)["oi"] == "1"
    assert (
        await broker.bars(InstrumentId.parse("NSE:NOBODY:EQ"), Interval.D1, at_ist(2026, 1, 1), at_ist(2026, 2, 1))
        == []
    )


async def test_one_order_and_a_basket_are_asked_at_their_own_places(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("GET /user/margins", MARGINS)
    server.say("POST /margins/orders", [MARGIN])
    server.say(
        "POST /margins/basket", {"initial": MARGIN, "final": MARGIN | {"total": 900}, "orders": [], "charges": {}}
    )
    single = await broker.margin([WISH])
    assert (single.required, single.available) == (Decimal("1000.25"), Decimal("99725.05"))
    basket = await broker.margin([WISH, WISH])
    assert basket.required == 900
    (asked,) = server.asked_for("/margins/basket")
    assert asked.query == [("consider_positions", "true")]
    assert asked.headers["Content-Type"] == "application/json"
    assert [row["tradingsymbol"] for row in asked.json] == ["RELIANCE", "RELIANCE"]


async def test_charges_are_the_brokers_own(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("POST /charges/orders", [CHARGES])
    wish = ChargedOrder(RELIANCE, Side.BUY, 10, OrderType.LIMIT, Product.DELIVERY, Decimal("1234.5"))
    assert (await broker.charges([wish])).total == Decimal("2.15")
    assert (await broker.charges([])).total == 0


async def test_a_sale_is_authorised_on_the_brokers_page(server: Kite, broker: ZerodhaBroker) -> None:
    server.say("GET /user/profile", PROFILE | {"meta": {"demat_consent": ""}})
    server.say("GET /portfolio/holdings", [HOLDING])
    server.say("POST /portfolio/holdings/authorise", {"request_id": "r1"})
    holdings = await broker.holdings()
    assert holdings[0].needs_authorisation
    person = Person("status=success")
    await broker.authorise_sale(person, holdings)
    page = f"{server.endpoints['rest']}/connect/portfolio/authorise/holdings/key/r1"
    assert person.shown == [(page, f"{page}/finish")]
    assert server.asked[-1].form == [("isin", "INE002A01018"), ("quantity", "80")]
    with pytest.raises(LoginFailed):
        await broker.authorise_sale(Person("status=error"), [])


async def test_an_app_that_may_not_authorise_says_where_it_can_be_done(server: Kite, broker: ZerodhaBroker) -> None:
    server.refuse(
        "POST /portfolio/holdings/authorise", 403, "PermissionException", "Insufficient permission for that call."
    )
    with pytest.raises(NotPermitted, match="in Kite, under Holdings"):
        await broker.authorise_sale(Person(), [])


async def test_calls_that_are_left_are_told_per_class(broker: ZerodhaBroker) -> None:
    assert {name: most for name, _, most in broker.remaining_calls()} == {
        "orders": 10,
        "quotes": 1,
        "history": 3,
        "other": 10,
    }


async def test_a_session_that_was_saved_works_without_a_login(server: Kite) -> None:
    server.say("POST /session/token", LOGIN)
    server.say("GET /user/profile", PROFILE)
    first = server.open(None)
    session: BrokerSession = await first.login(Person())
    await close_stream(server, first)
    second = server.open(dict(session.values))
    assert (await second.profile()).client_id == "AB1234"
    await until(lambda: len(server.feed.lines) == 2)
    await second.aclose()


def test_an_account_offers_what_its_capabilities_say() -> None:
    broker = open_zerodha(CREDENTIALS)
    live: LiveBroker = broker
    triggers: TriggerExecution = broker.execution
    converts: ConvertExecution = broker.execution
    assert live.capabilities.has_stored_triggers
    assert live.capabilities.can_convert
    assert [triggers, converts] == [broker.execution] * 2


async def test_closing_twice_and_calls_after_the_end_do_no_harm(server: Kite) -> None:
    broker = server.open()
    await broker.aclose()
    await broker.aclose()
    with pytest.raises(BrokerUnavailable):
        await broker.funds()
    assert [one async for one in broker.feed] == []
    assert [one async for one in broker.order_updates] == []
