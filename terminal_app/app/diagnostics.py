"""Versions, paths and states as text without secrets, for “Copy diagnostics”."""

from __future__ import annotations

import importlib.metadata
import platform
from contextlib import suppress

from terminal_app import __version__
from terminal_app.app.logs import redact
from terminal_app.app.paths import Paths
from terminal_app.domain.enums import ConnectionState
from terminal_app.services.accounts import AccountService

_LIBRARIES = ("PySide6", "qasync", "numpy", "pyqtgraph", "SQLAlchemy")


def describe(paths: Paths, accounts: AccountService, prices_from: str) -> str:
    """A few lines that help to find a fault."""
    lines = [f"Bhav {__version__}", f"Python {platform.python_version()}, {platform.platform()}"]
    for name in _LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            lines.append(f"{name} {importlib.metadata.version(name)}")
    lines += [f"data {paths.data}", f"config {paths.config}", f"logs {paths.logs}", f"paper prices from {prices_from}"]
    for account in accounts.all():
        connection = accounts.connection(account.id)
        state = "connected" if connection.state is ConnectionState.LIVE else connection.state.value.lower()
        lines.append(f"account {account.broker} {account.kind.value}, {state.replace('_', ' ')}: {connection.reason}")
    return redact("\n".join(lines))
