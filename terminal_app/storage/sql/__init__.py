"""The statements of the repositories: functions over a connection, for the storage thread.

Importing the modules imports SQLAlchemy.
"""

from __future__ import annotations

from importlib import import_module


def load() -> None:
    """Import those that trading needs, so that the first order does not wait for it."""
    for name in ("clock", "notices", "orders", "paper", "pnl", "positions"):
        import_module(f"{__name__}.{name}")
