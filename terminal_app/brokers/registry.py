"""Brokers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from terminal_app.brokers.base import Broker
from terminal_app.domain.errors import ConfigError

Opener = Callable[[Mapping[str, str], Mapping[str, str] | None, Mapping[str, str] | None], Broker]


def open_broker(
    name: str,
    *,
    credentials: Mapping[str, str],
    session: Mapping[str, str] | None = None,
    endpoints: Mapping[str, str] | None = None,
) -> Broker:
    """One account at the broker ``name``. Does no I/O.

    ``session`` are the values of an earlier login, ``endpoints`` other addresses than the broker's own. Raises ConfigError for an
    unknown name, and naming a key of the credentials that is missing or wrong.
    """
    opener = _OPENERS.get(name)
    if opener is None:
        raise ConfigError("broker", f"“{name}” is not a broker we know ({', '.join(_OPENERS)}).")
    return opener(credentials, session, endpoints)


def broker_names() -> tuple[str, ...]:
    """Every broker that can be opened."""
    return tuple(_OPENERS)


def _open_paper(
    credentials: Mapping[str, str], session: Mapping[str, str] | None, endpoints: Mapping[str, str] | None
) -> Broker:
    from terminal_app.brokers.paper.broker import PaperBroker
    from terminal_app.brokers.paper.config import practice_venue, read_credentials

    known = read_credentials(credentials)
    if endpoints:
        raise ConfigError("endpoints", "A paper account has no addresses: its exchange is in the program.")
    return PaperBroker(lambda: practice_venue(known.seed), known.account, funds=known.funds)


_OPENERS: dict[str, Opener] = {"paper": _open_paper}
