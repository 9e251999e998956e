"""The kill switch and the way back: one question each, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from terminal_app.domain.enums import TradingState
from terminal_app.domain.messages import NoticeLevel
from terminal_app.ui import formats
from terminal_app.ui.drafts import ConfirmRequest

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.shell.header import Header


class Stopping(QObject):
    """Stops trading in all accounts and resumes it; the header shows which holds."""

    def __init__(self, terminal: Terminal, desk: Desk, header: Header) -> None:
        super().__init__(desk)
        self._terminal, self._desk, self._header = terminal, desk, header

    def start(self) -> None:
        """Bind the actions and show the state."""
        self._desk.actions.bind("kill", self.kill)
        self._desk.actions.bind("resume", self.resume)
        self._desk.bridge.trading_state_changed.connect(lambda _: self.show_state())
        self._desk.bridge.setting_changed.connect(lambda _: self.show_state())
        self._header.kill.clicked.connect(lambda: self._desk.actions.trigger("kill"))
        self.show_state()

    def kill(self) -> None:
        """Ask, then stop; while trading is stopped the same key offers to resume."""
        if self._is_halted():
            self.resume()
        else:
            self._desk.run(self._ask_and_kill(), "The kill switch did not finish", "orders")

    def resume(self) -> None:
        """Ask, then resume."""
        if self._terminal.orders.state(None).state is TradingState.NORMAL:
            self._desk.toast("Trading is not stopped", "Nothing to resume.", "news")
            return
        self._desk.run(self._ask_and_resume(), "Trading could not be resumed", "orders")

    def show_state(self) -> None:
        """KILL or HALTED."""
        halted = self._is_halted()
        self._header.show_halted(halted, self._desk.actions.key_text("kill"))
        self._desk.actions.get("resume").setEnabled(halted)

    def _is_halted(self) -> bool:
        return self._terminal.orders.state(None).state is TradingState.HALTED

    async def _ask_and_kill(self) -> None:
        working = sum(order.status.is_open for _, order in self._terminal.orders.orders(None))
        request = ConfirmRequest(
            "Stop trading?",
            "New orders are refused in every account until you resume. Working orders are cancelled. "
            "Positions stay open; cancels and exits still work.",
            f"Stop and cancel {_orders(working)}" if working else "Stop trading",
            (("Accounts", "all"), ("Working orders", str(working))),
            "danger",
        )
        if not await self._desk.confirm(request):
            return
        outcome = await self._terminal.orders.kill()
        if outcome.failed:
            title = "Trading is stopped, but not every order was cancelled"
            self._terminal.notices.post(NoticeLevel.FAILED, title, " ".join(outcome.failed), "orders")
            return
        done = f"{_orders(outcome.asked)} cancelled." if outcome.asked else "No order was working."
        self._desk.toast("Trading is stopped", f"{done} Resume is in the Trade menu.", "error")

    async def _ask_and_resume(self) -> None:
        state = self._terminal.orders.state(None)
        since = f" since {formats.clock(state.since)}" if state.since else ""
        text = f"Trading is stopped{since}: {state.reason}. New orders are sent again afterwards."
        if await self._desk.confirm(ConfirmRequest("Resume trading?", text.replace("..", "."), "Resume trading")):
            self._terminal.orders.resume()
            self._desk.toast("Trading is resumed", "New orders are sent again.", "profit")


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"
