"""A loopback WebSocket server that writes down how it was reached and what it was told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from tests.helpers.certificate import Certificate

LIMIT_S = 20.0


class RecordedFeed:
    """``queries`` and ``headers`` are those of each connection, ``told`` all messages as (is binary, JSON)."""

    def __init__(self) -> None:
        self.queries: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.told: list[tuple[bool, Any]] = []
        self.port = 0
        self._changed = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A connection, or the question for the address of one."""
        if request.path.endswith("/authorize"):
            address = f"ws://127.0.0.1:{self.port}/feed"
            return web.json_response({"status": "success", "data": {"authorized_redirect_uri": address}})
        self.queries.append(dict(request.query))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        channel = web.WebSocketResponse()
        await channel.prepare(request)
        async for message in channel:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                async with self._changed:
                    self.told.append((message.type is WSMsgType.BINARY, json.loads(message.data)))
                    self._changed.notify_all()
        return channel

    async def wait(self, count: int) -> None:
        """Until that many messages came. Raises TimeoutError."""
        async with asyncio.timeout(LIMIT_S), self._changed:
            await self._changed.wait_for(lambda: len(self.told) >= count)


@asynccontextmanager
async def recording(certificate: Certificate | None = None) -> AsyncIterator[RecordedFeed]:
    """A server while the context lasts; with a certificate it speaks TLS."""
    feed = RecordedFeed()
    application = web.Application()
    application.router.add_get("/{path:.*}", feed.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        context = certificate.server_context() if certificate else None
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        feed.port = runner.addresses[0][1]
        yield feed
    finally:
        await runner.cleanup()
