"""How sessions and days end: the way into the closing auction, square-off, expiry of orders and of contracts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from terminal_app.domain.clock import ist
from terminal_app.domain.enums import OrderStatus, OrderType, Product, SessionPhase, Side
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.position import Position
from terminal_app.simulator.accounts import SimulatedAccount
from terminal_app.simulator.funds import Purse
from terminal_app.simulator.orders import ExchangeOrder, Stage
from terminal_app.simulator.sessions import MarketKey, market_key, midnight

_CLOSING_AUCTION = frozenset(
    {
        SessionPhase.CLOSING_REFERENCE,
        SessionPhase.CLOSING_ENTRY,
        SessionPhase.CLOSING_LIMIT,
        SessionPhase.CLOSING_MATCH,
    }
)
_MOMENT = timedelta(microseconds=1)


class Host(Protocol):
    """What the end of a session needs of the exchange."""

    hours: MarketHours
    purse: Purse

    def finish(self, order: ExchangeOrder, status: OrderStatus, reason: str = "") -> None:
        """End a working order."""
        ...

    def force(
        self, account: SimulatedAccount, request: OrderRequest, reason: str, at_price: Decimal | None = None
    ) -> None:
        """Carry out an order of the broker's own."""
        ...

    def settlement(self, instrument: Instrument) -> Decimal | None:
        """What an expired contract is settled at."""
        ...


def clock_text(at: datetime) -> str:
    """The Indian wall clock: 15:10."""
    return f"{ist(at):%H:%M}"


def start_of(day: date) -> datetime:
    """When a day begins in India."""
    return midnight(day)


def enter_closing_auction(host: Host, account: SimulatedAccount, key: MarketKey) -> None:
    """Continuous trading is over: stops do not protect in the auction, limits go into it (market-rules 1.1)."""
    for order in _working(account, key):
        if order.stage is Stage.STOP:
            host.finish(order, OrderStatus.CANCELLED, "Stop-loss orders do not work in the closing auction: cancelled.")
        else:
            order.stage = Stage.AUCTION


def square_off(host: Host, account: SimulatedAccount, key: MarketKey, at: datetime) -> None:
    """The broker cancels working intraday orders and closes intraday positions at the market (market-rules 3)."""
    reason = f"Squared off by the broker at {clock_text(at)}."
    for order in _working(account, key):
        if order.request.product is Product.INTRADAY:
            host.finish(
                order, OrderStatus.CANCELLED, f"Cancelled by the broker at {clock_text(at)}, before the square-off."
            )
    for position in _open(account, key):
        if position.product is Product.INTRADAY:
            host.force(account, _closing_order(position), reason)


def end_session(host: Host, account: SimulatedAccount, key: MarketKey, at: datetime) -> None:
    """DAY orders end; intraday positions that the market did not take are settled at the last price; contracts that
    expire today are settled in cash.
    """
    for order in _working(account, key):
        phase = host.hours.phase(order.instrument, at - _MOMENT)
        if phase in _CLOSING_AUCTION:
            host.finish(order, OrderStatus.CANCELLED, "Not matched in the closing auction: cancelled by the exchange.")
        else:
            _expire(host, order)
    for position in _open(account, key):
        _settle_leftover(host, account, position, account.day)


def close_day(host: Host, account: SimulatedAccount, next_day: date) -> None:
    """Whatever the sessions of the account's day left over, before ``next_day`` begins: the same rules, whatever the market."""
    for order in account.working():
        _expire(host, order)
    for position in _open(account, None):
        _settle_leftover(host, account, position, next_day - timedelta(days=1))


def _expire(host: Host, order: ExchangeOrder) -> None:
    host.finish(order, OrderStatus.EXPIRED, "The session is over: the order has expired.")


def _settle_leftover(host: Host, account: SimulatedAccount, position: Position, until: date) -> None:
    """Close what must not live on after the day ``until``."""
    instrument = account.instruments[position.instrument]
    if instrument.expiry is not None and instrument.expiry <= until:
        price = host.settlement(instrument)
        if price is None:
            price = host.purse.mark(account, position)
        host.force(account, _closing_order(position), "Expired and settled in cash at the underlying's close.", price)
    elif position.product is Product.INTRADAY:
        price = host.purse.mark(account, position)
        host.force(account, _closing_order(position), "Squared off by the broker at the close.", price)


def _closing_order(position: Position) -> OrderRequest:
    side = Side.SELL if position.quantity > 0 else Side.BUY
    return OrderRequest(position.instrument, side, abs(position.quantity), OrderType.MARKET, position.product)


def _working(account: SimulatedAccount, key: MarketKey) -> list[ExchangeOrder]:
    return [order for order in account.working() if market_key(order.instrument) == key]


def _open(account: SimulatedAccount, key: MarketKey | None) -> list[Position]:
    return [
        position
        for position in account.positions.values()
        if position.is_open and (key is None or market_key(account.instruments[position.instrument]) == key)
    ]
