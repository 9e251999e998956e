"""Brokers' wires over the simulated market: HTTP, login pages and sockets on loopback, with faults on demand.

``base`` is the common server, ``dials`` what goes wrong on demand, ``clients`` and ``tokens`` who may call, ``throttle`` how often,
``channel`` a socket, ``listing`` the exchange's tokens and trading symbols. A dialect knows its broker's wire from the documentation
alone and never an adapter: what agrees with both must be right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.base import Dialect
    from terminal_app.simulator.venue import Venue


def _zerodha(venue: Venue) -> Dialect:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

    return ZerodhaDialect(venue)


def _upstox(venue: Venue) -> Dialect:
    from terminal_app.simulator.dialects.upstox.server import UpstoxDialect

    return UpstoxDialect(venue)


DIALECTS: Mapping[str, Callable[[Venue], Dialect]] = {"zerodha": _zerodha, "upstox": _upstox}
"""By broker. Each takes the market that it serves; aiohttp is imported on the first use."""
