"""The trading floor: all working orders by instrument, and what each step of the market does to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np

from terminal_app.domain.enums import OrderStatus, SessionPhase, Validity
from terminal_app.domain.instrument import Instrument
from terminal_app.simulator import matching
from terminal_app.simulator.book import MarketBook
from terminal_app.simulator.matching import Execution, Print
from terminal_app.simulator.orders import ExchangeOrder, Stage
from terminal_app.simulator.rejects import AUCTION_PHASES
from terminal_app.simulator.steps import MarketStep

NO_PRICE_CANCELLED = "IOC: there was no current price to fill at."

_OPENING_MATCH = frozenset({SessionPhase.PRE_OPEN_MATCH, SessionPhase.BUFFER, SessionPhase.CONTINUOUS})


class Outcome:
    """What happened to orders: executions to book, and orders that changed otherwise."""

    def __init__(self) -> None:
        self.executions: list[Execution] = []
        self.changed: list[ExchangeOrder] = []

    def add(self, executions: list[Execution], *changed: ExchangeOrder) -> None:
        """Note what one rule did."""
        self.executions.extend(executions)
        self.changed.extend(changed)


class Floor:
    """Keeps the working orders by row. ``phase_of`` tells the phase of an instrument's market at a moment."""

    def __init__(self, book: MarketBook, phase_of: Callable[[Instrument, datetime], SessionPhase]) -> None:
        self._book = book
        self._phase_of = phase_of
        self._orders: dict[int, list[ExchangeOrder]] = {}
        self._busy = np.zeros(0, dtype=bool)

    def __iter__(self) -> Iterator[ExchangeOrder]:
        for orders in list(self._orders.values()):
            yield from list(orders)

    def add(self, order: ExchangeOrder) -> None:
        """Keep a working order; one whose instrument is not listed meets no market."""
        if order.row < 0:
            return
        self._orders.setdefault(order.row, []).append(order)
        if order.row >= len(self._busy):
            self._busy = np.concatenate([self._busy, np.zeros(order.row + 1 - len(self._busy), dtype=bool)])
        self._busy[order.row] = True

    def discard(self, order: ExchangeOrder) -> None:
        """Forget an order that is done or taken away."""
        if order.row < 0:
            return
        orders = self._orders.get(order.row, [])
        if order in orders:
            orders.remove(order)
        if not orders:
            self._orders.pop(order.row, None)
            if order.row < len(self._busy):
                self._busy[order.row] = False

    def enter(self, order: ExchangeOrder, now: datetime) -> Outcome:
        """Let a new or changed order into the market, at the stage that the moment asks for."""
        outcome = Outcome()
        phase = self._phase_of(order.instrument, now)
        if order.request.order_type.has_trigger and not order.triggered:
            order.stage = Stage.STOP
        elif phase in AUCTION_PHASES:
            order.stage = Stage.AUCTION
        elif phase is SessionPhase.CONTINUOUS and self._book.is_usable(order.row, now):
            outcome.add(self._arrive(order))
        elif order.request.validity is Validity.IOC:
            order.finish(OrderStatus.CANCELLED, NO_PRICE_CANCELLED)
        else:
            order.stage = Stage.ARRIVING
        outcome.add([], order)
        return outcome

    def step(self, step: MarketStep) -> Outcome:
        """Show a step and match every order that it concerns."""
        outcome = Outcome()
        places = self._places(step)
        self._book.apply(step)
        for place in places:
            self._match(int(step.index[place]), self._book.print_of(step, place), step.at, outcome)
        return outcome

    def _places(self, step: MarketStep) -> list[int]:
        if not self._orders:
            return []
        known = step.index < len(self._busy)
        busy = np.zeros(len(step.index), dtype=bool)
        busy[known] = self._busy[step.index[known]]
        places: list[int] = np.flatnonzero(busy).tolist()
        return places

    def _match(self, row: int, trade: Print | None, at: datetime, outcome: Outcome) -> None:
        phase = self._phase_of(self._book.instrument(row), at)
        orders = list(self._orders[row])
        if phase in _OPENING_MATCH or phase is SessionPhase.CLOSING_MATCH:
            self._uncross(orders, row, None if trade is None else trade.units, phase, outcome)
        if phase is SessionPhase.CONTINUOUS:
            self._continuous(orders, row, trade, outcome)

    def _uncross(
        self, orders: list[ExchangeOrder], row: int, units: int | None, phase: SessionPhase, outcome: Outcome
    ) -> None:
        collected = [order for order in orders if order.stage is Stage.AUCTION]
        price = self._book.mark_paise(row)
        if not collected or price is None:
            return
        outcome.add(matching.uncross(collected, price, units))
        for order in collected:
            if not order.is_working:
                continue
            order.stage = Stage.RESTING if phase is SessionPhase.CLOSING_MATCH else Stage.ARRIVING
            if order.limit_paise is None:
                order.limit_paise = price
                matching.become_limit(order)
            outcome.add([], order)

    def _continuous(self, orders: list[ExchangeOrder], row: int, trade: Print | None, outcome: Outcome) -> None:
        ladder = self._book.ladder(row)
        is_first = int(self._book.steps_today[row]) <= 1
        if trade is not None and not is_first:
            outcome.add(matching.match_print(orders, trade))
        matching.renew_queues(orders, ladder, trade)
        if is_first:
            return
        waiting = [order for order in orders if order.stage is Stage.ARRIVING]
        for order in sorted(waiting, key=lambda one: one.sequence):
            outcome.add(self._arrive(order), order)
        for order in matching.triggered(orders, trade) if trade is not None else ():
            order.triggered = True
            outcome.add(self._arrive(order), order)

    def _arrive(self, order: ExchangeOrder) -> list[Execution]:
        return matching.arrive(order, int(self._book.last_paise[order.row]), self._book.ladder(order.row))
