"""The kill switch: halt everything, cancel everything, say what became of each order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from terminal_app.domain.errors import StorageError
from terminal_app.trading.desk import CancelOutcome, OrderDesk
from terminal_app.trading.gate import Gate

_WHO = "Kill switch"


class KillOutcome(Struct, frozen=True):
    """What the kill switch did. ``warning`` is a sentence where the halt holds but would not outlive a restart."""

    cancels: tuple[CancelOutcome, ...]
    warning: str = ""

    @property
    def still_working(self) -> tuple[CancelOutcome, ...]:
        """Orders that are not closed, with the reason."""
        return tuple(outcome for outcome in self.cancels if not outcome.is_done)


class KillSwitch:
    """Stops new orders of all accounts and cancels what works; positions stay as they are."""

    def __init__(self, desks: Sequence[OrderDesk], gate: Gate) -> None:
        self._desks = desks
        self._gate = gate

    @property
    def is_on(self) -> bool:
        """Whether trading is halted for all accounts."""
        return self._gate.is_halted(None)

    async def halt_all(self, reason: str, *, limit_s: float = 10.0) -> KillOutcome:
        """Halt first, then cancel every order of every account side by side. Calling it again cancels what is left."""
        warning = ""
        try:
            self._gate.halt(None, who=_WHO, why=reason)
        except StorageError as error:
            warning = f"Trading is halted, but that could not be written down: {error.message}"
        cancels = await asyncio.gather(*(desk.cancel_all(limit_s=limit_s) for desk in self._desks))
        return KillOutcome(tuple(outcome for of_desk in cancels for outcome in of_desk), warning)

    def resume(self) -> None:
        """Let orders pass again. Raises StorageError, and then the halt stays."""
        self._gate.resume(None, who=_WHO)
