"""What every broker checks before it is opened: the keys of the account, and the addresses that it may speak to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from terminal_app.brokers.base import LoginForm
from terminal_app.brokers.trust import is_loopback
from terminal_app.domain.errors import ConfigError

_SCHEMES = frozenset({"http", "https", "ws", "wss"})


def read_keys(title: str, form: LoginForm, credentials: Mapping[str, str]) -> dict[str, str]:
    """The values that the form asks for, without spaces around them; "" for one that is left out and may be.

    Raises ConfigError naming a key that is missing, or a redirect address that is none.
    """
    found = {field.key: credentials.get(field.key, "").strip() for field in form.fields}
    for field in form.fields:
        if field.required and not found[field.key]:
            raise ConfigError(field.key, f"{title} needs “{field.label}” ({field.key}). {field.help}")
    redirect = found.get("redirect_url")
    if redirect:
        parts = urlsplit(redirect)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigError(
                "redirect_url", "The redirect URL must be a whole address that begins with http:// or https://."
            )
    return found


def read_endpoints(title: str, own: Mapping[str, str], given: Mapping[str, str] | None) -> Mapping[str, str]:
    """The addresses to use: the broker's own, or others on this computer. Raises ConfigError for any other address."""
    if not given:
        return own
    for key, address in given.items():
        if key not in own:
            raise ConfigError(f"endpoints.{key}", f"{title} has no address called “{key}” ({', '.join(own)}).")
        if address != own[key] and not is_on_this_computer(address):
            raise ConfigError(f"endpoints.{key}", f"An address other than {title}'s own has to be on this computer.")
    return {**own, **given}


def is_on_this_computer(address: str) -> bool:
    """Whether an http or WebSocket address is on loopback."""
    try:
        parts = urlsplit(address)
        return parts.scheme in _SCHEMES and is_loopback(parts.hostname or "")
    except ValueError:
        return False
