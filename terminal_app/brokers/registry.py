"""Brokers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from terminal_app.brokers.base import Broker, LoginForm
from terminal_app.domain.errors import ConfigError

Opener = Callable[[Mapping[str, str], Mapping[str, str] | None, Mapping[str, str] | None], Broker]


class LiveEntry(Struct, frozen=True):
    """A broker of the real world: what people call it, what an account needs, how it is opened."""

    name: str
    title: str
    form: Callable[[], LoginForm]
    open: Opener


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


def live_brokers() -> tuple[LiveEntry, ...]:
    """The brokers of the real world, in the order to offer them."""
    return _LIVE


def _open_paper(
    credentials: Mapping[str, str], session: Mapping[str, str] | None, endpoints: Mapping[str, str] | None
) -> Broker:
    from terminal_app.brokers.paper.broker import PaperBroker
    from terminal_app.brokers.paper.config import practice_venue, read_credentials

    known = read_credentials(credentials)
    if endpoints:
        raise ConfigError("endpoints", "A paper account has no addresses: its exchange is in the program.")
    return PaperBroker(lambda: practice_venue(known.seed), known.account, funds=known.funds)


def _zerodha_form() -> LoginForm:
    from terminal_app.brokers.zerodha.config import FORM

    return FORM


def _open_zerodha(
    credentials: Mapping[str, str], session: Mapping[str, str] | None, endpoints: Mapping[str, str] | None
) -> Broker:
    from terminal_app.brokers.zerodha.broker import open_zerodha

    return open_zerodha(credentials, session, endpoints)


def _upstox_form() -> LoginForm:
    from terminal_app.brokers.upstox.config import FORM

    return FORM


def _open_upstox(
    credentials: Mapping[str, str], session: Mapping[str, str] | None, endpoints: Mapping[str, str] | None
) -> Broker:
    from terminal_app.brokers.upstox.broker import open_upstox

    return open_upstox(credentials, session, endpoints)


_LIVE = (
    LiveEntry("zerodha", "Zerodha", _zerodha_form, _open_zerodha),
    LiveEntry("upstox", "Upstox", _upstox_form, _open_upstox),
)
_OPENERS: dict[str, Opener] = {"paper": _open_paper, **{entry.name: entry.open for entry in _LIVE}}
