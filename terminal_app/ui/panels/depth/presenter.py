"""What the depth panel decides: how a quote becomes a ladder, and what a click on a price means."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from terminal_app.domain.enums import InstrumentKind, OrderType, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.panels.depth.model import LEVELS, Fact, Ladder, LadderSide, Level

if TYPE_CHECKING:
    from terminal_app.domain.instrument import Instrument
    from terminal_app.domain.market import DepthLevel, Quote

_NO_DEPTH = "An index is not traded itself and has no depth."


def ladder_of(quote: Quote, instrument: Instrument | None, age_s: float | None = None) -> Ladder:
    """The ladder of a quote. ``age_s`` only where the price is old."""
    places = instrument.price_decimals if instrument is not None else 2
    name = instrument.label if instrument is not None else quote.instrument.text
    old = formats.age(age_s) if age_s is not None else ""
    facts = _facts(quote, instrument, places)
    if quote.instrument.kind is InstrumentKind.INDEX:
        return Ladder(name, old=old, facts=facts, note=_NO_DEPTH)
    depth = quote.depth
    bids, asks = depth.bids[:LEVELS], depth.asks[:LEVELS]
    largest = max((level.quantity for level in (*bids, *asks)), default=0)
    total_bid = depth.total_bid_quantity or sum(level.quantity for level in bids)
    total_ask = depth.total_ask_quantity or sum(level.quantity for level in asks)
    both = total_bid + total_ask
    return Ladder(
        name,
        _side(bids, places, largest),
        _side(asks, places, largest),
        formats.quantity(total_bid if bids else None),
        formats.quantity(total_ask if asks else None),
        total_bid / both if both else 0.5,
        _spread(quote, places),
        old,
        facts,
    )


def draft_of(instrument: InstrumentId, side: LadderSide, price: Decimal, *, opposite: bool = False) -> TicketDraft:
    """The ticket of a price in the ladder: it trades against that level. ``opposite`` joins the level's own queue.

    A bid is somebody who buys, so the order that meets it sells at that price; an ask is met by buying.
    """
    meets = Side.SELL if side is LadderSide.BID else Side.BUY
    return TicketDraft(instrument, meets.opposite if opposite else meets, limit_price=price, order_type=OrderType.LIMIT)


def price_hint(side: LadderSide, price_text: str) -> str:
    """What a click on a price does, in words."""
    if side is LadderSide.BID:
        return f"Click: sell at {price_text}, to those who buy there. Shift+click: buy at {price_text}, behind them."
    return f"Click: buy at {price_text}, from those who sell there. Shift+click: sell at {price_text}, behind them."


def spoken(ladder: Ladder) -> str:
    """The best prices and sums as a sentence, for screen readers."""
    if ladder.note:
        return ladder.note
    bid, ask = ladder.bids[0], ladder.asks[0]
    best = f"Bid {bid.quantity} at {bid.price_text}, ask {ask.quantity} at {ask.price_text}"
    return f"{best}. Buyers {ladder.total_bid}, sellers {ladder.total_ask}. {ladder.spread} {ladder.old}".strip()


def _side(levels: tuple[DepthLevel, ...], places: int, largest: int) -> tuple[Level, ...]:
    shown = [
        Level(
            level.price,
            formats.price(level.price, places),
            formats.quantity(level.quantity),
            formats.quantity(level.orders) if level.orders else formats.EN_DASH,
            level.quantity / largest if largest else 0.0,
        )
        for level in levels
    ]
    return (*shown, *(Level() for _ in range(LEVELS - len(shown))))


def _spread(quote: Quote, places: int) -> str:
    if quote.bid is None or quote.ask is None:
        return ""
    return f"spread {formats.price(quote.ask - quote.bid, places)}"


def _facts(quote: Quote, instrument: Instrument | None, places: int) -> tuple[Fact, ...]:
    def price(value: Decimal | None) -> str:
        return formats.price(value, places)

    facts = [
        Fact("Open", price(quote.open)),
        Fact("High", price(quote.high)),
        Fact("Prev close", price(quote.previous_close)),
        Fact("Low", price(quote.low)),
    ]
    if quote.instrument.kind is InstrumentKind.INDEX:
        return tuple(facts)
    lower = quote.lower_circuit or (instrument.lower_circuit if instrument is not None else None)
    upper = quote.upper_circuit or (instrument.upper_circuit if instrument is not None else None)
    facts += [
        Fact("Volume", formats.quantity(quote.volume)),
        Fact("Day average", price(quote.average_price)),
        Fact("Lower circuit", price(lower)),
        Fact("Upper circuit", price(upper)),
        Fact("Last quantity", formats.quantity(quote.last_quantity)),
    ]
    if quote.instrument.expiry is not None:
        facts.append(Fact("Open interest", formats.quantity(quote.open_interest)))
    return tuple(facts)
