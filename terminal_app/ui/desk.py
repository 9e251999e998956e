"""What the panels of one window share: the chosen instrument, the frame timer, tasks, toasts and questions."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from terminal_app.domain.errors import BhavError
from terminal_app.ui.drafts import ConfirmRequest, TicketDraft

if TYPE_CHECKING:
    import asyncio

    from terminal_app.domain.ids import InstrumentId
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.actions import Actions
    from terminal_app.ui.bridge import Bridge

_log = logging.getLogger(__name__)
FRAME_MS = 16


class Desk(QObject):
    """Panels meet here and never hold each other."""

    instrument_chosen = Signal(object)
    """InstrumentId: a row was chosen somewhere; chart, ticket and depth follow."""
    ticket_wanted = Signal(object)
    """TicketDraft."""
    watch_wanted = Signal(object)
    """InstrumentId: put it on the watchlist that is shown."""
    panel_wanted = Signal(str)
    """Name of the panel to bring to the front and focus."""
    toast_wanted = Signal(str, str, str)
    """Title, text, tone ("buy", "sell", "profit", "news", "error")."""
    confirm_wanted = Signal(object, object)
    """ConfirmRequest and the future that takes the answer."""
    frame = Signal()
    """The frame timer, 60 times a second while the window is visible: read changed quotes here."""
    second = Signal()
    """Once a second: ages, clock, countdowns."""

    def __init__(self, actions: Actions, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self.actions = actions
        self.bridge = bridge
        self.terminal: Terminal | None = None
        self._instrument: InstrumentId | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._frame_timer = QTimer(self)
        self._frame_timer.setInterval(FRAME_MS)
        self._frame_timer.timeout.connect(self.frame)
        self._second_timer = QTimer(self)
        self._second_timer.setInterval(1000)
        self._second_timer.timeout.connect(self.second)

    @property
    def current_instrument(self) -> InstrumentId | None:
        """The instrument that the linked panels show."""
        return self._instrument

    def start(self, terminal: Terminal) -> None:
        """The services are there: timers run from now on."""
        self.terminal = terminal
        self._frame_timer.start()
        self._second_timer.start()

    def set_visible(self, visible: bool) -> None:
        """No frames are painted for a window that nobody sees."""
        if visible and self.terminal is not None:
            self._frame_timer.start()
        else:
            self._frame_timer.stop()

    def choose(self, instrument: InstrumentId) -> None:
        """Show this instrument in the linked panels."""
        if instrument == self._instrument:
            return
        self._instrument = instrument
        self.instrument_chosen.emit(instrument)

    def open_ticket(self, draft: TicketDraft) -> None:
        """Open the ticket filled with ``draft``."""
        self.choose(draft.instrument)
        self.ticket_wanted.emit(draft)

    def add_to_watchlist(self, instrument: InstrumentId) -> None:
        """Put an instrument on the watchlist that is shown; the watchlist says what came of it."""
        self.watch_wanted.emit(instrument)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front and focus it."""
        self.panel_wanted.emit(name)

    def toast(self, title: str, text: str, tone: str = "news") -> None:
        """A short message for what passed."""
        self.toast_wanted.emit(title, text, tone)

    async def confirm(self, request: ConfirmRequest) -> bool:
        """Ask once more; False when the user closes the question."""
        import asyncio

        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.confirm_wanted.emit(request, answer)
        return await answer

    def run(self, work: Coroutine[Any, Any, Any], what: str, topic: str = "") -> asyncio.Task[Any]:
        """Start work that the window owns. Its failure becomes a notice that says ``what`` did not happen."""
        import asyncio

        task = asyncio.get_running_loop().create_task(self._guarded(work, what, topic), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Cancelled before its first step it would warn that nobody awaited it.
        task.add_done_callback(lambda _: work.close())
        return task

    async def aclose(self) -> None:
        """Stop the timers and end what is still running."""
        import asyncio

        self._frame_timer.stop()
        self._second_timer.stop()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=2)

    async def _guarded(self, work: Coroutine[Any, Any, Any], what: str, topic: str) -> None:
        try:
            await work
        except BhavError as error:
            if self.terminal is not None:
                self.terminal.notices.failed(what, error, topic)
        except Exception as error:  # noqa: BLE001 - the task's boundary: reported, never lost
            _log.exception("%s", what)
            if self.terminal is not None:
                fault = BhavError(
                    f"This is a fault in Bhav ({type(error).__name__}); the log has the details. No order was sent twice."
                )
                self.terminal.notices.failed(what, fault, topic)
