"""Kite's socket: subscriptions, binary prices, heartbeats, and order messages as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import WSMessage, WSMsgType, web
from msgspec import Struct, field

from terminal_app.simulator.dialects.base import Refusal
from terminal_app.simulator.dialects.channel import Channel
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.tokens import Token
from terminal_app.simulator.dialects.zerodha.errors import NETWORK
from terminal_app.simulator.dialects.zerodha.order_json import KiteOrder, postback_json
from terminal_app.simulator.dialects.zerodha.packets import HEARTBEAT, MODES, QUOTE, message, packet
from terminal_app.simulator.dialects.zerodha.wire import text
from terminal_app.simulator.steps import MarketStep

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

MOST_SOCKETS = 3
MOST_TOKENS = 3000
HEARTBEAT_S = 2.0

_MOST_PACKETS = 500
"""Packets of one frame: more make several."""


class _Reader(Struct, eq=False):
    """One socket with what it wants. ``modes`` is by row; ``changed`` are rows that it has not been told of."""

    channel: Channel
    token: Token
    modes: dict[int, str] = field(default_factory=dict)
    changed: dict[int, None] = field(default_factory=dict)
    is_waiting: bool = False


class Ticker:
    """All sockets of all clients. A slow reader is told of the newest prices only."""

    def __init__(self, server: ZerodhaDialect) -> None:
        self._server = server
        self._readers: dict[Channel, _Reader] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The socket; the session stands in the query."""
        query = request.query
        token = self._server.sessions.find(query.get("api_key", ""), query.get("access_token", ""))
        mine = sum(1 for one in self._readers.values() if one.token.client is token.client)
        if mine >= MOST_SOCKETS:
            raise Refusal(NETWORK, "Too many connections", 429)

        def on_open(channel: Channel) -> None:
            self._readers[channel] = _Reader(channel, token)
            channel.send(text({"type": "instruments_meta", "data": {"count": len(self._server.exchange.book.ids)}}))

        try:
            return await self._server.serve_channel(
                request, token.client, self._on_message, on_open, (HEARTBEAT_S, HEARTBEAT)
            )
        finally:
            for channel in [one for one in self._readers if one not in self._server.channels]:
                del self._readers[channel]

    # --- the client's messages ------------------------------------------------------------------------------------

    def _on_message(self, channel: Channel, frame: WSMessage) -> None:
        reader = self._readers[channel]
        try:
            self._act(reader, msgspec.json.decode(frame.data, type=dict[str, Any]))
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            kind = "text" if frame.type is WSMsgType.TEXT else "binary"
            channel.send(text({"type": "error", "data": f"Invalid {kind} message: {error}"}))

    def _act(self, reader: _Reader, wanted: dict[str, Any]) -> None:
        action, value = wanted.get("a"), wanted.get("v")
        if action == "subscribe":
            self._subscribe(reader, _tokens(value))
        elif action == "unsubscribe":
            for row in self._rows(_tokens(value)):
                reader.modes.pop(row, None)
        elif action == "mode" and isinstance(value, list) and len(value) == 2 and value[0] in MODES:
            rows = [row for row in self._rows(_tokens(value[1])) if row in reader.modes]
            mode: str = value[0]
            reader.modes.update(dict.fromkeys(rows, mode))
            self._mark(reader, rows)
        else:
            raise ValueError(f"unknown action {action!r}")

    def _subscribe(self, reader: _Reader, tokens: list[int]) -> None:
        rows = list(self._rows(tokens))
        if len(set(reader.modes) | set(rows)) > MOST_TOKENS:
            raise ValueError(f"more than {MOST_TOKENS} instruments")
        reader.modes.update({row: reader.modes.get(row, QUOTE) for row in rows})
        self._mark(reader, rows)

    def _rows(self, tokens: Iterable[int]) -> Iterable[int]:
        for token in tokens:
            name = self._server.symbols.by_token(token)
            if name is not None:
                yield name.row

    # --- prices ---------------------------------------------------------------------------------------------------

    def on_step(self, step: MarketStep) -> None:
        """Pass the market on."""
        if not self._readers:
            return
        rows = step.index.tolist()
        for reader in self._readers.values():
            self._mark(reader, [row for row in rows if row in reader.modes])

    def _mark(self, reader: _Reader, rows: Iterable[int]) -> None:
        book = self._server.exchange.book
        reader.changed.update(dict.fromkeys(row for row in rows if book.has_price(row)))
        if reader.changed and not reader.is_waiting:
            reader.is_waiting = True
            reader.channel.send(lambda: self._frame(reader))

    def _frame(self, reader: _Reader) -> bytes | None:
        reader.is_waiting = False
        rows = list(reader.changed)[:_MOST_PACKETS]
        for row in rows:
            del reader.changed[row]
        if reader.changed:
            self._mark(reader, ())
        book, symbols = self._server.exchange.book, self._server.symbols
        named = ((row, symbols.at(row)) for row in rows if row in reader.modes)
        packets = [packet(book, row, name.token, reader.modes[row]) for row, name in named if name is not None]
        return message(packets) if packets else None

    # --- orders and sessions --------------------------------------------------------------------------------------

    def tell_order(self, order: KiteOrder, status: str) -> None:
        """Tell all sockets of the order's owner what it is now."""
        client = order.client
        told = text({"type": "order", "data": postback_json(order, status)})
        self._server.tell(lambda: self._of(client), told)

    def _of(self, client: Client) -> list[Channel]:
        return [one.channel for one in self._readers.values() if one.token.client is client]

    def drop_dead(self) -> None:
        """Cut the sockets whose session is over."""
        for reader in tuple(self._readers.values()):
            if self._server.tokens.find(reader.token.value) is None:
                reader.channel.cut()


def _tokens(value: object) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        raise ValueError("a list of tokens is needed")
    return value
