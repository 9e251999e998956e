"""The brokers' lists of instruments on disk: fetched once a trading day, kept when a fetch fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from pathlib import Path

import msgspec

from terminal_app.domain.clock import Clock, ist
from terminal_app.domain.errors import BrokerError, ProtocolError
from terminal_app.domain.instrument import InstrumentDump

_log = logging.getLogger(__name__)
RENEWED_AT = time(8, 30)
"""Brokers have the day's list by then (IST)."""
_LEAST_SHARE = 0.5
"""A list with fewer rows than this share of the one before was cut short on its way."""


class DumpFolder:
    """One file a broker. A list is good from 08:30 IST to the next; what is fetched is checked before it replaces anything."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._held: dict[str, tuple[datetime, InstrumentDump]] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def load(self, broker: str, fetch: Callable[[], Awaitable[InstrumentDump]]) -> tuple[InstrumentDump, str]:
        """The list of today; with a sentence where only an older one could be had. Raises BrokerError where there is none at all."""
        async with self._turns.setdefault(broker, asyncio.Lock()):
            kept = self._held.get(broker) or await asyncio.to_thread(self._read, broker)
            if kept is not None and kept[0] >= self._renewed_at():
                self._held[broker] = kept
                return kept[1], ""
            try:
                dump = await fetch()
                self._check(dump, kept[1] if kept is not None else None)
            except BrokerError as error:
                if kept is None:
                    raise
                self._held[broker] = kept
                when = f"{ist(kept[0]):%d %b %H:%M}"
                return kept[
                    1
                ], f"Today's could not be had ({error.message}). The one of {when} is used; new contracts are missing."
            now = self._clock.now()
            self._held[broker] = (now, dump)
            await asyncio.to_thread(self._write, broker, now, dump)
            return dump, ""

    def _renewed_at(self) -> datetime:
        now = ist(self._clock.now())
        today = datetime.combine(now.date(), RENEWED_AT, tzinfo=now.tzinfo)
        return today if now >= today else today - timedelta(days=1)

    @staticmethod
    def _check(dump: InstrumentDump, before: InstrumentDump | None) -> None:
        if not dump.instruments:
            raise ProtocolError("the list of instruments is empty")
        if before is not None and len(dump.instruments) < len(before.instruments) * _LEAST_SHARE:
            raise ProtocolError(
                f"the list of instruments has {len(dump.instruments)} rows, where the one before had {len(before.instruments)}"
            )

    def _path(self, broker: str) -> Path:
        return self._folder / f"{broker}.instruments"

    def _read(self, broker: str) -> tuple[datetime, InstrumentDump] | None:
        """What was kept; None where there is nothing that this version can read."""
        try:
            return _DECODER.decode(self._path(broker).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            _log.warning("the kept instrument list of %s cannot be read: %s", broker, error)
            return None

    def _write(self, broker: str, fetched_at: datetime, dump: InstrumentDump) -> None:
        """A list that cannot be kept costs a download tomorrow and nothing else."""
        path = self._path(broker)
        fresh = path.with_suffix(".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.msgpack.encode((fetched_at, dump)))
            fresh.replace(path)
        except OSError as error:
            _log.warning("the instrument list of %s could not be kept: %s", broker, error)
            fresh.unlink(missing_ok=True)


_DECODER = msgspec.msgpack.Decoder(tuple[datetime, InstrumentDump])
