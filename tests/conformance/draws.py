"""Seeded orders, changes and triggers over a list of instruments, in the words of our contract."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec.structs import replace

from terminal_app.brokers.base import ConvertExecution, LiveBroker, TriggerExecution
from terminal_app.domain.clock import IST
from terminal_app.domain.enums import OrderType, Product, Segment, Side, Validity, Variety
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderChange, OrderRef, OrderRequest
from terminal_app.domain.trigger import TriggerKind, TriggerLeg, TriggerRequest

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
LAST_DAY = datetime(2026, 11, 20, 15, 30, tzinfo=IST)


class Call(NamedTuple):
    """``ours`` makes the call on our broker; the official client is told to make it by ``theirs``."""

    kind: str
    ours: Callable[[LiveBroker], Awaitable[object]]
    theirs: Mapping[str, Any]


LOGIN = "login"
"""The kind of the call that is made without a session."""


class Redirected:
    """A person who is logged in already: the page goes straight back with ``query`` and the state that it was given."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = query

    async def authorize(self, url: str, redirect: str) -> str:
        """The redirect of a login that went well."""
        given = dict(parse_qsl(urlsplit(url).query))
        state = given.get("state") or dict(parse_qsl(given["redirect_params"]))["state"]
        return f"{redirect}?{urlencode({**self._query, 'state': state})}"

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        """Not asked for at these brokers."""
        raise AssertionError(f"a code was asked for: {account} {reason}")


class Draws:
    """What to trade next; the same seed draws the same."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        seed: int,
        *,
        varieties: Sequence[Variety],
        validities: Sequence[Validity],
        protections: Sequence[Decimal | None],
        tag_length: int,
    ) -> None:
        self.chance = random.Random(seed)
        self.instruments = list(instruments)
        self.tradable = [one for one in instruments if one.is_tradable]
        self.shares = [one for one in instruments if one.segment is Segment.CASH]
        self._varieties = varieties
        self._validities = validities
        self._protections = protections
        self._tag_length = tag_length

    def price(self, instrument: Instrument) -> Decimal:
        """Rupees, a multiple of the tick."""
        return instrument.tick_size * self.chance.randrange(1, 200_000)

    def products(self, instrument: Instrument) -> tuple[Product, ...]:
        """What may be asked for."""
        if instrument.segment is Segment.CASH:
            return (Product.DELIVERY, Product.INTRADAY, Product.MTF)
        return (Product.CARRY, Product.INTRADAY)

    def tag(self) -> ClientTag:
        """Of any length that the broker takes."""
        return ClientTag("".join(self.chance.choices(_LETTERS, k=self.chance.randrange(8, self._tag_length + 1))))

    def order(self) -> tuple[OrderRequest, Instrument]:
        """A regular order of the day with the prices that its type has."""
        chance = self.chance
        instrument = chance.choice(self.tradable)
        request = OrderRequest(
            instrument.id,
            chance.choice(tuple(Side)),
            instrument.lot_size * chance.randrange(1, 50),
            chance.choice(tuple(OrderType)),
            chance.choice(self.products(instrument)),
        )
        if request.order_type.has_limit:
            request = replace(request, limit_price=self.price(instrument))
        if request.order_type.has_trigger:
            request = replace(request, trigger_price=self.price(instrument))
        return request, instrument

    def varied(self) -> tuple[OrderRequest, Instrument]:
        """An order with all that may be said of one."""
        chance = self.chance
        request, instrument = self.order()
        variety = chance.choice(self._varieties)
        validity = chance.choice(self._validities) if variety is Variety.REGULAR else Validity.DAY
        request = replace(request, variety=variety, validity=validity)
        if validity is Validity.TTL:
            request = replace(request, validity_minutes=chance.randrange(1, 300))
        if variety is Variety.ICEBERG:
            price = self.price(instrument)
            request = replace(
                request,
                quantity=instrument.lot_size * 50,
                disclosed_quantity=instrument.lot_size * chance.choice((1, 5, 10, 17)),
                order_type=OrderType.LIMIT,
                limit_price=price,
                trigger_price=None,
            )
        elif instrument.segment is Segment.CASH and chance.random() < 0.3:
            request = replace(request, disclosed_quantity=max(1, request.quantity // 3))
        if not request.order_type.has_limit:
            request = replace(request, market_protection=chance.choice(self._protections))
        return request, instrument

    def ref(self, instrument: Instrument) -> OrderRef:
        """An order that the broker is said to have."""
        number = self.chance.randrange(10**18, 10**19)
        variety = self.chance.choice([one for one in self._varieties if one is not Variety.ICEBERG])
        return OrderRef(BrokerOrderId(str(number)), instrument.id, variety)

    def change(self) -> tuple[OrderChange, OrderRef, Instrument]:
        """A change of all of an order, or of its quantity or its price alone."""
        chance = self.chance
        request, instrument = self.order()
        ref = self.ref(instrument)
        way = chance.choice(("all", "all", "quantity", "price"))
        if way == "quantity":
            return OrderChange(quantity=request.quantity), ref, instrument
        if way == "price":
            return OrderChange(limit_price=self.price(instrument)), ref, instrument
        change = OrderChange(
            quantity=request.quantity if chance.random() < 0.7 else None,
            limit_price=request.limit_price,
            trigger_price=request.trigger_price,
            order_type=request.order_type,
            validity=chance.choice((Validity.DAY, Validity.IOC, None)),
        )
        return change, ref, instrument

    def trigger(self, kinds: Sequence[TriggerKind], order_type: OrderType) -> tuple[TriggerRequest, Instrument]:
        """A trigger on either side of the market, or one on each. Its orders are of ``order_type``."""
        chance = self.chance
        instrument = chance.choice(self.tradable)
        last = self.price(instrument) + instrument.tick_size * 10
        kind = chance.choice(kinds)
        prices = [
            last - instrument.tick_size * chance.randrange(1, 9),
            last + instrument.tick_size * chance.randrange(1, 9),
        ]
        if kind is TriggerKind.SINGLE:
            prices = [chance.choice(prices)]
        side, product = chance.choice(tuple(Side)), chance.choice(self.products(instrument))
        quantity = instrument.lot_size * chance.randrange(1, 9)
        legs = tuple(
            TriggerLeg(price, side, quantity, product, order_type, price if order_type.has_limit else None)
            for price in prices
        )
        return TriggerRequest(instrument.id, kind, legs, last), instrument

    def stretch(self, longest: timedelta) -> tuple[datetime, datetime]:
        """Two times of the past in India, no further apart than ``longest``."""
        end = LAST_DAY - timedelta(minutes=self.chance.randrange(500_000))
        return end - timedelta(minutes=self.chance.randrange(1, int(longest.total_seconds()) // 60)), end


def triggering(broker: LiveBroker) -> TriggerExecution:
    """The part of the broker that stores triggers."""
    execution: Any = broker.execution
    stored: TriggerExecution = execution
    return stored


def converting(broker: LiveBroker) -> ConvertExecution:
    """The part of the broker that converts positions."""
    execution: Any = broker.execution
    converts: ConvertExecution = execution
    return converts
