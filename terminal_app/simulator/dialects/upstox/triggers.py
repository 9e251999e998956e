"""Stored triggers (GTT): kept for one client, fired by the market's steps.

A trigger has no limit price: its order is a limit order at the trigger price, widened by the market protection. Exits
(TARGET, STOPLOSS) begin to watch when the entry is filled; the first that fires cancels the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.domain.enums import OrderType, Product, Side
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.values import ceil_to_step, floor_to_step
from terminal_app.simulator.dialects.upstox import requests
from terminal_app.simulator.dialects.upstox.contracts import Name, Names
from terminal_app.simulator.dialects.upstox.desk import Desk
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.orders import PRODUCTS, Status
from terminal_app.simulator.dialects.upstox.shapes import epoch_us, rupees
from terminal_app.simulator.exchange import DEFAULT_PROTECTION, SimulatedExchange

LIFE = timedelta(days=365)

_ENTRY, _TARGET, _STOPLOSS = "ENTRY", "TARGET", "STOPLOSS"
_ABOVE, _BELOW, _IMMEDIATE = "ABOVE", "BELOW", "IMMEDIATE"
_PENDING, _COMPLETED, _FAILED, _CANCELLED = "PENDING", "COMPLETED", "FAILED", "CANCELLED"
_LEAST_GAP = Decimal("0.1")
_MOST_RULES = 3


class Rule(Struct):
    """One leg. ``order_id`` is the order that it fired; ``best`` the best price since a trailing stop began to watch."""

    strategy: str
    trigger_type: str
    trigger_price: Decimal
    side: Side
    trailing_gap: Decimal | None = None
    protection: Decimal = DEFAULT_PROTECTION
    status: str = _PENDING
    message: str = ""
    order_id: str = ""
    watches: bool = False
    best: Decimal | None = None

    @property
    def waits(self) -> bool:
        """Whether it may still fire."""
        return self.status == _PENDING and not self.order_id


class Trigger(Struct):
    """One stored trigger with its legs."""

    id: str
    kind: str
    name: Name
    quantity: int
    product: Product
    rules: list[Rule]
    created_at: datetime

    @property
    def entry(self) -> Rule:
        """The leg that opens."""
        return next(rule for rule in self.rules if rule.strategy == _ENTRY)

    @property
    def is_active(self) -> bool:
        """Whether anything can still happen to it."""
        return any(rule.status == _PENDING for rule in self.rules)


class TriggerBook:
    """The triggers of one client. ``tell`` hears every change, as the portfolio stream shows it."""

    def __init__(
        self, exchange: SimulatedExchange, desk: Desk, names: Names, tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self._exchange = exchange
        self._desk = desk
        self._names = names
        self._tell = tell
        self._triggers: dict[str, Trigger] = {}

    def place(self, body: dict[str, Any]) -> str:
        """Store a trigger; its id. Raises ApiRefusal."""
        kind = _kind(body)
        name = requests.instrument(self._names, body.get("instrument_token"))
        side = requests.side(body)
        quantity = _quantity(body, self._names.instrument(name))
        rules = self._rules(kind, body, side, name)
        now = self._exchange.now
        id = f"GTT-C{now:%y%m%d}{len(self._triggers) + 1:09d}"  # noqa: A001 - the word of the thing
        trigger = Trigger(id, kind, name, quantity, requests.product(name, body), rules, now)
        trigger.entry.watches = True
        self._triggers[id] = trigger
        self._announce(trigger)
        self._watch(trigger)
        return id

    def modify(self, body: dict[str, Any]) -> str:
        """Change a trigger; its id. Raises ApiRefusal."""
        trigger = self._active(body)
        if _kind(body) != trigger.kind:
            raise ApiRefusal("UDAPI1142", field="type")
        quantity = _quantity(body, self._names.instrument(trigger.name))
        rules = self._rules(trigger.kind, body, trigger.entry.side, trigger.name)
        if trigger.entry.waits:
            rules[[rule.strategy for rule in rules].index(_ENTRY)].watches = True
            trigger.rules, trigger.quantity = rules, quantity
        else:
            self._change_exits(trigger, rules, quantity)
        self._announce(trigger)
        self._watch(trigger)
        return trigger.id

    def cancel(self, body: dict[str, Any]) -> str:
        """Delete a trigger; its id. Raises ApiRefusal."""
        trigger = self._active(body)
        for rule in trigger.rules:
            if rule.waits:
                rule.status = _CANCELLED
        self._announce(trigger)
        return trigger.id

    def rows(self, id: str = "") -> list[dict[str, Any]]:
        """All triggers, or one, as the detail route shows them. Raises ApiRefusal for an unknown id."""
        if id and id not in self._triggers:
            raise ApiRefusal("UDAPI1138", field="gtt_order_id", value=id)
        return [self._row(one) for one in self._triggers.values() if not id or one.id == id]

    def on_time(self) -> None:
        """The market has moved: fire what is reached, follow what was fired."""
        for trigger in tuple(self._triggers.values()):
            if trigger.is_active:
                self._follow(trigger)
                self._watch(trigger)

    # --- firing ---------------------------------------------------------------------------------------------------

    def _watch(self, trigger: Trigger) -> None:
        price = self._last(trigger.name)
        if price is None:
            return
        for rule in trigger.rules:
            if rule.waits and rule.watches:
                _trail(rule, price)
                if _is_reached(rule, price):
                    self._fire(trigger, rule)
                    return

    def _fire(self, trigger: Trigger, rule: Rule) -> None:
        request = OrderRequest(
            trigger.name.id,
            rule.side,
            trigger.quantity,
            OrderType.LIMIT,
            trigger.product,
            limit_price=_widened(rule, self._names.instrument(trigger.name)),
        )
        rule.order_id = self._desk.fire(trigger.name, request).order_id
        if rule.strategy != _ENTRY:
            for other in trigger.rules:
                if other.waits:
                    other.status = _CANCELLED
        self._announce(trigger)
        self._follow(trigger)

    def _follow(self, trigger: Trigger) -> None:
        """Take over what became of fired orders; a filled entry sets the exits to work."""
        for rule in trigger.rules:
            record = self._desk.book.get(rule.order_id) if rule.order_id and rule.status == _PENDING else None
            if record is None or not record.is_final:
                continue
            state = record.state
            outcome = {Status.COMPLETE: _COMPLETED, Status.REJECTED: _FAILED}
            rule.status = outcome.get(state.status, _CANCELLED)
            rule.message = state.message
            if rule.strategy == _ENTRY:
                self._end_entry(trigger, rule)
            self._announce(trigger)

    @staticmethod
    def _end_entry(trigger: Trigger, entry: Rule) -> None:
        for rule in trigger.rules:
            if rule.waits:
                rule.watches = entry.status == _COMPLETED
                rule.status = _PENDING if rule.watches else _CANCELLED

    def _last(self, name: Name) -> Decimal | None:
        quote = self._exchange.quote(name.id)
        return None if quote is None else quote.last_price

    # --- reading --------------------------------------------------------------------------------------------------

    def _active(self, body: dict[str, Any]) -> Trigger:
        id = body.get("gtt_order_id")  # noqa: A001 - the word of the thing
        if not isinstance(id, str) or not id:
            raise ApiRefusal("UDAPI1135", field="gtt_order_id")
        trigger = self._triggers.get(id)
        if trigger is None:
            raise ApiRefusal("UDAPI1138", field="gtt_order_id", value=id)
        if not any(rule.waits for rule in trigger.rules):
            raise ApiRefusal("UDAPI1139", field="gtt_order_id", value=id)
        return trigger

    def _rules(self, kind: str, body: dict[str, Any], side: Side, name: Name) -> list[Rule]:
        rows = body.get("rules")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise ApiRefusal("UDAPI1131", field="rules")
        if kind == "SINGLE" and len(rows) != 1:
            raise ApiRefusal("UDAPI1136", field="rules")
        if kind == "MULTIPLE" and not 1 < len(rows) <= _MOST_RULES:
            raise ApiRefusal("UDAPI1137", field="rules")
        strategies = [str(row.get("strategy")) for row in rows]
        if len(set(strategies)) != len(strategies):
            raise ApiRefusal("UDAPI1140", field="strategy")
        if _ENTRY not in strategies:
            raise ApiRefusal("UDAPI1141", field="strategy")
        return [self._rule(row, side, name) for row in rows]

    def _rule(self, row: dict[str, Any], side: Side, name: Name) -> Rule:
        strategy, trigger_type = row.get("strategy"), row.get("trigger_type")
        if strategy not in (_ENTRY, _TARGET, _STOPLOSS):
            raise ApiRefusal("UDAPI1132", field="strategy", value=strategy)
        if trigger_type not in (_ABOVE, _BELOW, _IMMEDIATE):
            raise ApiRefusal("UDAPI1133", field="trigger_type", value=trigger_type)
        if strategy != _ENTRY and trigger_type != _IMMEDIATE:
            raise ApiRefusal("UDAPI1143", field="trigger_type", value=trigger_type)
        price = requests.number(row, "trigger_price")
        if price is None or price <= 0:
            raise ApiRefusal("UDAPI1134", field="trigger_price", value=str(price))
        gap = requests.number(row, "trailing_gap")
        if gap is not None and gap != 0:
            self._check_gap(strategy, price, gap, name)
        protection = None
        if row.get("market_protection") is not None:
            protection = requests.protection(row, OrderType.MARKET)
        own_side = side if strategy == _ENTRY else side.opposite
        return Rule(strategy, trigger_type, price, own_side, gap or None, protection or DEFAULT_PROTECTION)

    def _check_gap(self, strategy: str, price: Decimal, gap: Decimal, name: Name) -> None:
        if strategy != _STOPLOSS:
            raise ApiRefusal("UDAPI1150", field="trailing_gap", value=str(gap))
        last = self._last(name)
        if gap < 0 or (last is not None and gap < abs(last - price) * _LEAST_GAP):
            raise ApiRefusal("UDAPI1151", field="trailing_gap", value=str(gap))

    @staticmethod
    def _change_exits(trigger: Trigger, rules: Sequence[Rule], quantity: int) -> None:
        """The entry is at the market: only the exits may still change."""
        if quantity != trigger.quantity:
            raise ApiRefusal("UDAPI1144", field="quantity", value=quantity)
        changed = {rule.strategy: rule for rule in rules}
        if changed[_ENTRY].trigger_type != _IMMEDIATE:
            raise ApiRefusal("UDAPI1133", "The entry is open: it may only be sent as IMMEDIATE", field="trigger_type")
        watches = trigger.entry.status == _COMPLETED
        kept = [rule for rule in trigger.rules if not rule.waits]
        fresh = [rule for rule in rules if rule.strategy not in {one.strategy for one in kept}]
        for rule in fresh:
            rule.watches = watches
        trigger.rules = [*kept, *fresh]

    # --- showing --------------------------------------------------------------------------------------------------

    def _row(self, trigger: Trigger) -> dict[str, Any]:
        return {
            "type": trigger.kind,
            "exchange": trigger.name.segment,
            "quantity": trigger.quantity,
            "product": PRODUCTS[trigger.product],
            "rules": [
                {
                    "strategy": rule.strategy,
                    "status": rule.status,
                    "message": rule.message or None,
                    "trigger_type": rule.trigger_type,
                    "trigger_price": rupees(rule.trigger_price),
                    "transaction_type": rule.side.value,
                    "order_id": rule.order_id or None,
                    "trailing_gap": None if rule.trailing_gap is None else rupees(rule.trailing_gap),
                }
                for rule in trigger.rules
            ],
            "trading_symbol": trigger.name.symbol,
            "instrument_token": trigger.name.key,
            "gtt_order_id": trigger.id,
            "expires_at": epoch_us(trigger.created_at + LIFE),
            "created_at": epoch_us(trigger.created_at),
        }

    def _announce(self, trigger: Trigger) -> None:
        self._tell({"update_type": "gtt_order", "user_id": self._desk.book.user, **self._row(trigger)})


def _kind(body: dict[str, Any]) -> str:
    kind = body.get("type")
    if kind not in ("SINGLE", "MULTIPLE"):
        raise ApiRefusal("UDAPI1126", field="type", value=kind)
    return str(kind)


def _quantity(body: dict[str, Any], instrument: Instrument) -> int:
    quantity = body.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity <= requests.MOST_UNITS:
        raise ApiRefusal("UDAPI1127", field="quantity", value=str(quantity))
    if quantity % instrument.lot_size:
        raise ApiRefusal("UDAPI1127", field="quantity", value=quantity)
    return quantity


def _trail(rule: Rule, price: Decimal) -> None:
    """Draw a trailing stop behind the best price."""
    if rule.trailing_gap is None:
        return
    sells = rule.side is Side.SELL
    before = rule.best
    rule.best = price if before is None else (max(before, price) if sells else min(before, price))
    if before is not None and rule.best != before:
        moved = rule.best - rule.trailing_gap if sells else rule.best + rule.trailing_gap
        rule.trigger_price = max(rule.trigger_price, moved) if sells else min(rule.trigger_price, moved)


def _is_reached(rule: Rule, price: Decimal) -> bool:
    if rule.strategy == _ENTRY:
        if rule.trigger_type == _IMMEDIATE:
            return True
        return price >= rule.trigger_price if rule.trigger_type == _ABOVE else price <= rule.trigger_price
    rises = (rule.strategy == _TARGET) == (rule.side is Side.SELL)
    return price >= rule.trigger_price if rises else price <= rule.trigger_price


def _widened(rule: Rule, instrument: Instrument) -> Decimal:
    """The limit of the order that a leg fires: within the band, on the tick."""
    if rule.side is Side.BUY:
        limit = ceil_to_step(rule.trigger_price * (1 + rule.protection / 100), instrument.tick_size)
        if instrument.upper_circuit is not None:
            limit = min(limit, floor_to_step(instrument.upper_circuit, instrument.tick_size))
        return limit
    limit = floor_to_step(rule.trigger_price * (1 - rule.protection / 100), instrument.tick_size)
    if instrument.lower_circuit is not None:
        limit = max(limit, ceil_to_step(instrument.lower_circuit, instrument.tick_size))
    return limit
