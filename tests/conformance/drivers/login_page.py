"""A person at a broker's login page: opens it, fills in the form, and reads the address that it is sent to."""

from __future__ import annotations

import base64
import hmac
import http.client
import ssl
import time
import urllib.parse
from collections.abc import Mapping
from html.parser import HTMLParser

_HOPS = 5


class _Form(HTMLParser):
    """The first form of a page and the inputs in it."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.inputs: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action = found.get("action", "")
        elif tag == "input" and found.get("name"):
            self.inputs[found["name"]] = found.get("value", "")


def _ask(method: str, url: str, ca: str | None, body: str | None = None) -> tuple[int, str | None, str]:
    """Status, the address redirected to, and the page."""
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=10, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        where = answer.getheader("Location")
        page = answer.read().decode("utf-8", "replace")
    finally:
        connection.close()
    return answer.status, urllib.parse.urljoin(url, where) if where else None, page


def one_time_code(seed: str) -> str:
    """The six digits of now for a seed in base 32 (RFC 6238)."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def log_in(url: str, credentials: Mapping[str, str], redirect: str, ca: str | None = None) -> str:
    """The address under ``redirect`` that the page ends at after the form is filled with ``credentials``. Raises ValueError."""
    typed = dict(credentials)
    if "totp_seed" in typed:
        typed["totp"] = one_time_code(typed["totp_seed"])
    method, body = "GET", None
    for _ in range(_HOPS):
        status, where, page = _ask(method, url, ca, body)
        if where is not None:
            if where.startswith(redirect):
                return where
            url, method, body = where, "GET", None
            continue
        form = _Form()
        form.feed(page)
        if form.action is None:
            raise ValueError(f"no form on the page (status {status}): {page[:300]}")
        filled = {name: typed.get(name) or value for name, value in form.inputs.items()}
        url = urllib.parse.urljoin(url, form.action) if form.action else url
        method, body = "POST", urllib.parse.urlencode(filled)
    raise ValueError("the login page never sent us back")


def parameters(address: str) -> dict[str, str]:
    """The query of an address."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
