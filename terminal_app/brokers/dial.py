"""A TCP connection to a broker's host, over IPv4 only where that is wanted."""

from __future__ import annotations

import asyncio
import socket

CONNECT_LIMIT_S = 5.0  # for each of a host's addresses


async def dialled(host: str, port: int, *, ipv4_only: bool, limit_s: float = CONNECT_LIMIT_S) -> socket.socket:
    """A connected socket, not blocking; the host's addresses are tried in turn. Raises OSError, which TimeoutError is.

    Brokers take orders from a registered address, and that is one of IPv4 as a rule: ``ipv4_only`` keeps to it.
    """
    loop = asyncio.get_running_loop()
    family = socket.AF_INET if ipv4_only else socket.AF_UNSPEC
    found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    failure = OSError("the host has no address")
    for family_, type_, protocol, _, where in found:
        raw = socket.socket(family_, type_, protocol)
        try:
            raw.setblocking(False)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(limit_s):
                await loop.sock_connect(raw, where)
        except OSError as error:
            raw.close()
            failure = error
        except BaseException:  # cancelled: nobody else knows of the socket
            raw.close()
            raise
        else:
            return raw
    raise failure
