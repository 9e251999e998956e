"""Who may trade what, when and with which money: every check between an order and the market."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from terminal_app.domain.enums import Product, SessionPhase, Validity
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.hours import MarketHours, trading_day
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderRequest
from terminal_app.simulator import closing, rejects
from terminal_app.simulator.accounts import SimulatedAccount
from terminal_app.simulator.book import MarketBook
from terminal_app.simulator.funds import Purse, Wish
from terminal_app.simulator.orders import ExchangeOrder
from terminal_app.simulator.prices import MarketPrices


class Admission:
    """Applies ``rejects`` to an account's orders as the market stands."""

    def __init__(self, hours: MarketHours, book: MarketBook, prices: MarketPrices, purse: Purse) -> None:
        self._hours = hours
        self._book = book
        self._prices = prices
        self._purse = purse

    def check_new(
        self, account: SimulatedAccount, request: OrderRequest, row: int, instrument: Instrument, now: datetime
    ) -> None:
        """Whether a new order is taken. Raises OrderRejected."""
        rejects.check_contract(request, instrument, trading_day(now))
        phase = self._hours.phase(instrument, now)
        rejects.check_phase(request, phase, self._opens_at(instrument, phase, now))
        self._check_square_off(request, instrument, now)
        self._check_price(request, row, instrument, phase, now)
        rejects.check_holdings(request, instrument, request.quantity, account.sellable(instrument.id))
        need = self._need(account, self.wish(request, request.quantity, row, instrument), None)
        rejects.check_margin(need, self._purse.available(account))

    def check_change(
        self, account: SimulatedAccount, order: ExchangeOrder, request: OrderRequest, now: datetime
    ) -> None:
        """Whether a working order may become ``request``. Raises OrderRejected."""
        phase = self._hours.phase(order.instrument, now)
        rejects.check_change_phase(order.request.order_type, phase, cancels=False)
        rejects.check_contract(request, order.instrument, trading_day(now))
        rejects.check_phase(request, phase, None)
        if request.quantity <= order.filled:
            rejects.reject("QUANTITY", f"The quantity must be above the {order.filled} that are already filled.")
        self._check_stop_change(order, request)
        remaining = request.quantity - order.filled
        rejects.check_holdings(
            request, order.instrument, remaining, account.sellable(order.instrument.id, without=order)
        )
        need = self._need(account, self.wish(request, remaining, order.row, order.instrument), order)
        before = self._need(account, self.wish(order.request, order.remaining, order.row, order.instrument), order)
        if need > before:
            rejects.check_margin(need, self._purse.available(account, without=order))

    def _check_stop_change(self, order: ExchangeOrder, request: OrderRequest) -> None:
        if not request.order_type.has_trigger:
            return
        if order.triggered:
            if request.trigger_price != order.request.trigger_price:
                rejects.reject("TRIGGER", "This stop was triggered already: only its price and quantity can change.")
        elif order.filled:
            rejects.reject("TRIGGER", "An order that is partly filled cannot become a stop.")
        elif (request.trigger_price, request.order_type) != (order.request.trigger_price, order.request.order_type):
            rejects.check_trigger(request, self._prices.mark(order.instrument.id))

    def _check_square_off(self, request: OrderRequest, instrument: Instrument, now: datetime) -> None:
        if request.product is not Product.INTRADAY:
            return
        cut_off = self._hours.square_off_time(instrument, trading_day(now))
        if now >= cut_off:
            at = closing.clock_text(cut_off)
            rejects.reject(
                "SQUARE_OFF", f"Intraday (MIS) orders are not taken after {at}, when positions are squared off."
            )

    def _check_price(
        self, request: OrderRequest, row: int, instrument: Instrument, phase: SessionPhase, now: datetime
    ) -> None:
        rejects.check_trigger(request, self._prices.mark(instrument.id))
        if request.order_type.has_limit or request.order_type.has_trigger or phase is not SessionPhase.CONTINUOUS:
            return
        waits = request.validity is not Validity.IOC
        if not self._book.has_price(row) or self._book.is_stale(row, now):
            waits = False
        if not waits and not self._book.is_usable(row, now):
            rejects.reject("NO_PRICE", f"There is no current price of {instrument.label}: use a limit order.")

    def wish(self, request: OrderRequest, quantity: int, row: int, instrument: Instrument) -> Wish:
        """An order as far as money is concerned. Raises OrderRejected where nothing prices it."""
        price = request.limit_price or request.trigger_price or self._prices.mark_or_close(row)
        if price is None:
            rejects.reject("NO_PRICE", f"There is no price of {instrument.label} yet: use a limit order.")
        return Wish(instrument, request.side, request.product, quantity, price)

    def _need(self, account: SimulatedAccount, wish: Wish, without: ExchangeOrder | None) -> Decimal:
        try:
            return self._purse.need(account, [wish], without=without).total
        except ConfigError as error:
            rejects.reject("MARGIN", error.message)

    def _opens_at(self, instrument: Instrument, phase: SessionPhase, now: datetime) -> datetime | None:
        if phase not in (SessionPhase.CLOSED, SessionPhase.POST_CLOSE):
            return None
        try:
            return self._hours.next_open(instrument, now)
        except ConfigError:
            return None  # the calendar ends before the next session: the refusal then names no time
