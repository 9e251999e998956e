"""A broker's login page as a plain HTML form: its inputs carry the credentials' names, so that anything can fill it in."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec import Struct

_HIDDEN_TYPES = frozenset({"password", "mpin", "pin"})


class PageField(Struct, frozen=True):
    """One input: ``name`` is a credential's, or ``totp`` for the code."""

    name: str
    label: str


def login_page(
    broker: str,
    fields: Sequence[PageField],
    kept: Mapping[str, str],
    *,
    action: str,
    error: str = "",
    filled: Mapping[str, str] | None = None,
) -> str:
    """The form, posted to ``action``. ``kept`` goes along as hidden inputs; the second button denies the access.

    ``filled`` stands in the fields already.
    """
    known = filled or {}
    inputs = "\n".join(_input(one, known.get(one.name, "")) for one in fields)
    hidden = "\n".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">' for name, value in kept.items()
    )
    told = f'<p role="alert" id="error">{html.escape(error)}</p>' if error else ""
    name = html.escape(broker)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{name} (simulated)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px system-ui, sans-serif; margin: 3em auto; max-width: 22em; padding: 0 1em; }}
label {{ display: block; margin: 1em 0 0.3em; }} input {{ width: 100%; box-sizing: border-box; padding: 0.5em; font: inherit; }}
button {{ margin: 1.5em 0.5em 0 0; padding: 0.5em 1.2em; font: inherit; }} #error {{ font-weight: bold; }}
</style></head>
<body><h1>{name}</h1><p>A simulated login: no real account is behind it.</p>{told}
<form method="post" action="{html.escape(action)}" autocomplete="off">
{hidden}
{inputs}
<button type="submit" name="decision" value="allow">Log in</button>
<button type="submit" name="decision" value="deny" formnovalidate>Deny</button>
</form></body></html>
"""


def plain_page(title: str, text: str) -> str:
    """A page that only says something."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
        f"<body><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></body></html>\n"
    )


def with_query(address: str, pairs: Sequence[tuple[str, str]]) -> str:
    """An address with these pairs added to its query, percent-encoded."""
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *pairs]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _input(one: PageField, value: str) -> str:
    name, label = html.escape(one.name), html.escape(one.label)
    kind = "password" if one.name in _HIDDEN_TYPES else "text"
    return f'<label for="{name}">{label}</label><input id="{name}" name="{name}" type="{kind}" value="{html.escape(value)}" required>'
