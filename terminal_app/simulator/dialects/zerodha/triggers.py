"""GTT: triggers that Kite stores and the market fires; what fires only places an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web
from msgspec import Struct

from terminal_app.domain.values import to_paise
from terminal_app.simulator.dialects.base import Refusal
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.zerodha.errors import INPUT, bad_input, invalid
from terminal_app.simulator.dialects.zerodha.order_form import OrderForm, amount, read_name, read_order
from terminal_app.simulator.dialects.zerodha.symbols import Name
from terminal_app.simulator.dialects.zerodha.wire import Json, moment, number, success, text

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

SINGLE, TWO_LEG = "single", "two-leg"
ACTIVE, TRIGGERED, DELETED, EXPIRED = "active", "triggered", "deleted", "expired"

_LIFE = timedelta(days=365)
_SHOWN_FOR = timedelta(days=7)
_LEGS = {SINGLE: 1, TWO_LEG: 2}
_NO_TRIGGER = "Trigger does not exist."


class Leg(Struct, eq=False):
    """What is placed at ``trigger_paise``; ``above`` says from which side the market has to come."""

    trigger_paise: int
    above: bool
    form: OrderForm
    result: Json | None = None


class Trigger(Struct, eq=False):
    """One stored trigger."""

    id: int
    client: Client
    kind: str
    name: Name
    last_price: Decimal
    legs: list[Leg]
    created_at: datetime
    updated_at: datetime
    status: str = ACTIVE

    @property
    def expires_at(self) -> datetime:
        """A year after it was made."""
        return self.created_at + _LIFE


class TriggerStore:
    """All triggers of all clients."""

    def __init__(self, server: ZerodhaDialect) -> None:
        self._server = server
        self._triggers: dict[int, Trigger] = {}
        self._named = 100_000

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """All of ``/gtt``."""
        return (
            web.get("/gtt/triggers", self.list_all),
            web.post("/gtt/triggers", self.place),
            web.get("/gtt/triggers/{id}", self.show),
            web.put("/gtt/triggers/{id}", self.modify),
            web.delete("/gtt/triggers/{id}", self.delete),
        )

    async def list_all(self, request: web.Request) -> web.Response:
        """Active ones, and others that changed within a week."""
        client = self._server.sessions.check(request)
        since = self._server.now() - _SHOWN_FOR
        mine = (one for one in self._triggers.values() if one.client is client)
        return success([self._json(one) for one in mine if one.status == ACTIVE or one.updated_at >= since])

    async def show(self, request: web.Request) -> web.Response:
        """One, of any age."""
        client = self._server.sessions.check(request)
        return success(self._json(self._find(client, request.match_info["id"])))

    async def place(self, request: web.Request) -> web.Response:
        """Store a trigger."""
        client = self._server.sessions.check(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        now = self._server.now()
        kind, name, last, legs = self._read(form)
        self._named += 1
        self._triggers[self._named] = Trigger(self._named, client, kind, name, last, legs, now, now)
        return success({"trigger_id": self._named})

    async def modify(self, request: web.Request) -> web.Response:
        """Put another content in place of a stored one's."""
        client = self._server.sessions.check(request)
        trigger = self._active(client, request.match_info["id"])
        form = {name: str(value) for name, value in (await request.post()).items()}
        kind, name, last, legs = self._read(form)
        if name is not trigger.name:
            raise bad_input("The instrument of a trigger cannot be changed.")
        trigger.kind, trigger.last_price, trigger.legs = kind, last, legs
        trigger.updated_at = self._server.now()
        return success({"trigger_id": trigger.id})

    async def delete(self, request: web.Request) -> web.Response:
        """Forget a stored one."""
        client = self._server.sessions.check(request)
        trigger = self._active(client, request.match_info["id"])
        trigger.status, trigger.updated_at = DELETED, self._server.now()
        return success({"trigger_id": trigger.id})

    def on_market(self) -> None:
        """Fire what the market has reached."""
        now = self._server.now()
        book = self._server.exchange.book
        for trigger in self._triggers.values():
            if trigger.status != ACTIVE:
                continue
            if now >= trigger.expires_at:
                trigger.status, trigger.updated_at = EXPIRED, now
                continue
            last = int(book.last_paise[trigger.name.row])
            leg = next((one for one in trigger.legs if last and _is_reached(one, last)), None)
            if leg is not None:
                self._fire(trigger, leg, now)

    def _fire(self, trigger: Trigger, leg: Leg, now: datetime) -> None:
        trigger.status, trigger.updated_at = TRIGGERED, now
        try:
            order_id = self._server.orders.place(trigger.client, leg.form).order_id
            outcome = {"status": "success", "order_id": order_id, "rejection_reason": ""}
        except Refusal as refusal:
            outcome = {"status": "failed", "order_id": "", "rejection_reason": refusal.message}
        form = leg.form
        leg.result = {
            "account_id": trigger.client.client_id,
            "exchange": form.name.exchange,
            "tradingsymbol": form.name.symbol,
            "validity": "DAY",
            "product": form.product,
            "order_type": form.order_type,
            "transaction_type": form.transaction_type,
            "quantity": form.quantity,
            "price": number(form.price),
            "meta": "{}",
            "timestamp": moment(now),
            "triggered_at": number(Decimal(leg.trigger_paise) / 100),
            "order_result": outcome,
        }

    # --- reading --------------------------------------------------------------------------------------------------

    def _find(self, client: Client, text_id: str) -> Trigger:
        trigger = self._triggers.get(int(text_id)) if text_id.isdecimal() else None
        if trigger is None or trigger.client is not client:
            raise Refusal(INPUT, _NO_TRIGGER, 404)
        return trigger

    def _active(self, client: Client, text_id: str) -> Trigger:
        trigger = self._find(client, text_id)
        if trigger.status != ACTIVE:
            raise bad_input(f"The trigger is {trigger.status}: it cannot be changed.")
        return trigger

    def _read(self, form: dict[str, str]) -> tuple[str, Name, Decimal, list[Leg]]:
        kind = form.get("type", "")
        if kind not in _LEGS:
            raise invalid("type")
        condition, orders = _decoded(form, "condition", dict), _decoded(form, "orders", list)
        name = read_name({key: str(value) for key, value in condition.items()}, self._server.symbols)
        last = _level(condition.get("last_price"), "last_price")
        values = condition.get("trigger_values")
        if not isinstance(values, list) or len(values) != _LEGS[kind] or len(orders) != len(values):
            raise invalid("trigger_values")
        levels = [_level(value, "trigger_values") for value in values]
        if kind == TWO_LEG and not levels[0] < last < levels[1]:
            raise bad_input("Trigger prices should be below and above the last price.")
        if last in levels:
            raise bad_input("Trigger already met.")
        return (
            kind,
            name,
            last,
            [
                Leg(to_paise(level), level > last, self._leg_form(name, order))
                for level, order in zip(levels, orders, strict=True)
            ],
        )

    def _leg_form(self, name: Name, order: Any) -> OrderForm:
        if not isinstance(order, dict):
            raise invalid("orders")
        fields = {key: str(value) for key, value in order.items()}
        if fields.get("order_type") != "LIMIT":
            raise bad_input("Only LIMIT orders are allowed in a trigger.")
        form = read_order(fields, "regular", self._server.symbols)
        if form.name is not name:
            raise invalid("tradingsymbol")
        return form

    def _json(self, trigger: Trigger) -> Json:
        return {
            "id": trigger.id,
            "user_id": trigger.client.client_id,
            "parent_trigger": None,
            "type": trigger.kind,
            "created_at": moment(trigger.created_at),
            "updated_at": moment(trigger.updated_at),
            "expires_at": moment(trigger.expires_at),
            "status": trigger.status,
            "condition": {
                "exchange": trigger.name.exchange,
                "last_price": number(trigger.last_price),
                "tradingsymbol": trigger.name.symbol,
                "trigger_values": [number(Decimal(leg.trigger_paise) / 100) for leg in trigger.legs],
                "instrument_token": trigger.name.token,
            },
            "orders": [
                {
                    "exchange": leg.form.name.exchange,
                    "tradingsymbol": leg.form.name.symbol,
                    "product": leg.form.product,
                    "order_type": leg.form.order_type,
                    "transaction_type": leg.form.transaction_type,
                    "quantity": leg.form.quantity,
                    "price": number(leg.form.price),
                    "result": leg.result,
                }
                for leg in trigger.legs
            ],
            "meta": {},
        }


def _is_reached(leg: Leg, last_paise: int) -> bool:
    return last_paise >= leg.trigger_paise if leg.above else last_paise <= leg.trigger_paise


def _decoded(form: dict[str, str], field: str, kind: type[Any]) -> Any:
    try:
        value = msgspec.json.decode(form.get(field, ""))
    except msgspec.DecodeError:
        raise invalid(field) from None
    if not isinstance(value, kind):
        raise invalid(field)
    return value


def _level(value: object, field: str) -> Decimal:
    level = amount({field: text(value)}, field)
    if not level:
        raise invalid(field)
    return level
