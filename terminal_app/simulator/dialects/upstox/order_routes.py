"""The routes of orders and stored triggers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from terminal_app.domain.enums import Side
from terminal_app.simulator.dialects.base import Refusal
from terminal_app.simulator.dialects.upstox import requests
from terminal_app.simulator.dialects.upstox.contracts import Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal, row_of, success
from terminal_app.simulator.dialects.upstox.requests import NewOrder
from terminal_app.simulator.dialects.upstox.session import SEGMENTS, ClientSession

MOST_ROWS = 10
MOST_CORRELATION = 20

_MULTI_STATUS = 207

SessionOf = Callable[[web.Request], ClientSession]


class OrderRoutes:
    """``writer`` gives the session of a call that changes orders, ``reader`` of one that reads; both raise Refusal."""

    def __init__(self, names: Names, writer: SessionOf, reader: SessionOf) -> None:
        self._names = names
        self._writer = writer
        self._reader = reader

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """All of them."""
        return [
            web.post("/v3/order/place", self._place),
            web.put("/v3/order/modify", self._modify),
            web.delete("/v3/order/cancel", self._cancel),
            web.post("/v2/order/place", self._place_v2),
            web.put("/v2/order/modify", self._modify),
            web.delete("/v2/order/cancel", self._cancel),
            web.post("/v2/order/multi/place", self._place_many),
            web.delete("/v2/order/multi/cancel", self._cancel_many),
            web.post("/v2/order/positions/exit", self._exit),
            web.get("/v2/order/retrieve-all", self._book),
            web.get("/v2/order/details", self._details),
            web.get("/v2/order/history", self._history),
            web.get("/v2/order/trades/get-trades-for-day", self._trades),
            web.get("/v2/order/trades", self._trades_of),
            web.post("/v3/order/gtt/place", self._place_trigger),
            web.put("/v3/order/gtt/modify", self._modify_trigger),
            web.delete("/v3/order/gtt/cancel", self._cancel_trigger),
            web.get("/v3/order/gtt", self._triggers),
        ]

    # --- one order ------------------------------------------------------------------------------------------------

    async def _place(self, request: web.Request) -> web.Response:
        begin = time.perf_counter()
        session = self._writer(request)
        ids = session.desk.place(requests.new_order(self._names, await requests.json_object(request)))
        return success({"order_ids": ids}, metadata=_latency(begin))

    async def _place_v2(self, request: web.Request) -> web.Response:
        session = self._writer(request)
        ids = session.desk.place(requests.new_order(self._names, await requests.json_object(request)))
        return success({"order_id": ids[0]})

    async def _modify(self, request: web.Request) -> web.Response:
        begin = time.perf_counter()
        session = self._writer(request)
        order_id = session.desk.modify(await requests.json_object(request))
        return success({"order_id": order_id}, metadata=_latency(begin))

    async def _cancel(self, request: web.Request) -> web.Response:
        begin = time.perf_counter()
        session = self._writer(request)
        order_id = session.desk.cancel(requests.order_id(request.query))
        return success({"order_id": order_id}, metadata=_latency(begin))

    # --- many orders ----------------------------------------------------------------------------------------------

    async def _place_many(self, request: web.Request) -> web.Response:
        session = self._writer(request)
        rows = await requests.json_body(request)
        _check_rows(rows)
        wished, errors = self._read_rows(rows)
        payload_errors = len(errors)
        placed: list[dict[str, Any]] = []
        for correlation, order in sorted(wished, key=lambda one: one[1].request.side is not Side.BUY):
            try:
                ids = session.desk.place(order)
            except Refusal as refusal:
                errors.append(_error_row(refusal, correlation))
                continue
            marks = [correlation] if len(ids) == 1 else [f"{correlation}_{part}" for part in range(1, len(ids) + 1)]
            placed += [
                {"correlation_id": mark, "order_id": order_id} for mark, order_id in zip(marks, ids, strict=True)
            ]
        summary = {
            "total": len(rows),
            "success": len(rows) - len(errors),
            "error": len(errors) - payload_errors,
            "payload_error": payload_errors,
        }
        return _many(placed, errors, summary)

    def _read_rows(self, rows: Sequence[Any]) -> tuple[list[tuple[str, NewOrder]], list[dict[str, Any]]]:
        wished: list[tuple[str, NewOrder]] = []
        errors: list[dict[str, Any]] = []
        for row in rows:
            try:
                wished.append((row["correlation_id"], requests.new_order(self._names, row)))
            except Refusal as refusal:
                errors.append(_error_row(refusal, row["correlation_id"]))
        return wished, errors

    async def _cancel_many(self, request: web.Request) -> web.Response:
        session = self._writer(request)
        tag, segment = _scope(request)
        records = session.desk.open_orders(tag, segment)
        if not records:
            raise ApiRefusal("UDAPI1108")
        cancelled: list[str] = []
        errors: list[dict[str, Any]] = []
        for record in records:
            try:
                cancelled.append(session.desk.cancel(record.order_id))
            except Refusal as refusal:
                errors.append({**_error_row(refusal, None), "order_id": record.order_id})
        summary = {"total": len(records), "success": len(cancelled), "error": len(errors)}
        return _many({"order_ids": cancelled}, errors, summary)

    async def _exit(self, request: web.Request) -> web.Response:
        session = self._writer(request)
        tag, segment = _scope(request)
        records = session.desk.exit_positions(tag, segment)
        ids = [record.order_id for record in records]
        return _many({"order_ids": ids}, [], {"total": len(ids), "success": len(ids), "error": 0})

    # --- reads ----------------------------------------------------------------------------------------------------

    async def _book(self, request: web.Request) -> web.Response:
        book = self._reader(request).desk.book
        return success([book.row(record) for record in book])

    async def _details(self, request: web.Request) -> web.Response:
        book = self._reader(request).desk.book
        record = book.get(requests.order_id(request.query))
        if record is None:
            raise ApiRefusal("UDAPI100010", field="order_id", value=request.query["order_id"])
        return success(book.row(record))

    async def _history(self, request: web.Request) -> web.Response:
        book = self._reader(request).desk.book
        tag = request.query.get("tag", "")
        if tag:
            records = [one for one in book if one.tag == tag]
            if request.query.get("order_id"):
                records = [one for one in records if one.order_id == request.query["order_id"]]
        else:
            order_id = requests.order_id(request.query)
            records = [one for one in book if one.order_id == order_id]
        if not records:
            raise ApiRefusal("UDAPI100010")
        return success([book.row(record, state) for record in records for state in record.states])

    async def _trades(self, request: web.Request) -> web.Response:
        return success(self._reader(request).trades_today())

    async def _trades_of(self, request: web.Request) -> web.Response:
        session = self._reader(request)
        order_id = requests.order_id(request.query)
        if session.desk.book.get(order_id) is None:
            raise ApiRefusal("UDAPI100010", field="order_id", value=order_id)
        return success([row for row in session.trades_today() if row["order_id"] == order_id])

    # --- stored triggers ------------------------------------------------------------------------------------------

    async def _place_trigger(self, request: web.Request) -> web.Response:
        begin = time.perf_counter()
        session = self._writer(request)
        name = session.triggers.place(await requests.json_object(request))
        return success({"gtt_order_ids": [name]}, metadata=_latency(begin))

    async def _modify_trigger(self, request: web.Request) -> web.Response:
        begin = time.perf_counter()
        session = self._writer(request)
        name = session.triggers.modify(await requests.json_object(request))
        return success({"gtt_order_ids": [name]}, metadata=_latency(begin))

    async def _cancel_trigger(self, request: web.Request) -> web.Response:
        begin = time.perf_counter()
        session = self._writer(request)
        name = session.triggers.cancel(await requests.json_object(request))
        return success({"gtt_order_ids": [name]}, metadata=_latency(begin))

    async def _triggers(self, request: web.Request) -> web.Response:
        return success(self._reader(request).triggers.rows(request.query.get("gtt_order_id", "")))


def _latency(begin: float) -> dict[str, int]:
    return {"latency": max(1, round((time.perf_counter() - begin) * 1000))}


def _check_rows(rows: Any) -> None:
    if not isinstance(rows, list) or not rows:
        raise ApiRefusal("UDAPI1114")
    if len(rows) > MOST_ROWS:
        raise ApiRefusal("UDAPI1118")
    seen: set[str] = set()
    for row in rows:
        correlation = row.get("correlation_id") if isinstance(row, dict) else None
        if not isinstance(correlation, str) or not correlation:
            raise ApiRefusal("UDAPI1115", field="correlation_id")
        if len(correlation) > MOST_CORRELATION:
            raise ApiRefusal("UDAPI1116", field="correlation_id", value=correlation)
        if correlation in seen:
            raise ApiRefusal("UDAPI1117", field="correlation_id", value=correlation)
        seen.add(correlation)


def _error_row(refusal: Refusal, correlation: str | None) -> dict[str, Any]:
    row = {**row_of(refusal), "instrument_key": None, "order_id": None}
    return row if correlation is None else {"correlation_id": correlation, **row}


def _many(data: Any, errors: list[dict[str, Any]], summary: dict[str, int]) -> web.Response:
    """200 where all went well, 207 where some did, 400 where none did."""
    if not errors:
        status, word = 200, "success"
    elif summary["success"]:
        status, word = _MULTI_STATUS, "partial_success"
    else:
        status, word = 400, "error"
    return web.json_response(
        {"status": word, "data": data, "errors": errors or None, "summary": summary}, status=status
    )


def _scope(request: web.Request) -> tuple[str, str]:
    tag, segment = request.query.get("tag", ""), request.query.get("segment", "")
    if segment and segment not in SEGMENTS:
        raise ApiRefusal("UDAPI1105", field="segment", value=segment)
    return tag, segment
