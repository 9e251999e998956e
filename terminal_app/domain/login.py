"""The seam between a broker's login and whoever answers it: a window, or a script in tests."""

from __future__ import annotations

from typing import Protocol

from terminal_app.domain.ids import AccountId


class LoginPrompter(Protocol):
    """Asks a person for what only a person has."""

    async def authorize(self, url: str, redirect: str) -> str:
        """Show the login page; the whole redirect address (POST fields as its query). Raises LoginCancelled, LoginTimeout."""
        ...

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        """Ask for a time-based one-time code; ``reason`` says why the code before was refused. Raises LoginCancelled, LoginTimeout."""
        ...
