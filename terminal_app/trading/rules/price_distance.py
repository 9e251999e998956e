"""Is the limit price further from the market than the user allows, on the side that costs money?"""

from __future__ import annotations

from decimal import Decimal

from terminal_app.domain.enums import OrderType, Side
from terminal_app.trading.proposal import Proposal, Refusal
from terminal_app.trading.words import number


class PriceDistance:
    """A buy limit far above the last price or a sell limit far below it trades at once and badly; resting ones are harmless."""

    def __init__(self, percent: Decimal) -> None:
        self._percent = percent

    def ask(self, proposal: Proposal) -> Refusal | None:
        """Why not; None lets it pass."""
        request = proposal.request
        last = proposal.quote.last_price if proposal.quote is not None else None
        if request.order_type is not OrderType.LIMIT or request.limit_price is None or not last:
            return None
        distance = (request.limit_price - last) / last * 100 * request.side.sign
        if distance <= self._percent:
            return None
        where = "above" if request.side is Side.BUY else "below"
        return Refusal(
            "PRICE_DISTANCE",
            f"The price {number(request.limit_price)} is {distance:.1f} % {where} the last price {number(last)}; "
            f"your own limit is {number(self._percent)} %.",
        )
