"""One account at Zerodha: joins login, reads, orders, prices and order messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from terminal_app.brokers.base import Capabilities
from terminal_app.brokers.ratelimit import CallClass
from terminal_app.brokers.zerodha import auth, costs, instruments, parsing, prices, requests
from terminal_app.brokers.zerodha.api import KiteApi
from terminal_app.brokers.zerodha.codes import VARIETY_CODES
from terminal_app.brokers.zerodha.config import (
    CAPABILITIES,
    MOST_QUOTES,
    ZerodhaCredentials,
    read_credentials,
    read_endpoints,
)
from terminal_app.brokers.zerodha.execution import ZerodhaExecution
from terminal_app.brokers.zerodha.feed import ZerodhaFeed
from terminal_app.brokers.zerodha.fields import Fields
from terminal_app.brokers.zerodha.listing import Listing, identify
from terminal_app.brokers.zerodha.stream import ZerodhaStream
from terminal_app.brokers.zerodha.triggers import read_triggers, trigger_symbols
from terminal_app.brokers.zerodha.updates import ZerodhaUpdates
from terminal_app.domain.account import BrokerSession, Profile
from terminal_app.domain.broker_charges import BrokerCharges, ChargedOrder
from terminal_app.domain.enums import Interval
from terminal_app.domain.errors import NotPermitted, SessionExpired
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import BrokerOrderId, InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump
from terminal_app.domain.login import LoginPrompter
from terminal_app.domain.market import Bar, Quote
from terminal_app.domain.order import Order, OrderRef, OrderRequest
from terminal_app.domain.position import Positions
from terminal_app.domain.trigger import StoredTrigger
from terminal_app.domain.values import ZERO

_MAY_NOT_AUTHORISE = (
    "Zerodha does not let this app open its authorisation page. Authorise the sale in Kite, under Holdings, and place the "
    "order again."
)


class ZerodhaBroker:
    """Fulfils ``brokers.base.LiveBroker``. Made by `open_zerodha`."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(
        self, credentials: ZerodhaCredentials, endpoints: Mapping[str, str], session: Mapping[str, str] | None
    ) -> None:
        self.on_session_lost: Callable[[SessionExpired], None] | None = None
        """Called once when the broker says that the session is over."""
        self._credentials = credentials
        self._endpoints = endpoints
        self._api = KiteApi(endpoints["rest"], credentials.api_key)
        self._api.on_session_lost = self._session_lost
        self._api.set_token(auth.stored_token(session) if session is not None else None)
        self._listing = Listing(self._load_instruments)
        self._varieties: dict[BrokerOrderId, str] = {}
        self._execution = ZerodhaExecution(self._api, self._listing, self._varieties)
        self._stream = ZerodhaStream(endpoints["feed"], credentials.api_key, self._api)
        self._feed = ZerodhaFeed(self._stream, self._listing, lambda: self._api.token is not None)
        self._updates = ZerodhaUpdates(self._read_order, self._ask_order)
        self._stream.listen(self._updates)
        self._stream.listen(self._feed)
        self._demat_consent: str | None = None
        self._is_closed = False

    @property
    def execution(self) -> ZerodhaExecution:
        """Orders, stored triggers and conversions: for the order desk only."""
        return self._execution

    @property
    def feed(self) -> ZerodhaFeed:
        """Live prices."""
        return self._feed

    @property
    def order_updates(self) -> ZerodhaUpdates:
        """What happens to the account's orders; told from the login, or the first profile, on."""
        return self._updates

    async def login(self, prompter: LoginPrompter) -> BrokerSession:
        """Log in on Kite's page. Raises LoginError, BrokerError."""
        state = auth.new_state()
        page = auth.login_url(self._endpoints["login"], self._credentials.api_key, state)
        redirected = await prompter.authorize(page, self._credentials.redirect_url)
        token = auth.request_token(redirected, state)
        answer = await self._api.exchange(auth.exchange_form(self._credentials, token))
        session = auth.read_session(answer, self._credentials)
        self._stream.stop()
        self._api.set_token(session.values[auth.ACCESS_TOKEN])
        self._stream.start()
        return session

    async def logout(self) -> None:
        """End the session at Zerodha; Kite's own app stays logged in."""
        token = self._api.token
        self._stream.stop()
        if token is None:
            return
        params = [("api_key", self._credentials.api_key), ("access_token", token)]
        lost, self._api.on_session_lost = self._api.on_session_lost, None
        try:
            await self._api.read("/session/token", CallClass.LOGIN, method="DELETE", params=params)
        except SessionExpired:
            # It was over already: that is what was wanted.
            pass
        finally:
            self._api.on_session_lost = lost
            self._api.set_token(None)

    async def aclose(self) -> None:
        """Close connections and end own tasks; the session stays valid."""
        if self._is_closed:
            return
        self._is_closed = True
        await self._stream.aclose()
        await self._updates.aclose()
        self._feed.close()
        await self._listing.aclose()
        await self._api.aclose()

    async def keep_warm(self) -> None:
        """Hold the connection for orders open; for market hours."""
        await self._api.keep_warm()

    def use_instruments(self, dump: InstrumentDump) -> None:
        """Take a list that was kept from earlier today in place of a download."""
        self._listing.use(dump)

    def remaining_calls(self) -> tuple[tuple[str, int, int], ...]:
        """The budget of calls: name of the class, calls left now in its tightest window, size of that window."""
        return self._api.remaining()

    async def profile(self) -> Profile:
        """Who is logged in; proves that the session works."""
        profile = await self._read_profile()
        self._stream.start()
        return profile

    async def funds(self) -> Funds:
        """Money of both segments."""
        data, at = await self._api.read_at("/user/margins")
        return parsing.read_funds(data, at)

    async def holdings(self) -> list[Holding]:
        """Shares in the demat account."""
        data = await self._api.read("/portfolio/holdings")
        if self._demat_consent is None:
            await self._read_profile()
        has_consented = self._demat_consent != parsing.NOT_CONSENTED
        return parsing.read_holdings(data, await self._identifier(data), has_consented=has_consented)

    async def positions(self) -> Positions:
        """Open and closed positions of the day."""
        data = await self._api.read("/portfolio/positions")
        fields = Fields(data, "positions")
        return parsing.read_positions(data, await self._identifier([*fields.rows("net"), *fields.rows("day")]))

    async def orders(self) -> list[Order]:
        """All orders of the trading day."""
        return await self._read_orders("/orders")

    async def order_history(self, order: OrderRef) -> list[Order]:
        """The states that one order went through, oldest first."""
        return await self._read_orders(f"/orders/{order.broker_order_id}")

    async def fills(self) -> list[Fill]:
        """All fills of the trading day."""
        return await self._read_fills("/trades")

    async def order_fills(self, order: OrderRef) -> list[Fill]:
        """The fills of one order."""
        return await self._read_fills(f"/orders/{order.broker_order_id}/trades")

    async def triggers(self) -> list[StoredTrigger]:
        """Stored triggers (GTT): the active ones, and others of the last seven days."""
        data = await self._api.read("/gtt/triggers")
        return read_triggers(data, await self._identifier_of(trigger_symbols(data)))

    async def quotes(self, ids: Sequence[InstrumentId]) -> dict[InstrumentId, Quote]:
        """Prices asked for once, in as few calls as it goes; instruments without a price are absent."""
        book = await self._listing.ready()
        found = (book.get(one) for one in dict.fromkeys(ids))
        asked = {requests.quote_key(one): one for one in found if one is not None}
        keys = list(asked)
        quotes: dict[InstrumentId, Quote] = {}
        for start in range(0, len(keys), MOST_QUOTES):
            part = {key: asked[key] for key in keys[start : start + MOST_QUOTES]}
            data = await self._api.read("/quote", CallClass.QUOTE, params=[("i", key) for key in part])
            quotes |= prices.read_quotes(data, part)
        return quotes

    async def bars(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """Bars that begin in [start, end), aware times, oldest first; none for what Zerodha does not list."""
        instrument = await self._listing.find(id)
        if instrument is None:
            return []
        path = prices.history_path(instrument.broker_token, interval)
        bars: dict[datetime, Bar] = {}
        for first, last in prices.spans(interval, start, end):
            params = prices.history_params(interval, first, last, with_oi=instrument.is_derivative)
            data = await self._api.read(path, CallClass.HISTORY, params=params)
            for bar in await asyncio.to_thread(prices.read_bars, data):
                bars[bar.start] = bar
        return [bars[at] for at in sorted(bars) if start <= at < end]

    async def margin(self, orders: Sequence[OrderRequest]) -> Margin:
        """What these orders together would need; several are taken as a basket with the positions, so that hedges count.

        ``available`` is the money of the segments that pay. Raises OrderRejected for what Zerodha does not list.
        """
        listed = [(order, await self._listing.tradable(order.instrument)) for order in orders]
        required, parts = await self._need(listed) if listed else (ZERO, ())
        data = await self._api.read("/user/margins")
        segments = dict.fromkeys(costs.segment_of(order.instrument) for order in orders)
        return Margin(required, parsing.read_available(data, segments), parts)

    async def charges(self, orders: Sequence[ChargedOrder]) -> BrokerCharges:
        """What these orders would cost by Zerodha's own calculation. Raises OrderRejected for what it does not list."""
        listed = [(order, await self._listing.tradable(order.instrument)) for order in orders]
        if not listed:
            return BrokerCharges(ZERO)
        body = requests.charges_body(listed)
        return costs.read_charges(await self._api.read("/charges/orders", method="POST", json=body))

    async def instruments(self) -> InstrumentDump:
        """All instruments of Zerodha, downloaded anew."""
        return await self._listing.reload()

    async def authorise_sale(self, prompter: LoginPrompter, holdings: Sequence[Holding]) -> None:
        """Have the sale of these holdings (all, if none) authorised at the depository, on Zerodha's page; it holds for the day.

        Raises LoginError, NotPermitted where the app may not open the page, BrokerError.
        """
        form = [
            pair
            for holding in holdings
            if holding.isin
            for pair in (("isin", holding.isin), ("quantity", str(holding.quantity - holding.pledged_quantity)))
        ]
        try:
            data = await self._api.read("/portfolio/holdings/authorise", CallClass.LOGIN, method="POST", form=form)
        except NotPermitted as error:
            raise NotPermitted(f"{_MAY_NOT_AUTHORISE} ({error.message})") from error
        request_id = Fields(data, "answer").text("request_id")
        page = auth.authorisation_page(self._endpoints["login"], self._credentials.api_key, request_id)
        auth.check_authorised(await prompter.authorize(page, f"{page}/finish"))

    async def _load_instruments(self) -> InstrumentDump:
        return await instruments.fetch(self._api.download, self._endpoints["instruments"])

    async def _need(self, listed: Sequence[tuple[OrderRequest, Instrument]]) -> tuple[Decimal, Any]:
        body = requests.margin_body(listed)
        if len(listed) == 1:
            return costs.read_order_margins(await self._api.read("/margins/orders", method="POST", json=body))
        params = [("consider_positions", "true")]
        data = await self._api.read("/margins/basket", method="POST", params=params, json=body)
        return costs.read_basket_margin(data)

    async def _read_profile(self) -> Profile:
        profile, self._demat_consent = parsing.read_profile(await self._api.read("/user/profile"))
        return profile

    async def _read_orders(self, path: str) -> list[Order]:
        data = await self._api.read(path)
        orders = parsing.read_orders(data, await self._identifier(data))
        for row in data:
            self._note_variety(row)
        return orders

    async def _read_fills(self, path: str) -> list[Fill]:
        data = await self._api.read(path)
        return parsing.read_fills(data, await self._identifier(data))

    async def _read_order(self, data: Any) -> Order:
        """An order of the stream."""
        order = parsing.read_order(data, await self._identifier([data]))
        self._note_variety(data)
        return order

    async def _ask_order(self, order: Order) -> Order | None:
        """An order as it stands now."""
        states = await self.order_history(order.ref)
        return states[-1] if states else None

    def _note_variety(self, row: Any) -> None:
        order_id, word = parsing.wire_variety(row)
        if word not in VARIETY_CODES.values():
            self._varieties[order_id] = word

    async def _identifier(self, rows: Any) -> parsing.Identify:
        return await self._identifier_of(parsing.order_symbols(rows))

    async def _identifier_of(self, symbols: Iterable[tuple[str, str]]) -> parsing.Identify:
        book = await self._listing.knowing(symbols)
        return lambda exchange, symbol: identify(book, exchange, symbol)

    def _session_lost(self, error: SessionExpired) -> None:
        """Nothing may try on with a dead token: the stream ends, its readers hear why, and so does the connector."""
        self._stream.stop()
        self._feed.on_trouble(error)
        self._updates.on_trouble(error)
        if self.on_session_lost is not None:
            self.on_session_lost(error)


def open_zerodha(
    credentials: Mapping[str, str],
    session: Mapping[str, str] | None = None,
    endpoints: Mapping[str, str] | None = None,
) -> ZerodhaBroker:
    """One account at Zerodha. Does no I/O.

    ``credentials`` has ``api_key``, ``api_secret`` and ``redirect_url``, and ``client_id`` where only that user may log in; ``session``
    are the values of an earlier login. Raises ConfigError naming a key that is missing or wrong.
    """
    return ZerodhaBroker(read_credentials(credentials), read_endpoints(endpoints), session)
