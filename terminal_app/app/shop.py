"""The brokers of the real world, as accounts are added and opened; in the demo their simulators and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from terminal_app.brokers.base import LiveBroker
from terminal_app.brokers.registry import live_brokers, open_broker
from terminal_app.domain.account import Account
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.ids import AccountId
from terminal_app.services.sessions import BrokerOffer


class Shop:
    """Offers every broker that the registry knows.

    ``simulators`` are the addresses of the demo's simulators by account; None outside the demo. A demo opens simulated accounts only, and a
    simulated account opens in a demo only: real orders must never stand in the demo's book, nor its keys go to a real broker.
    """

    def __init__(self, simulators: Mapping[AccountId, Mapping[str, str]] | None = None) -> None:
        self._simulators = simulators

    def offers(self) -> tuple[BrokerOffer, ...]:
        """Every broker with what it asks for."""
        return tuple(BrokerOffer(entry.name, entry.title, entry.form()) for entry in live_brokers())

    async def check(self, broker: str, credentials: Mapping[str, str]) -> None:
        """Whether an account could be opened with these keys; nothing is sent. Raises ConfigError naming a key."""
        await cast("LiveBroker", open_broker(broker, credentials=credentials)).aclose()

    def open(self, account: Account, credentials: Mapping[str, str], session: Mapping[str, str] | None) -> LiveBroker:
        """A broker for an account; no I/O. Raises ConfigError."""
        endpoints = None
        if self._simulators is not None:
            endpoints = self._simulators.get(account.id)
            if endpoints is None:
                raise ConfigError(
                    "account", "This is the demo: real accounts stay off in it. Start Bhav without --demo."
                )
        elif account.is_demo:
            raise ConfigError(
                "account", "This account is the demo's and has no broker: remove it, or start with --demo."
            )
        broker = open_broker(account.broker, credentials=credentials, session=session, endpoints=endpoints)
        return cast("LiveBroker", broker)
