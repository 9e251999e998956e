"""Which addresses a login page may open, which one ends it, and how an address is shown: decided without Qt."""

from __future__ import annotations

import hmac
import ipaddress
from html import escape
from urllib.parse import SplitResult, parse_qsl, urlsplit

_PORTS = {"http": 80, "https": 443}
_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "firm", "gen", "gov", "ind", "net", "org", "res"})
"""Names under a country's domain that belong to nobody: example.co.in is three labels long."""
_DEPOSITORIES = frozenset({"cdslindia.com", "nsdl.co.in", "nsdl.com"})
"""Where a broker's page sends its customer to authorise the sale of holdings."""
_HUMAN_CHECKS = frozenset({"challenges.cloudflare.com", "hcaptcha.com", "www.google.com", "www.recaptcha.net"})
"""Frames inside a broker's page that ask whether a person sits there."""
_STATE_KEYS = ("state",)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(address: str) -> str:
    """The host in lower case; empty where there is none."""
    return (urlsplit(address).hostname or "").lower()


def domain_of(host: str) -> str:
    """The part of a host that one owner holds: `login.upstox.com` is upstox.com's. An IP address is its own."""
    labels = host.lower().rstrip(".").split(".")
    if host.replace(".", "").isdigit() or ":" in host or len(labels) < 3:
        return host.lower()
    is_shared = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3:] if is_shared else labels[-2:])


def is_redirect(address: str, redirect: str) -> bool:
    """Whether an address is the redirect with whatever query: scheme, host, port and path are equal.

    A comparison of beginnings would take ``https://app.example.evil.test`` for ``https://app.example``.
    """
    try:
        return _place(urlsplit(address)) == _place(urlsplit(redirect))
    except ValueError:  # a port that is no number
        return False


def may_open(address: str, login: str, *, is_main: bool) -> bool:
    """Whether the page that began at ``login`` may go to an address, in its main frame or in one inside it.

    The broker's own hosts over https, and the depositories'; frames also the known human checks. A simulated broker
    lives on this machine and may open what is on it.
    """
    parts = urlsplit(address)
    host, home = host_of(address), host_of(login)
    if parts.scheme in ("about", "data", "blob"):
        return address == "about:blank" or not is_main
    if is_loopback(home):
        return parts.scheme in _PORTS and is_loopback(host)
    if parts.scheme != "https" or not host or is_loopback(host):
        return False
    if domain_of(host) == domain_of(home) or domain_of(host) in _DEPOSITORIES:
        return True
    return not is_main and host in _HUMAN_CHECKS


def may_fetch(address: str, login: str) -> bool:
    """Whether the page may load a part of itself (script, font, picture) from an address: never unencrypted, never from this machine."""
    parts = urlsplit(address)
    if parts.scheme in ("data", "blob", "about"):
        return True
    if is_loopback(host_of(login)):
        return parts.scheme in ("http", "https", "ws", "wss") and is_loopback(host_of(address))
    return parts.scheme in ("https", "wss") and not is_loopback(host_of(address))


def with_fields(address: str, body: str) -> str:
    """The address with the fields of a form joined to its query."""
    if not body:
        return address
    bare, hash_sign, fragment = address.partition("#")
    joint = "" if bare.endswith(("?", "&")) else "&" if "?" in bare else "?"
    return f"{bare}{joint}{body}{hash_sign}{fragment}"


def expected_pairs(login: str) -> tuple[tuple[str, str], ...]:
    """What the redirect has to carry back, by the login address: its `state`, and what it asks to be echoed as `redirect_params`."""
    pairs = parse_qsl(urlsplit(login).query, keep_blank_values=True)
    own = tuple((key, value) for key, value in pairs if key in _STATE_KEYS)
    echoed = tuple(pair for key, value in pairs if key == "redirect_params" for pair in parse_qsl(value))
    return own + echoed


def carries(query: str, expected: tuple[tuple[str, str], ...]) -> bool:
    """Whether a query has all expected pairs; values are compared in constant time."""
    found = dict(parse_qsl(query, keep_blank_values=True))
    return all(hmac.compare_digest(found.get(key, "").encode(), value.encode()) for key, value in expected)


def shown_address(address: str) -> str:
    """The address as rich text: the host strong, the values of the query left out, because they may be secrets."""
    parts = urlsplit(address)
    keys = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    query = "?" + "&".join(f"{key}=\u2026" for key in keys) if keys else ""
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{escape(parts.scheme)}://<b>{escape(parts.hostname or '')}</b>{escape(port + parts.path + query)}"


def _place(parts: SplitResult) -> tuple[str, str, int | None, str]:
    scheme = parts.scheme.lower()
    port = parts.port if parts.port is not None else _PORTS.get(scheme)
    if parts.username is not None:
        return scheme, "", None, ""  # names before an @ only ever deceive
    return scheme, (parts.hostname or "").lower(), port, parts.path or "/"
