"""The brokers of the real world, as accounts are added and opened; in the demo with the simulators' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from terminal_app.brokers.base import LiveBroker
from terminal_app.brokers.registry import live_brokers, open_broker
from terminal_app.domain.account import Account
from terminal_app.domain.ids import AccountId
from terminal_app.services.sessions import BrokerOffer


class Shop:
    """Offers every broker that the registry knows. ``endpoints`` are other addresses than the broker's own, by account."""

    def __init__(self, endpoints: Mapping[AccountId, Mapping[str, str]] | None = None) -> None:
        self._endpoints = {} if endpoints is None else endpoints

    def offers(self) -> tuple[BrokerOffer, ...]:
        """Every broker with what it asks for."""
        return tuple(BrokerOffer(entry.name, entry.title, entry.form()) for entry in live_brokers())

    def open(self, account: Account, credentials: Mapping[str, str], session: Mapping[str, str] | None) -> LiveBroker:
        """A broker for an account; no I/O. Raises ConfigError."""
        endpoints = self._endpoints.get(account.id)
        broker = open_broker(account.broker, credentials=credentials, session=session, endpoints=endpoints)
        return cast("LiveBroker", broker)
