"""Kite's JSON, read strictly."""

from __future__ import annotations

from terminal_app.brokers.strict import StrictFields


class Fields(StrictFields):
    """One JSON object of Kite's."""

    __slots__ = ()
    broker = "Zerodha"
    secrets = frozenset({"access_token", "public_token", "refresh_token", "enctoken", "request_id"})

    def __contains__(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.has(name)


rows = Fields.read_rows
moment = Fields.read_moment
note_once = Fields.note
