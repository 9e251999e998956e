"""A market that does exactly what a test wrote down, and an exchange on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Exchange, Interval, OptionKind, OrderType, Product, Side, Validity
from terminal_app.domain.fill import Fill
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.ledger import LedgerState
from terminal_app.domain.margins import MarginTable
from terminal_app.domain.market import DEPTH_LEVELS, Bar
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.values import to_paise
from terminal_app.simulator.events import AccountEvent
from terminal_app.simulator.exchange import SimulatedExchange
from terminal_app.simulator.faults import Faults
from terminal_app.simulator.steps import MarketStep

DATA = Path(__file__).resolve().parents[2] / "resources" / "data"

RELIANCE = InstrumentId.equity(Exchange.NSE, "RELIANCE")
TCS = InstrumentId.equity(Exchange.NSE, "TCS")
SMALL = InstrumentId.equity(Exchange.NSE, "SMALLCO")
NIFTY = InstrumentId.index(Exchange.NSE, "NIFTY 50")
EXPIRY = date(2026, 8, 25)
FUTURE = InstrumentId.future(Exchange.NSE, "NIFTY", EXPIRY)
CALL = InstrumentId.option(Exchange.NSE, "NIFTY", EXPIRY, Decimal(24500), OptionKind.CE)
CALL_HIGHER = InstrumentId.option(Exchange.NSE, "NIFTY", EXPIRY, Decimal(24600), OptionKind.CE)
PUT = InstrumentId.option(Exchange.NSE, "NIFTY", EXPIRY, Decimal(24500), OptionKind.PE)

DAY = date(2026, 8, 19)
"""A Wednesday with closing auction (from 3 Aug 2026) and the old pre-open (until 4 Sep 2026)."""

ACCOUNT = AccountId("paper")

DepthSide = Sequence[tuple[str | int, int]]


def hours() -> MarketHours:
    """The real tables."""
    return MarketHours.from_tables(_table("holidays"), _table("sessions"))


def margins() -> MarginTable:
    """The real table."""
    return MarginTable.from_tables(_table("margins"))


def _table(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def share(id: InstrumentId, *, auction: bool = True, tick: str = "0.05", **fields: Any) -> Instrument:
    """A share with a lot of 1."""
    return Instrument(id, id.symbol, 1, Decimal(tick), has_closing_auction=auction, **fields)


def contract(id: InstrumentId, *, tick: str = "0.05", **fields: Any) -> Instrument:
    """A NIFTY contract with a lot of 65."""
    return Instrument(id, id.text, fields.pop("lot_size", 65), Decimal(tick), freeze_quantity=1800, **fields)


INSTRUMENTS = (
    share(RELIANCE, lower_circuit=Decimal("90"), upper_circuit=Decimal("110")),
    share(TCS),
    share(SMALL, auction=False),
    Instrument(NIFTY, "NIFTY 50", 1, Decimal("0.05")),
    contract(FUTURE, tick="0.10"),
    contract(CALL),
    contract(CALL_HIGHER),
    contract(PUT),
)


def clock(text: str, day: date = DAY) -> datetime:
    """A moment on the Indian wall clock: "09:15", "10:00:30"."""
    parts = [int(part) for part in text.split(":")]
    return at_ist(day.year, day.month, day.day, *parts)


class ScriptedMarket:
    """Yields the steps that ``tell`` wrote down, in the order of their time."""

    end: datetime | None = None

    def __init__(self, start: datetime | None = None, instruments: Sequence[Instrument] = INSTRUMENTS) -> None:
        self.start = start or clock("09:15")
        self.instruments = list(instruments)
        self._steps: list[MarketStep] = []
        self._volume: dict[int, int] = {}
        self._last: dict[int, int] = {}

    def tell(
        self,
        at: datetime,
        id: InstrumentId,
        last: str | int | None = None,
        traded: int = 0,
        bids: DepthSide = (),
        asks: DepthSide = (),
        previous_close: str | int = 0,
    ) -> None:
        """Write down a step of one instrument. Levels are (price, quantity), best first; ``last`` None repeats the one before."""
        row = next(place for place, one in enumerate(self.instruments) if one.id == id)
        price = self._last[row] if last is None else _paise(last)
        self._last[row] = price
        self._volume[row] = self._volume.get(row, 0) + traded
        bid_paise, bid_quantity = _columns(bids)
        ask_paise, ask_quantity = _columns(asks)
        self._steps.append(
            MarketStep(
                at=at,
                index=np.array([row], dtype=np.int32),
                last_paise=_numbers(price),
                traded=_numbers(traded),
                volume=_numbers(self._volume[row]),
                open_interest=_numbers(0),
                ohlc_paise=np.array([[price, price, price, _paise(previous_close)]], dtype=np.int64),
                bid_paise=bid_paise,
                bid_quantity=bid_quantity,
                bid_orders=(bid_quantity > 0).astype(np.int64),
                ask_paise=ask_paise,
                ask_quantity=ask_quantity,
                ask_orders=(ask_quantity > 0).astype(np.int64),
            )
        )
        self._steps.sort(key=lambda step: step.at)

    def steps(self, until: datetime) -> Iterator[MarketStep]:
        """What was told up to ``until``, once."""
        while self._steps and self._steps[0].at <= until:
            yield self._steps.pop(0)

    def history(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """A script has no past."""
        return []

    def instrument(self, id: InstrumentId) -> Instrument | None:
        """The contract."""
        return next((one for one in self.instruments if one.id == id), None)


def _paise(price: str | int) -> int:
    return to_paise(Decimal(price))


def _numbers(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def _columns(levels: DepthSide) -> tuple[Any, Any]:
    padded = [*levels, *[(0, 0)] * (DEPTH_LEVELS - len(levels))]
    prices = np.array([[_paise(price) for price, _quantity in padded]], dtype=np.int64)
    return prices, np.array([[quantity for _price, quantity in padded]], dtype=np.int64)


class HandClock:
    """A clock that stands until a test moves it."""

    label = "test"

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Where it was put."""
        return self.at


class Floor:
    """An exchange on a scripted market with one account, moved on a second at a time."""

    def __init__(
        self,
        start: datetime | None = None,
        funds: str | int = 1_000_000,
        instruments: Sequence[Instrument] = INSTRUMENTS,
        faults: Faults | None = None,
    ) -> None:
        self.market = ScriptedMarket(start, instruments)
        self.exchange = SimulatedExchange(self.market, hours(), margins(), faults)
        self.events: list[AccountEvent] = []
        self.exchange.open_account(ACCOUNT, None, Decimal(funds), self.events.append)

    @property
    def now(self) -> datetime:
        """Exchange time."""
        return self.exchange.now

    def go(self, at: str | datetime) -> None:
        """Play on to a moment."""
        self.exchange.advance(clock(at) if isinstance(at, str) else at)

    def step(
        self,
        last: str | int | None = None,
        traded: int = 0,
        bids: DepthSide = (),
        asks: DepthSide = (),
        id: InstrumentId = RELIANCE,
        after_s: float = 1,
        previous_close: str | int = 0,
    ) -> None:
        """One step of one instrument, ``after_s`` from now, and play it."""
        at = self.now + timedelta(seconds=after_s)
        self.market.tell(at, id, last, traded, bids, asks, previous_close)
        self.exchange.advance(at)

    def quote(self, last: str | int, bids: DepthSide = (), asks: DepthSide = (), id: InstrumentId = RELIANCE) -> None:
        """Two steps without trades: from now on the price is known and may fill."""
        self.step(last, 0, bids, asks, id)
        self.step(last, 0, bids, asks, id)

    def place(
        self,
        side: Side,
        quantity: int,
        price: str | int | None = None,
        *,
        id: InstrumentId = RELIANCE,
        trigger: str | int | None = None,
        product: Product | None = None,
        account: AccountId = ACCOUNT,
        **fields: Any,
    ) -> BrokerOrderId:
        """Place an order; its type follows from the prices that are given."""
        return self.exchange.place(
            account, request(side, quantity, price, id=id, trigger=trigger, product=product, **fields), ClientTag("tag")
        )

    def order(self, order_id: BrokerOrderId, account: AccountId = ACCOUNT) -> Order:
        """The order as it stands."""
        return next(one for one in self.exchange.orders(account) if one.broker_id == order_id)

    def fills(self, account: AccountId = ACCOUNT) -> list[tuple[int, Decimal]]:
        """(quantity, price) of every fill of the day."""
        return [(fill.quantity, fill.price) for fill in self.all_fills(account)]

    def all_fills(self, account: AccountId = ACCOUNT) -> list[Fill]:
        """Every fill of the day."""
        return self.exchange.fills(account)

    def ledger(self) -> LedgerState:
        """What a ledger would hold after all events so far."""
        orders: dict[str, str] = {}
        fills: list[str] = []
        state = None
        for event in self.events:
            orders.update(event.documents.orders)
            fills.extend(text for _id, text in event.documents.fills)
            state = event.documents.state
        return LedgerState(state, orders, tuple(fills))


def request(
    side: Side,
    quantity: int,
    price: str | int | None = None,
    *,
    id: InstrumentId = RELIANCE,
    trigger: str | int | None = None,
    product: Product | None = None,
    validity: Validity = Validity.DAY,
    **fields: Any,
) -> OrderRequest:
    """An order whose type follows from the prices that are given. Shares go intraday, contracts are carried."""
    if trigger is None:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
    else:
        kind = OrderType.SL_M if price is None else OrderType.SL
    return OrderRequest(
        instrument=id,
        side=side,
        quantity=quantity,
        order_type=kind,
        product=product or (Product.INTRADAY if id.expiry is None else Product.CARRY),
        validity=validity,
        limit_price=None if price is None else Decimal(price),
        trigger_price=None if trigger is None else Decimal(trigger),
        **fields,
    )
