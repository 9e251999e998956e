"""One client at Upstox: the desk, the stored triggers, the portfolio, the registered addresses, the kill switch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from typing import Any

from terminal_app.domain.clock import ist
from terminal_app.domain.fill import Fill
from terminal_app.domain.position import PositionKey
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.dials import Dials
from terminal_app.simulator.dialects.upstox.contracts import Names
from terminal_app.simulator.dialects.upstox.desk import Desk
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.portfolio import Portfolio
from terminal_app.simulator.dialects.upstox.shapes import book_time
from terminal_app.simulator.dialects.upstox.triggers import TriggerBook
from terminal_app.simulator.events import AccountEvent
from terminal_app.simulator.exchange import SimulatedExchange

SEGMENTS = ("NSE_EQ", "BSE_EQ", "NSE_FO", "BSE_FO", "NCD_FO", "BCD_FO", "MCX_FO", "NSE_COM")
HOME = "127.0.0.1"

_COOLING = timedelta(hours=12)

Tell = Callable[[Client, dict[str, Any]], None]


class ClientSession:
    """``tell`` hears every message of the portfolio stream."""

    def __init__(self, exchange: SimulatedExchange, client: Client, names: Names, dials: Dials, tell: Tell) -> None:
        self.client = client
        self._exchange = exchange
        self._tell = partial(tell, client)
        self.desk = Desk(exchange, client, names, dials, self._tell)
        self.triggers = TriggerBook(exchange, self.desk, names, self._tell)
        self.portfolio = Portfolio(exchange, client.account, names)
        self.fills: list[Fill] = []
        """Every fill since the start."""
        self._names = names
        self._addresses: dict[str, str | None] = {"primary_ip": HOME, "secondary_ip": None}
        self._addresses_at: dict[str, datetime] = {"primary_ip": exchange.now}
        self._addresses_changed: datetime | None = None
        self._switched: dict[str, datetime] = {}

    def on_event(self, event: AccountEvent) -> None:
        """The exchange tells of the account: orders first, then what they did to positions and holdings."""
        self.desk.on_event(event)
        self.fills.extend(event.fills)
        keys = dict.fromkeys(PositionKey(one.instrument, one.product) for one in event.fills)
        for key in keys:
            self.tell_position(key)
            holding = self.portfolio.holding_message(self._names.of_id(key.instrument))
            if holding is not None:
                self._tell(holding)

    def on_time(self) -> None:
        """The market has moved."""
        self.desk.on_time()
        self.triggers.on_time()

    def trades_today(self) -> list[dict[str, Any]]:
        """The trade book, oldest first."""
        fills = self._exchange.fills(self.client.account)
        return [self.desk.book.trade(self.desk.record_of(fill), fill) for fill in fills]

    def tell_position(self, key: PositionKey) -> None:
        """Tell the stream what a position is now."""
        message = self.portfolio.position_message(key)
        if message is not None:
            self._tell(message)

    # --- static addresses -----------------------------------------------------------------------------------------

    def takes_orders_from(self, address: str) -> bool:
        """Whether orders may come from this address."""
        return (address in ("::1", HOME) and HOME in self._addresses.values()) or address in self._addresses.values()

    def addresses(self, **more: Any) -> dict[str, Any]:
        """``/v2/user/ip``."""
        at = {name: self._addresses_at.get(name) for name in self._addresses}
        times = {f"{name}_updated_at": None if moment is None else book_time(moment) for name, moment in at.items()}
        return {**self._addresses, **times, **more}

    def change_addresses(self, body: dict[str, Any]) -> None:
        """Register other addresses; once a calendar week. Raises ApiRefusal."""
        wanted = {name: body.get(name) or None for name in ("primary_ip", "secondary_ip")}
        for name, value in wanted.items():
            if value is not None and not _is_address(value):
                raise ApiRefusal("UDAPI1179", field=name, value=value)
        if wanted["primary_ip"] is None:
            raise ApiRefusal("UDAPI1179", "The primary IP is required", field="primary_ip")
        if wanted["primary_ip"] == wanted["secondary_ip"]:
            raise ApiRefusal("UDAPI1180", field="secondary_ip", value=wanted["secondary_ip"])
        now = self._exchange.now
        if self._addresses_changed is not None and _week(self._addresses_changed) == _week(now):
            raise ApiRefusal("UDAPI1181")
        self._addresses_changed = now
        for name, value in wanted.items():
            if value != self._addresses[name]:
                self._addresses_at[name] = now
        self._addresses = wanted

    # --- kill switch ----------------------------------------------------------------------------------------------

    def kill_switch(self) -> list[dict[str, Any]]:
        """``/v2/user/kill-switch``."""
        return [
            {
                "segment": segment,
                "segment_status": "INACTIVE" if segment in self.desk.disabled else "ACTIVE",
                "kill_switch_enabled": segment in self.desk.disabled,
            }
            for segment in SEGMENTS
        ]

    def switch(self, rows: Sequence[Any]) -> None:
        """Turn segments off or on: all of them, or none where one is refused. Raises ApiRefusal."""
        changes = [self._switch_of(row) for row in rows]
        for segment, action in changes:
            if action == "DISABLE":
                for record in self.desk.open_orders(segment=segment):
                    self.desk.cancel(record.order_id)
                self.desk.disabled.add(segment)
            else:
                self.desk.disabled.discard(segment)
            self._switched[segment] = self._exchange.now

    def _switch_of(self, row: Any) -> tuple[str, str]:
        segment, action = (row.get("segment"), row.get("action")) if isinstance(row, dict) else (None, None)
        if segment not in SEGMENTS:
            raise ApiRefusal("UDAPI1186", field="segment", value=segment)
        if action not in ("ENABLE", "DISABLE"):
            raise ApiRefusal("UDAPI1188", field="action", value=action)
        if action == "DISABLE" and self._is_open_in(segment):
            raise ApiRefusal("UDAPI1184", field="segment", value=segment)
        switched = self._switched.get(segment)
        if action == "ENABLE" and switched is not None and self._exchange.now - switched < _COOLING:
            raise ApiRefusal("UDAPI1185", field="segment", value=segment)
        return segment, action

    def _is_open_in(self, segment: str) -> bool:
        net = self._exchange.positions(self.client.account).net
        return any(one.is_open and self._names.of_id(one.instrument).segment == segment for one in net)


def _is_address(value: Any) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return isinstance(value, str)


def _week(at: datetime) -> tuple[int, int]:
    year, week, _day = ist(at).isocalendar()
    return year, week
