"""A single room made of the parts that a test has, for services that look their room up."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from terminal_app.domain.enums import SessionPhase
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.services.rooms import Room, Rooms


class OneRoom:
    """Every account stands in the same room, which is shown."""

    def __init__(self, accounts: Sequence[AccountId] = (), **parts: Any) -> None:
        self._accounts = tuple(accounts)
        self.shown = self.paper = self.live = cast("Room", SimpleNamespace(phase=self._phase, **parts))
        self.all = (self.shown,)

    def _phase(self, id: InstrumentId) -> SessionPhase:
        return Room.phase(self.shown, id)

    def of(self, account: AccountId) -> Room:
        """The room."""
        return self.shown

    def members(self, account: AccountId | None) -> tuple[AccountId, ...]:
        """The account, or all."""
        return self._accounts if account is None else (account,)


def one_room(accounts: Sequence[AccountId] = (), **parts: Any) -> Rooms:
    """Rooms that are all the same one; the parts that are not given do not exist."""
    return cast("Rooms", OneRoom(accounts, **parts))
