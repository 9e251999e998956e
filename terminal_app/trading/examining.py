"""What is asked of an order before it goes out: the checks, the freeze quantity and the gate, with what the account holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec.structs import replace

from terminal_app.brokers.base import Capabilities
from terminal_app.domain.clock import Clock
from terminal_app.domain.enums import OrderStatus, Product, SessionPhase, Side
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from terminal_app.domain.position import PositionKey
from terminal_app.trading.book import Entry
from terminal_app.trading.checks import NEEDS_PRICES, Problem, check, check_freeze
from terminal_app.trading.gate import Gate
from terminal_app.trading.keeper import OrderKeeper
from terminal_app.trading.proposal import Proposal, Refusal

_RECENT_S = 60.0
_PRICES = frozenset({"limit_price", "trigger_price", "order_type"})


class Exposure(Protocol):
    """What an account holds, for reductions and delivery sales."""

    def quantity(self, account: AccountId, key: PositionKey) -> int:
        """Signed units of a position."""
        ...

    def deliverable(self, account: AccountId, instrument: InstrumentId) -> int | None:
        """Units of the holdings that are not pledged, whatever is sold of them today; None where the holdings are not known."""
        ...


class Examiner:
    """Puts an order to the checks and the gate."""

    def __init__(
        self,
        clock: Clock,
        catalogue: Callable[[InstrumentId], Instrument | None],
        quotes: Callable[[InstrumentId], Quote | None],
        gate: Gate,
        exposure: Exposure | None,
        phase: Callable[[Instrument, datetime], SessionPhase] | None,
    ) -> None:
        self._clock = clock
        self._catalogue = catalogue
        self._quotes = quotes
        self._gate = gate
        self._exposure = exposure
        self._phase = phase

    def refusal(
        self,
        keeper: OrderKeeper,
        capabilities: Capabilities,
        request: OrderRequest,
        *,
        must_reduce: bool,
        in_slices: bool = False,
    ) -> Refusal | None:
        """Why this new order must not go out. ``in_slices``: it will be split at the freeze quantity."""
        proposal = self._proposal(keeper, request, must_reduce)
        for problem in self._problems(proposal, capabilities):
            if not (proposal.reduces and problem.code in NEEDS_PRICES):
                return Refusal(problem.code, problem.message)
        if proposal.instrument is not None and not in_slices:
            frozen = check_freeze(request, proposal.instrument)
            if frozen is not None:
                return Refusal(frozen.code, frozen.message)
        return self._gate.refusal(proposal)

    def last_refusal(self, keeper: OrderKeeper, entry: Entry, *, must_reduce: bool) -> Refusal | None:
        """Why an order whose intent is written must not go out after all: the trading state may have changed meanwhile."""
        proposal = self._proposal(keeper, entry.order.request, must_reduce, without=entry)
        return self._gate.refusal(proposal, rules=False)

    def change_refusal(
        self, keeper: OrderKeeper, capabilities: Capabilities, entry: Entry, change: OrderChange
    ) -> Refusal | None:
        """Why a working order must not become this."""
        order, request = entry.order, changed(entry.order, change)
        touched = {name for name in change.__struct_fields__ if getattr(change, name) is not None} | {
            "phase",
            "instrument",
        }
        if touched & _PRICES:
            touched |= _PRICES
        proposal = self._proposal(
            keeper, replace(request, quantity=max(1, request.quantity - order.filled_quantity)), False, without=entry
        )
        whole = replace(proposal, request=request)
        for problem in self._problems(whole, capabilities, delivery=False):
            if problem.field in touched and not (proposal.reduces and problem.code in NEEDS_PRICES):
                return Refusal(problem.code, problem.message)
        if request.quantity <= order.filled_quantity:
            return Refusal(
                "QUANTITY", f"{order.filled_quantity} units are filled already: the quantity must be above that."
            )
        if proposal.instrument is not None and request.quantity > order.request.quantity:
            frozen = check_freeze(request, proposal.instrument)
            if frozen is not None:
                return Refusal(frozen.code, frozen.message)
        return self._gate.change_refusal(proposal, grows=request.quantity > order.request.quantity)

    def _problems(self, proposal: Proposal, capabilities: Capabilities, *, delivery: bool = True) -> list[Problem]:
        request, instrument = proposal.request, proposal.instrument
        phase = self._phase(instrument, proposal.at) if self._phase is not None and instrument is not None else None
        sellable = None
        if (
            delivery
            and request.product is Product.DELIVERY
            and request.side is Side.SELL
            and self._knows_holdings(proposal)
        ):
            sellable = proposal.closable_quantity
        return check(request, instrument, capabilities, proposal.quote, phase, sellable=sellable)

    def _knows_holdings(self, proposal: Proposal) -> bool:
        exposure = self._exposure
        return exposure is not None and exposure.deliverable(proposal.account, proposal.request.instrument) is not None

    def _proposal(
        self, keeper: OrderKeeper, request: OrderRequest, must_reduce: bool, without: Entry | None = None
    ) -> Proposal:
        account = keeper.account
        position = held = 0
        if self._exposure is not None:
            position = self._exposure.quantity(account, PositionKey(request.instrument, request.product))
            held = self._exposure.deliverable(account, request.instrument) or 0
        others = [entry for entry in keeper.book.entries() if entry is not without]
        now_s = asyncio.get_running_loop().time()
        return Proposal(
            account=account,
            request=request,
            at=self._clock.now(),
            instrument=self._catalogue(request.instrument),
            quote=self._quotes(request.instrument),
            position_quantity=position,
            held_quantity=held,
            working_quantity=sum(_left(entry.order) for entry in others if _same_way(entry.order.request, request)),
            recent=tuple(_recent(others, now_s)),
            must_reduce=must_reduce,
        )


def changed(order: Order, change: OrderChange) -> OrderRequest:
    """The order's terms after a change; a type without a limit or a trigger drops that price."""
    request = order.request
    order_type = change.order_type or request.order_type
    return replace(
        request,
        order_type=order_type,
        quantity=request.quantity if change.quantity is None else change.quantity,
        limit_price=_given(change.limit_price, request.limit_price) if order_type.has_limit else None,
        trigger_price=_given(change.trigger_price, request.trigger_price) if order_type.has_trigger else None,
        validity=change.validity or request.validity,
    )


def _given(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return old if new is None else new


def _left(order: Order) -> int:
    return 0 if order.status.is_closed else order.remaining_quantity


def _same_way(one: OrderRequest, other: OrderRequest) -> bool:
    return (one.instrument, one.side, one.product) == (other.instrument, other.side, other.product)


def _recent(entries: list[Entry], now_s: float) -> list[tuple[float, OrderRequest]]:
    """The latest orders that went out, with their age in seconds."""
    found = []
    for entry in reversed(entries):
        age_s = now_s - entry.created_s
        if not entry.created_s or age_s > _RECENT_S:
            continue
        if entry.order.status is not OrderStatus.DENIED:
            found.append((age_s, entry.order.request))
    return found
