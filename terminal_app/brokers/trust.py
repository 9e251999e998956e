"""Whom a connection trusts: certificate roots, and the exceptions that hold on loopback only."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from terminal_app.domain.errors import ConfigError

TEST_CA = "BHAV_TEST_CA"

_usual: dict[tuple[str, ...], ssl.SSLContext] = {}


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address) is this machine and can be nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def trust_of(url: str, verify: bool | Path) -> bool | Path:
    """Which roots a connection to ``url`` goes by: ``verify`` or, on loopback, the file that BHAV_TEST_CA names.

    Raises ConfigError for an address without encryption or without certificate checks that is not on loopback.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host):
        test_ca = os.environ.get(TEST_CA)
        return Path(test_ca) if test_ca and verify is True else verify
    if parts.scheme not in {"https", "wss"}:
        raise ConfigError("url", f"The address of {host or 'the broker'} must begin with https:// or wss://.")
    if verify is False:
        raise ConfigError("verify", f"Certificate checks cannot be turned off for {host}.")
    return verify


async def client_context(trust: bool | Path, protocols: tuple[str, ...]) -> ssl.SSLContext:
    """A TLS context that offers ``protocols`` (ALPN). The one with the usual roots is made once: it takes 45 ms.

    Contexts are shared by those who offer the same protocols only: httpcore sets them on the context it is given.
    Raises ConfigError when the file with the roots cannot be read.
    """
    if trust is not True:
        return _make(trust, protocols)
    if protocols not in _usual:
        made = await asyncio.to_thread(_make, True, protocols)
        _usual.setdefault(protocols, made)
    return _usual[protocols]


def _make(trust: bool | Path, protocols: tuple[str, ...]) -> ssl.SSLContext:
    import certifi

    roots = str(trust) if isinstance(trust, Path) else certifi.where()
    try:
        context = ssl.create_default_context(cafile=roots)
    except OSError:  # SSLError is one
        raise ConfigError("verify", f"The certificate file {roots} cannot be read.") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    return context
