"""What a paper account can trade: everything that the price source lists."""

from __future__ import annotations

from terminal_app.domain.enums import Exchange
from terminal_app.domain.instrument import InstrumentDump
from terminal_app.simulator.steps import MarketSource


def dump(source: MarketSource) -> InstrumentDump:
    """All instruments, in the order of their rows."""
    return InstrumentDump(tuple(source.instruments))


def exchanges(source: MarketSource) -> tuple[Exchange, ...]:
    """The exchanges that are listed, each once."""
    return tuple(dict.fromkeys(instrument.exchange for instrument in source.instruments))
