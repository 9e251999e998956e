"""Was the same order sent a moment ago?"""

from __future__ import annotations

from terminal_app.trading.proposal import Proposal, Refusal


class Duplicate:
    """The same order twice within a few moments is a double press, unless it closes a position."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s

    def ask(self, proposal: Proposal) -> Refusal | None:
        """Why not; None lets it pass."""
        if proposal.must_reduce:
            return None
        for age_s, request in proposal.recent:
            if age_s < self._window_s and request == proposal.request:
                return Refusal(
                    "DUPLICATE", f"The same order was sent {age_s:.1f} s ago; wait a moment if you mean it twice."
                )
        return None
