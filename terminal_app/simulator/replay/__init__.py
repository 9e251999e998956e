"""Recorded prices: reading bars and ticks from csv files, and playing them as a market.

``ReplayMarket`` is the price source; ``reader`` checks and reads files, ``names`` finds out which instruments they are
about, ``path`` holds the rules by which a bar becomes prices, volumes and depth.
"""

from terminal_app.simulator.replay.market import ReplayMarket

__all__ = ["ReplayMarket"]
