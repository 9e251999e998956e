"""The network is off in tests: only loopback and local sockets may be reached.

The interpreter's audit events are listened to, which no library in the process can step around by keeping its own
reference to a socket function. Code outside Python (libpq, Chromium) is not seen.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost", "0.0.0.0", "::"}
_attempts: list[str] = []
_is_on = False


class NetworkOffError(RuntimeError):
    """A test reached for an address outside this machine. No OSError: product code must not take it for bad luck."""


def is_local(host: object) -> bool:
    """Whether ``host`` (a name or address, text or bytes, None for the wildcard) is this machine."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    name = name.partition("%")[0].lower()
    if name in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host_of(event: str, arguments: tuple[Any, ...]) -> object:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        return address[0] if isinstance(address, tuple) else None
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return arguments[0]
    return None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket.") or not _is_on:
        return
    host = _host_of(event, arguments)
    if not is_local(host):
        _attempts.append(f"{event} to {host!r}")
        raise NetworkOffError(f"the network is off in tests: {event} to {host!r}")


def pytest_configure() -> None:
    sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def network_attempts() -> Iterator[list[str]]:
    """What this test tried to reach outside the machine; anything left in the list at its end fails the test."""
    global _is_on  # noqa: PLW0603
    _attempts.clear()
    _is_on = True
    yield _attempts
    _is_on = False
    if _attempts:
        pytest.fail("; ".join(_attempts))
