"""A made-up market, the same for the same seed: stocks, indices, futures and options that hang together.

``spec`` describes what is listed, ``levels`` the closes day by day, ``day`` the minutes of one day, ``pricing`` what a future or an
option is worth, ``listing`` which contracts exist, ``flow`` and ``depth`` the single prices within a minute, ``market`` joins them.
"""

from terminal_app.simulator.synthetic.market import SyntheticMarket

__all__ = ["SyntheticMarket"]
