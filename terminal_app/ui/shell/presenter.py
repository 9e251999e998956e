"""What the window itself does once the services are there: header, status bar, identity, toasts, questions, actions."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint

from terminal_app.domain.enums import AccountKind, FeedMode, OrderStatus, Side, TradingState
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.messages import NoticeLevel, NoticePosted, OrderChanged, SettingChanged
from terminal_app.ui import formats
from terminal_app.ui.drafts import ConfirmRequest, TicketDraft
from terminal_app.ui.kit.identity import Identity
from terminal_app.ui.kit.toast import ToastStack, ToastText
from terminal_app.ui.shell.accounts_view import AccountsView
from terminal_app.ui.theme import theme

if TYPE_CHECKING:
    from terminal_app.domain.market import Quote
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.main_window import MainWindow

_log = logging.getLogger(__name__)
_TONES = {
    NoticeLevel.PASSED: "accent",
    NoticeLevel.NEWS: "accent",
    NoticeLevel.DOUBT: "warn",
    NoticeLevel.FAILED: "error",
}
_ENDINGS = {
    OrderStatus.FILLED: "Filled",
    OrderStatus.REJECTED: "Rejected",
    OrderStatus.DENIED: "Denied here",
    OrderStatus.CANCELLED: "Cancelled",
    OrderStatus.EXPIRED: "Expired",
    OrderStatus.UNKNOWN: "Not known yet",
}


class WindowPresenter(QObject):
    """Decides what the window's own parts show; panels decide for themselves."""

    def __init__(self, window: MainWindow, terminal: Terminal) -> None:
        super().__init__(window)
        from terminal_app.ui.main_window import INDICES

        self._window = window
        self._terminal = terminal
        self._desk = window.desk
        self._indices = [InstrumentId.parse(text) for _, text in INDICES]
        self._toasts = ToastStack(window)
        self._accounts = AccountsView(window, terminal)
        self._told: dict[str, OrderStatus] = {}
        self._lag_ms = 0.0

    def start(self) -> None:
        """Connect, bind the actions, and show the first state."""
        desk, bridge = self._desk, self._desk.bridge
        desk.panel_wanted.connect(self._window.show_panel)
        desk.toast_wanted.connect(self._toast)
        desk.confirm_wanted.connect(self._confirm)
        desk.frame.connect(self._show_indices)
        desk.second.connect(self._each_second)
        bridge.notice_posted.connect(self._on_notice)
        bridge.order_changed.connect(self._on_order)
        bridge.setting_changed.connect(self._on_setting)
        bridge.trading_state_changed.connect(lambda _: self._show_state())
        self._window.header.index_clicked.connect(lambda place: desk.choose(self._indices[place]))
        self._window.header.kill.clicked.connect(lambda: desk.actions.trigger("kill"))
        self._window.header.search.clicked.connect(lambda: desk.actions.trigger("search"))
        self._terminal.market.watch(self, self._indices, FeedMode.QUOTE)
        self._rows = self._terminal.market.rows(self._indices)
        self._accounts.start()
        self._bind_actions()
        self._show_state()
        self._each_second()
        for sentence in self._window.snapshot.damage:
            self._terminal.notices.post(NoticeLevel.FAILED, "A settings file was damaged", sentence, "settings")

    def _bind_actions(self) -> None:
        from terminal_app.ui.shell.commands import bind_commands

        bind_commands(self._window, self._terminal, self._accounts)
        actions = self._desk.actions
        actions.bind("buy", lambda: self._open_ticket(Side.BUY))
        actions.bind("sell", lambda: self._open_ticket(Side.SELL))
        actions.bind("kill", self._kill)
        actions.bind("resume", self._resume)

    def _open_ticket(self, side: Side) -> None:
        instrument = self._desk.current_instrument
        if instrument is None:
            self._desk.toast("Choose an instrument first", "Press Ctrl+K to find one.", "news")
            return
        self._desk.open_ticket(TicketDraft(instrument, side))

    def _kill(self) -> None:
        if self._terminal.orders.state(None).state is TradingState.HALTED:
            self._resume()
            return
        self._desk.run(self._ask_and_kill(), "The kill switch did not finish", "orders")

    async def _ask_and_kill(self) -> None:
        working = sum(order.status.is_open for _, order in self._terminal.orders.orders(None))
        request = ConfirmRequest(
            "Stop trading?",
            "New orders are refused in every account until you resume. Working orders are cancelled. Positions stay open; cancels and exits still work.",
            f"Stop and cancel {working} orders" if working else "Stop trading",
            (("Accounts", "all"), ("Working orders", str(working))),
            "danger",
        )
        if not await self._desk.confirm(request):
            return
        outcome = await self._terminal.orders.kill()
        text = f"{outcome.asked} orders were asked to cancel." if outcome.asked else "No order was working."
        if outcome.failed:
            self._terminal.notices.post(
                NoticeLevel.FAILED,
                "Trading is stopped, but not every cancel went through",
                " ".join(outcome.failed),
                "orders",
            )
        else:
            self._desk.toast("Trading is stopped", f"{text} Resume is in the Trade menu.", "error")

    def _resume(self) -> None:
        if self._terminal.orders.state(None).state is TradingState.NORMAL:
            self._desk.toast("Trading is not stopped", "Nothing to resume.", "news")
            return
        self._desk.run(self._ask_and_resume(), "Trading could not be resumed", "orders")

    async def _ask_and_resume(self) -> None:
        state = self._terminal.orders.state(None)
        since = f" since {formats.clock(state.since)}" if state.since else ""
        request = ConfirmRequest("Resume trading?", f"Stopped{since}: {state.reason}", "Resume trading")
        if await self._desk.confirm(request):
            self._terminal.orders.resume()
            self._desk.toast("Trading is resumed", "New orders are sent again.", "profit")

    def _show_state(self) -> None:
        halted = self._terminal.orders.state(None).state is TradingState.HALTED
        self._window.header.show_halted(halted)
        self._desk.actions.get("resume").setEnabled(halted)

    def _show_indices(self) -> None:
        changed = self._rows.take()
        if len(changed) == 0:
            return
        for place in changed:
            self._show_index(int(place), self._terminal.market.quote(self._indices[int(place)]))

    def _show_index(self, place: int, quote: Quote) -> None:
        self._window.header.indices[place].show_quote(quote.last_price, quote.change_percent)

    def _each_second(self) -> None:
        now = self._terminal.clock.now()
        self._window.header.show_clock(self._terminal.clock.label, formats.clock(now), formats.day(now))
        self._accounts.refresh_figures()
        status = self._window.status
        status.market.show_text(self._terminal.market.summary())
        status.storage.show_text(self._terminal.storage_text())
        loop_ms = self._terminal.loop_lag_ms()
        status.loop.show_text(f"loop {formats.milliseconds(loop_ms)}")

    def _on_notice(self, message: NoticePosted) -> None:
        notice = message.notice
        if notice.level is NoticeLevel.NEWS:
            return
        icon = "check" if notice.level is NoticeLevel.PASSED else "triangle-alert"
        self._toasts.show_toast(
            ToastText(notice.title, notice.text, formats.clock(notice.time), _TONES[notice.level], icon)
        )

    def _on_order(self, message: OrderChanged) -> None:
        order = message.order
        if order.client_id is None or self._told.get(order.client_id) is order.status:
            return
        self._told[order.client_id] = order.status
        word = _ENDINGS.get(order.status)
        if word is None:
            return
        label = self._terminal.market.label(order.instrument)
        paper = self._terminal.accounts.get(message.account).kind is AccountKind.PAPER
        kind = "PAPER" if paper else "LIVE"
        side = order.request.side.value
        quantity = formats.quantity(order.filled_quantity or order.request.quantity)
        name = self._terminal.accounts.get(message.account).name
        if order.status is OrderStatus.FILLED:
            tone = "buy" if order.request.side is Side.BUY else "sell"
            detail, icon = f"at {formats.price(order.average_price)}, {kind}, {name}", "check"
        elif order.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
            tone, detail, icon = "accent", order.reason or f"{kind}, {name}", "check"
        elif order.status is OrderStatus.UNKNOWN:
            tone, detail, icon = "warn", "Do not send it again; Bhav is asking.", "circle-question-mark"
        else:
            tone, detail, icon = "error", order.reason, "x"
        self._toasts.show_toast(
            ToastText(f"{word}: {side} {quantity} {label}", detail, formats.clock(order.updated_at), tone, icon)
        )

    def _on_setting(self, message: SettingChanged) -> None:
        settings = self._terminal.settings
        if message.key == "theme":
            theme().set_choice(settings.text("theme"))
        elif message.key == "colours":
            theme().set_safe_colors(settings.text("colours") == "safe")
        elif message.key == "zoom":
            theme().set_zoom(settings.number("zoom") / 100)
        elif message.key.startswith("key."):
            self._desk.actions.rebind(settings.key_bindings())

    def _toast(self, title: str, text: str, tone: str) -> None:
        tones = {"news": "accent", "error": "error", "buy": "buy", "sell": "sell", "profit": "profit", "warn": "warn"}
        icon = "triangle-alert" if tone in ("error", "warn") else "check"
        now = formats.clock(self._terminal.clock.now())
        self._toasts.show_toast(ToastText(title, text, now, tones.get(tone, "accent"), icon))

    def _confirm(self, request: ConfirmRequest, answer: asyncio.Future[bool]) -> None:
        from terminal_app.ui.dialogs.confirm import ConfirmDialog

        async def ask() -> None:
            agreed = bool(await ConfirmDialog(self._window, request).ask())
            if not answer.done():
                answer.set_result(agreed)

        self._desk.run(ask(), "The question could not be shown")
