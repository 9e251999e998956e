"""Orders for the window: what the ticket must know and show, placing, changing, cancelling, exits, the kill switch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from terminal_app.brokers.base import Capabilities
from terminal_app.domain.enums import OrderType, Product, Side, TradingState, Validity
from terminal_app.domain.errors import OrderDenied
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import Order, OrderChange, OrderEvent, OrderRequest
from terminal_app.domain.position import PositionKey
from terminal_app.domain.values import ceil_to_step, floor_to_step
from terminal_app.services.accounts import AccountService
from terminal_app.services.rooms import Room, Rooms
from terminal_app.services.settings import SettingsService
from terminal_app.trading.checks import Problem, check
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.exits import ExitProgress
from terminal_app.trading.gate import Gate
from terminal_app.trading.kill import KillSwitch
from terminal_app.trading.portfolio import Portfolio
from terminal_app.trading.slices import plan_slices
from terminal_app.trading.words import money, number
from terminal_app.trading.words import price as price_text


class TicketRules(Struct, frozen=True):
    """What an account can do with an instrument; ``reason`` says why it is not ``tradable``."""

    products: tuple[Product, ...] = ()
    product_codes: dict[Product, str] | None = None
    order_types: tuple[OrderType, ...] = ()
    validities: tuple[Validity, ...] = ()
    default_protection: Decimal = Decimal(2)
    can_modify: bool = True
    tradable: bool = False
    reason: str = ""

    def code(self, product: Product) -> str:
        """The broker's own word for a product."""
        return (self.product_codes or {}).get(product, product.value)


class Preview(Struct, frozen=True):
    """What an order would take and at what price at worst. ``closes_quantity``: units of it that close an open position."""

    margin_required: Decimal
    margin_available: Decimal
    worst_price: Decimal | None
    worst_reason: str
    slices: tuple[int, ...]
    closes_quantity: int = 0
    pnl_if_closed: Decimal | None = None


class CancelSummary(Struct, frozen=True):
    """How many orders were asked to cancel, and a sentence for each that still works."""

    asked: int
    failed: tuple[str, ...] = ()


class StateView(Struct, frozen=True):
    """A trading state with who set it and why."""

    state: TradingState
    reason: str
    since: datetime | None


class ExitOutcome(Struct, frozen=True):
    """Whether everything is flat and proven so, and the sentence that says it or names what is left."""

    flat: bool
    text: str


class OrderService:
    """The window's way to the order desk."""

    def __init__(
        self, rooms: Rooms, gate: Gate, kill: KillSwitch, accounts: AccountService, settings: SettingsService
    ) -> None:
        self._rooms = rooms
        self._gate = gate
        self._kill = kill
        self._accounts = accounts
        self._settings = settings

    # The ticket.

    def rules(self, account: AccountId, id: InstrumentId) -> TicketRules:
        """What this account can do with this instrument."""
        instrument = self._rooms.of(account).catalogue.get(id)
        capabilities = self._capabilities(account)
        if instrument is None and capabilities is not None:
            return TicketRules(reason=f"{id.symbol} is not listed today.")
        if instrument is not None and not instrument.is_tradable:
            return TicketRules(reason="An index is shown, not traded. Trade its futures and options.")
        if instrument is None or capabilities is None:
            return TicketRules(reason="The account is not connected.")
        products = capabilities.products.get(instrument.segment, ())
        if not products:
            return TicketRules(reason=f"This account does not trade {instrument.segment.value.lower()}.")
        return TicketRules(
            products,
            capabilities.product_codes,
            capabilities.order_types,
            # A ticket has no field for minutes.
            tuple(validity for validity in capabilities.validities if validity is not Validity.TTL),
            Decimal(str(self._settings.number("protection"))),
            capabilities.can_modify,
            tradable=True,
        )

    def problems(self, account: AccountId, request: OrderRequest) -> list[Problem]:
        """Everything that is wrong with an order, in the order of the ticket's fields."""
        capabilities = self._capabilities(account)
        if capabilities is None:
            return [Problem("order", "The account is not connected: nothing can be sent.", code="NOT_CONNECTED")]
        room = self._rooms.of(account)
        sellable = room.portfolio.deliverable(account, request.instrument)
        return check(
            request,
            room.catalogue.get(request.instrument),
            capabilities,
            room.quote(request.instrument),
            room.phase(request.instrument),
            sellable=None if sellable is None else sellable + max(0, self._held(account, request)),
        )

    async def preview(self, account: AccountId, request: OrderRequest) -> Preview:
        """Margin, worst price and slices of an order. Raises BrokerError, OrderDenied where the account is not connected."""
        room = self._rooms.of(account)
        instrument = room.catalogue.get(request.instrument)
        if instrument is None:
            raise OrderDenied("INSTRUMENT", f"{request.instrument} is not listed today.")
        margin = await room.margin(account, (request,))
        worst, reason = self._worst(room, instrument, request)
        closes = self._closes(account, request)
        return Preview(
            margin.required,
            margin.available,
            worst,
            reason,
            plan_slices(request.quantity, instrument),
            closes,
            self._pnl_if_closed(account, instrument, request, closes, worst),
        )

    def confirmation(self, account: AccountId, request: OrderRequest) -> str | None:
        """Why the order must be asked once more: its value, or its distance from the market; None where nothing is unusual."""
        room = self._rooms.of(account)
        instrument, last = room.catalogue.get(request.instrument), room.quote(request.instrument).last_price
        price = request.limit_price or request.trigger_price or last
        if instrument is None or price is None:
            return None
        limit = self._settings.money("confirm_value")
        value = price * request.quantity * instrument.multiplier
        if limit is not None and value > limit:
            return f"It is worth {money(value)}, more than your limit of {money(limit)} for asking again."
        distance = Decimal(str(self._settings.number("confirm_distance")))
        if request.limit_price is not None and last and abs(request.limit_price - last) / last * 100 > distance:
            return f"Its price is more than {number(distance)} % from the last price {price_text(last)}."
        return None

    # Orders.

    async def place(self, account: AccountId, request: OrderRequest) -> tuple[Order, ...]:
        """Send an order, in slices where it is above the freeze quantity.

        The orders that came of it: their status says what became of each.
        """
        return tuple(await self._desk(account).submit_sliced(account, request))

    async def modify(self, account: AccountId, client_id: ClientOrderId, change: OrderChange) -> Order:
        """Change a working order. Raises OrderError, BrokerError."""
        return await self._desk(account).modify(account, client_id, change)

    async def cancel(self, account: AccountId, client_id: ClientOrderId) -> Order:
        """Cancel an order. Raises OrderError, BrokerError."""
        return await self._desk(account).cancel(account, client_id)

    async def cancel_all(self, account: AccountId | None) -> CancelSummary:
        """Cancel every order that works, of one account or all."""
        # Side by side: a broker that does not answer must not hold the others' cancels back.
        answers = await asyncio.gather(*(self._desk(name).cancel_all(name) for name in self._names(account)))
        outcomes = [outcome for answer in answers for outcome in answer]
        failed = tuple(
            f"{outcome.order.request.side.value} {outcome.order.instrument.symbol}: {outcome.message or 'still working'}"
            for outcome in outcomes
            if not outcome.is_done
        )
        return CancelSummary(len(outcomes), failed)

    def order(self, account: AccountId, client_id: ClientOrderId) -> Order | None:
        """One order as it is now."""
        return self._desk(account).order(account, client_id)

    def orders(self, account: AccountId | None) -> list[tuple[AccountId, Order]]:
        """Today's orders and those still working, newest first."""
        rows = [(name, order) for name in self._names(account) for order in self._desk(name).orders(name)]
        return sorted(rows, key=lambda row: row[1].placed_at, reverse=True)

    def fills(self, account: AccountId | None) -> list[tuple[AccountId, Fill]]:
        """Today's fills, newest first."""
        rows = [(name, fill) for name in self._names(account) for fill in self._desk(name).fills(name)]
        return sorted(rows, key=lambda row: row[1].filled_at, reverse=True)

    async def timeline(self, account: AccountId, client_id: ClientOrderId) -> list[OrderEvent]:
        """Every hop of an order, oldest first. Raises StorageError."""
        return await self._desk(account).events(client_id)

    # Stopping.

    def state(self, account: AccountId | None) -> StateView:
        """The trading state that counts for an account; None: for all."""
        gate = self._gate.state(account)
        return StateView(gate.state, gate.reason, gate.since)

    async def kill(self) -> CancelSummary:
        """Halt every account and cancel what works."""
        outcome = await self._kill.halt_all("stopped by you")
        failed = tuple(
            f"{left.order.request.side.value} {left.order.instrument.symbol}: {left.message or 'still working'}"
            for left in outcome.still_working
        )
        return CancelSummary(len(outcome.cancels), (*failed, outcome.warning) if outcome.warning else failed)

    def resume(self) -> None:
        """Let orders pass again. Raises StorageError, and then the halt stays."""
        self._kill.resume()

    async def exit(
        self, account: AccountId | None, keys: Sequence[PositionKey] | None, progress: Callable[[str], None]
    ) -> ExitOutcome:
        """Close these positions where an account has them, or all with ``keys`` None, of one account or all.

        ``progress`` is told each move in words.
        """

        def tell(moved: ExitProgress) -> None:
            progress(f"{moved.text} ({moved.done} of {moved.total} flat)")

        results = []
        for name in self._names(account):
            room = self._rooms.of(name)
            if keys is None:
                results.append(await room.exits.exit_all(name, tell))
            elif own := [key for key in keys if account is not None or room.portfolio.quantity(name, key)]:
                results.append(await room.exits.exit(name, own, tell))
        flat = all(result.is_flat for result in results)
        texts = [
            f"{self._accounts.get(result.account).name}: {result.text}" if len(results) > 1 else result.text
            for result in results
        ]
        return ExitOutcome(flat, "; ".join(texts) or "Nothing was open.")

    # How it is worked out.

    def _names(self, account: AccountId | None) -> tuple[AccountId, ...]:
        return self._rooms.members(account)

    def _desk(self, account: AccountId) -> OrderDesk:
        return self._rooms.of(account).desk

    def _portfolio(self, account: AccountId) -> Portfolio:
        return self._rooms.of(account).portfolio

    def _capabilities(self, account: AccountId) -> Capabilities | None:
        try:
            return self._desk(account).capabilities(account)
        except OrderDenied:
            return None

    def _held(self, account: AccountId, request: OrderRequest) -> int:
        if request.product is not Product.DELIVERY:
            return 0
        return self._portfolio(account).quantity(account, PositionKey(request.instrument, Product.DELIVERY))

    def _closes(self, account: AccountId, request: OrderRequest) -> int:
        held = self._portfolio(account).quantity(account, PositionKey(request.instrument, request.product))
        return min(request.quantity, max(0, -request.side.sign * held))

    def _worst(self, room: Room, instrument: Instrument, request: OrderRequest) -> tuple[Decimal | None, str]:
        """The worst price the order can fill at: its limit, or the market protection (market-rules 8)."""
        if request.limit_price is not None and request.order_type.has_limit:
            return request.limit_price, "your limit"
        base = request.trigger_price if request.order_type.has_trigger else room.quote(request.instrument).last_price
        if base is None:
            return None, "no price yet"
        percent = request.market_protection or Decimal(str(self._settings.number("protection")))
        distance = base * percent / 100
        if request.side is Side.BUY:
            return ceil_to_step(base + distance, instrument.tick_size), f"{number(percent)} % protection"
        return max(
            instrument.tick_size, floor_to_step(base - distance, instrument.tick_size)
        ), f"{number(percent)} % protection"

    def _pnl_if_closed(
        self, account: AccountId, instrument: Instrument, request: OrderRequest, closes: int, worst: Decimal | None
    ) -> Decimal | None:
        key = PositionKey(request.instrument, request.product)
        position = next((one for one in self._portfolio(account).positions(account) if one.key == key), None)
        if not closes or worst is None or position is None:
            return None
        return (worst - position.average_price) * closes * -request.side.sign * instrument.multiplier
