"""The dials of the simulated exchange: how late it answers, and what goes wrong on demand."""

from __future__ import annotations

from msgspec import Struct, field


class Faults(Struct):
    """Set a dial and it acts on what comes next; counts go down with every use. All at rest by default.

    ``answer_delay_s`` delays every answer about an order. ``lose_before`` requests never reach the exchange and
    ``lose_after`` are carried out, but their answer is lost. ``reject_next`` are the reasons with which the next orders
    are refused. ``duplicate_updates`` order updates are sent twice. ``silent_feed`` stops all prices.
    """

    answer_delay_s: float = 0.0
    lose_before: int = 0
    lose_after: int = 0
    reject_next: list[str] = field(default_factory=list)
    duplicate_updates: int = 0
    silent_feed: bool = False

    def takes_request(self) -> bool:
        """Whether the next request is lost on its way."""
        return self._use("lose_before")

    def takes_answer(self) -> bool:
        """Whether the next answer is lost on its way."""
        return self._use("lose_after")

    def doubles_update(self) -> bool:
        """Whether the next order update is sent twice."""
        return self._use("duplicate_updates")

    def _use(self, dial: str) -> bool:
        count: int = getattr(self, dial)
        if count <= 0:
            return False
        setattr(self, dial, count - 1)
        return True
