"""Where the chart's bars come from: opens a source, drops the answers of earlier ones, asks for older pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from terminal_app.domain.errors import BhavError

if TYPE_CHECKING:
    import asyncio

    from terminal_app.domain.enums import Interval
    from terminal_app.domain.ids import InstrumentId
    from terminal_app.services.charts import BarArrays, ChartService, ChartSource
    from terminal_app.ui.desk import Desk


class BarLoader:
    """Holds one source at a time. ``on_loaded(source)``, ``on_older(bars or None)`` and ``on_failed(what, meaning)`` tell of it."""

    def __init__(
        self,
        desk: Desk,
        charts: ChartService,
        on_loaded: Callable[[ChartSource], None],
        on_older: Callable[[BarArrays | None], None],
        on_failed: Callable[[str, str], None],
    ) -> None:
        self._desk = desk
        self._charts = charts
        self._on_loaded, self._on_older, self._on_failed = on_loaded, on_older, on_failed
        self._task: asyncio.Task[None] | None = None
        self._older_task: asyncio.Task[None] | None = None
        self.source: ChartSource | None = None

    def open(self, instrument: InstrumentId, interval: Interval, label: str) -> None:
        """Show something else; what was asked before is forgotten."""
        self.close()
        self._task = self._desk.run(self._open(instrument, interval, label), f"{label}: the chart was not loaded")

    def older(self) -> None:
        """One more page of history, unless one is on its way."""
        source = self.source
        if source is not None and (self._older_task is None or self._older_task.done()):
            self._older_task = self._desk.run(self._older(source), "Older bars were not loaded")

    def close(self) -> None:
        """End what runs and let go of the source."""
        for task in (self._task, self._older_task):
            if task is not None:
                task.cancel()
        self._task = self._older_task = None
        if self.source is not None:
            self.source.close()
            self.source = None

    async def _open(self, instrument: InstrumentId, interval: Interval, label: str) -> None:
        try:
            source = await self._charts.open(instrument, interval)
        except BhavError as error:
            self._on_failed(f"The bars of {label} could not be loaded.", error.message)
        except Exception:
            self._on_failed(f"The bars of {label} could not be loaded.", "This is a fault in Bhav; the log says more.")
            raise
        else:
            self.source = source
            self._on_loaded(source)

    async def _older(self, source: ChartSource) -> None:
        older = await source.older()
        if source is self.source:
            self._on_older(older)
