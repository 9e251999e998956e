"""The trading day that fills the book for the pictures: done through the services, at fixed times of the practice market."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from terminal_app.domain.clock import at_ist, ist
from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, OrderStatus, OrderType, Product, Side
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.values import round_to_step
from tests.shots.stage import Stage

EVE = at_ist(2026, 11, 19, 15, 5)
"""Delivery shares are bought on the day before, so that there are holdings."""

PAPER = AccountId("paper")
BUY, SELL = Side.BUY, Side.SELL
CNC, MIS, NRML = Product.DELIVERY, Product.INTRADAY, Product.CARRY


def share(symbol: str) -> InstrumentId:
    """A share of the NSE."""
    return InstrumentId.equity(Exchange.NSE, symbol)


def at(hour: int, minute: int, second: int = 0) -> datetime:
    """A time of the day that is traded."""
    return at_ist(2026, 11, 20, hour, minute).replace(second=second)


RELIANCE, HDFCBANK, INFY, TCS, ITC = (share(name) for name in ("RELIANCE", "HDFCBANK", "INFY", "TCS", "ITC"))
NIFTY = InstrumentId.index(Exchange.NSE, "NIFTY 50")
BANKNIFTY = InstrumentId.index(Exchange.NSE, "NIFTY BANK")
SENSEX = InstrumentId.index(Exchange.BSE, "SENSEX")


class Trader:
    """Sends orders at prices of the moment."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.terminal = stage.container.terminal

    def option(self, underlying: str, index: InstrumentId, kind: OptionKind, steps: int = 0) -> InstrumentId:
        """The option of the next expiry whose strike is the nearest to the index, or some strikes away."""
        spot = self.terminal.market.quote(index).last_price
        assert spot is not None
        now = ist(self.terminal.clock.now()).date()
        ids = [one.id for one in self.terminal.market.contracts(underlying)]
        options = [one for one in ids if one.option_kind is kind and one.expiry and one.expiry > now]
        expiry = min(one.expiry for one in options if one.expiry)
        row = sorted((one for one in options if one.expiry == expiry), key=lambda one: one.strike or Decimal(0))
        nearest = min(range(len(row)), key=lambda place: abs((row[place].strike or Decimal(0)) - spot))
        return row[nearest + steps]

    def future(self, underlying: str) -> InstrumentId:
        """The nearest future."""
        ids = [one.id for one in self.terminal.market.contracts(underlying) if one.kind is InstrumentKind.FUTURE]
        return min(ids, key=lambda one: str(one.expiry))

    def lots(self, id: InstrumentId, count: int) -> int:
        """Units of so many lots."""
        instrument = self.terminal.market.instrument(id)
        assert instrument is not None
        return instrument.lot_size * count

    def price(self, id: InstrumentId, away_percent: str = "0") -> Decimal:
        """The last price, or so many percent away from it, on the tick."""
        instrument, last = self.terminal.market.instrument(id), self.terminal.market.quote(id).last_price
        assert instrument is not None
        assert last is not None
        return round_to_step(last * (1 + Decimal(away_percent) / 100), instrument.tick_size)

    async def market(
        self, id: InstrumentId, side: Side, quantity: int, product: Product = MIS, account: AccountId = PAPER
    ) -> Order:
        """At market, and wait for what comes of it at once."""
        return await self.send(id, side, quantity, product, account, order_type=OrderType.MARKET)

    async def limit(
        self,
        id: InstrumentId,
        side: Side,
        quantity: int,
        away_percent: str,
        product: Product = MIS,
        account: AccountId = PAPER,
    ) -> Order:
        """At a limit some percent away from the last price."""
        await self.stage.price(id)
        return await self.send(id, side, quantity, product, account, limit_price=self.price(id, away_percent))

    async def send(
        self, id: InstrumentId, side: Side, quantity: int, product: Product, account: AccountId, **rest: Any
    ) -> Order:
        """Send it; the order as it was answered."""
        await self.stage.price(id)
        rest.setdefault("order_type", OrderType.LIMIT)
        request = OrderRequest(id, side, quantity, product=product, **rest)
        (order, *_) = await self.terminal.orders.place(account, request)
        await self.stage.go(1)
        return order


async def trade_the_day(stage: Stage) -> AccountId:
    """From the eve to 14:36: positions long, short and closed, orders in every state, holdings, notices; the second account."""
    trader, terminal = Trader(stage), stage.container.terminal
    stage.window.hide()  # nobody looks, and painting a day takes long
    swing = (await terminal.accounts.add_paper("Swing", Decimal(500_000))).id
    for symbol, quantity in (("TCS", 10), ("ITC", 150), ("SBIN", 40), ("BHARTIARTL", 15)):
        await trader.market(share(symbol), BUY, quantity, CNC)
    await stage.go_to(at(9, 20))
    await _trade_the_morning(trader, swing)
    await _trade_the_afternoon(trader, swing)
    stage.window.show()
    return swing


async def _trade_the_morning(trader: Trader, swing: AccountId) -> None:
    stage = trader.stage
    future = trader.future("NIFTY")
    await trader.market(future, BUY, trader.lots(future, 1), NRML)
    await stage.go_to(at(9, 48))
    await trader.market(future, SELL, trader.lots(future, 1), NRML)
    await trader.market(INFY, BUY, 200)
    await stage.go_to(at(10, 25))
    await trader.market(share("SBIN"), BUY, 100, account=swing)
    await trader.market(RELIANCE, BUY, 80)
    await stage.go_to(at(11, 5))
    await trader.market(INFY, SELL, 200)
    await trader.market(RELIANCE, SELL, 80)
    await stage.go_to(at(11, 52))
    put = trader.option("NIFTY", NIFTY, OptionKind.PE)
    await trader.market(put, BUY, trader.lots(put, 2), NRML)
    call = trader.option("BANKNIFTY", BANKNIFTY, OptionKind.CE, 2)
    await trader.market(call, SELL, trader.lots(call, 1), NRML)
    await trader.market(HDFCBANK, SELL, 240)
    await stage.go_to(at(12, 40))


async def _trade_the_afternoon(trader: Trader, swing: AccountId) -> None:
    stage, faults = trader.stage, trader.stage.container.world.exchange.faults
    call = trader.option("SENSEX", SENSEX, OptionKind.CE, 2)
    await trader.market(call, BUY, trader.lots(call, 2), NRML)
    far = await trader.limit(TCS, BUY, 10, "-1.5")
    await trader.limit(share("LT"), SELL, 20, "1.2", account=swing)
    await stage.go_to(at(13, 15))
    await trader.market(RELIANCE, BUY, 150)
    assert far.client_id is not None
    await trader.terminal.orders.cancel(PAPER, far.client_id)
    await trader.limit(share("MARUTI"), BUY, 400, "0", CNC)  # more than the account has
    faults.lose_before = 1
    lost = await trader.limit(share("AXISBANK"), BUY, 100, "-0.4")
    await stage.until(lambda: not _order(trader, lost).status.is_in_flight, "the order without an answer is settled")
    await stage.go_to(at(13, 50))
    await trader.market(RELIANCE, BUY, 100)
    await trader.send(RELIANCE, BUY, 50, MIS, PAPER, limit_price=trader.price(RELIANCE) + Decimal("0.03"))
    await stage.go_to(at(14, 20))
    faults.reject_next.append("The price is outside the range that the exchange takes for this contract now.")
    await trader.limit(call, SELL, trader.lots(call, 1), "12", NRML)
    await trader.limit(RELIANCE, BUY, 50, "-0.35")
    stop = trader.price(RELIANCE, "-0.6")
    await trader.send(
        RELIANCE, SELL, 250, MIS, PAPER, order_type=OrderType.SL, trigger_price=stop, limit_price=stop - 1
    )
    await stage.go_to(at(14, 36))
    await trader.send(share("TATASTEEL"), SELL, 500, MIS, PAPER, limit_price=trader.price(share("TATASTEEL"), "0.6"))
    await stage.go(7)


@asynccontextmanager
async def partly_filled(stage: Stage) -> AsyncIterator[Order]:
    """A working order of which a part is filled; in the end the rest is cancelled and the part given back. Time must not pass meanwhile."""
    trader, exchange = Trader(stage), stage.container.world.exchange
    best = {one: exchange.quote(one) for one in map(share, ("LT", "TITAN", "TATASTEEL", "MARUTI", "ITC"))}
    bids = {one: quote.depth.bids[0] for one, quote in best.items() if quote is not None}
    cheapest, bid = min(bids.items(), key=lambda item: item[1].quantity * item[1].price)  # what needs the least margin
    request = OrderRequest(cheapest, SELL, bid.quantity + 40, OrderType.LIMIT, MIS, limit_price=bid.price)
    (order, *_) = await trader.terminal.orders.place(PAPER, request)
    client_id = order.client_id
    assert client_id is not None

    def now() -> Order:
        found = trader.terminal.orders.order(PAPER, client_id)
        assert found is not None
        return found

    await stage.until(lambda: now().status is OrderStatus.PARTIALLY_FILLED, "a part of the order is filled")
    yield now()
    await trader.terminal.orders.cancel(PAPER, client_id)
    await trader.market(cheapest, BUY, now().filled_quantity)  # the margin is needed for the next one


def _order(trader: Trader, placed: Order) -> Order:
    assert placed.client_id is not None
    found = trader.terminal.orders.order(PAPER, placed.client_id)
    assert found is not None
    return found


def contracts_of_interest(trader: Trader) -> list[InstrumentId]:
    """A future and some options for the watchlist."""
    return [
        trader.future("NIFTY"),
        trader.option("NIFTY", NIFTY, OptionKind.CE),
        trader.option("NIFTY", NIFTY, OptionKind.PE),
        trader.option("BANKNIFTY", BANKNIFTY, OptionKind.CE, 2),
        trader.option("SENSEX", SENSEX, OptionKind.CE, 2),
    ]
