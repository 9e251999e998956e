"""Toasts: what passed with orders, what failed, what the panels say; each in words of its own, decided without widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from terminal_app.domain.enums import AccountKind, OrderStatus, Side
from terminal_app.domain.messages import Notice, NoticeLevel, NoticePosted, OrderChanged
from terminal_app.ui import formats
from terminal_app.ui.kit.toast import ToastStack, ToastText

if TYPE_CHECKING:
    from terminal_app.domain.account import Account
    from terminal_app.domain.ids import AccountId
    from terminal_app.domain.order import Order
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

_NOTICE_TONES = {NoticeLevel.PASSED: "accent", NoticeLevel.DOUBT: "warn", NoticeLevel.FAILED: "error"}
"""News stands in the panel it concerns and in the Log; it is no toast."""
_TONES = {"news": "accent", "error": "error", "buy": "buy", "sell": "sell", "profit": "profit", "warn": "warn"}
_ENDINGS = {
    OrderStatus.FILLED: "Filled",
    OrderStatus.REJECTED: "Rejected",
    OrderStatus.DENIED: "Denied here",
    OrderStatus.CANCELLED: "Cancelled",
    OrderStatus.EXPIRED: "Expired",
    OrderStatus.UNKNOWN: "Not known yet",
}


def order_toast(order: Order, account: Account, label: str) -> ToastText | None:
    """What is told when an order ends or is in doubt; None for all other changes."""
    word = _ENDINGS.get(order.status)
    if word is None:
        return None
    where = f"{'PAPER' if account.kind is AccountKind.PAPER else 'LIVE'}, {account.name}"
    ended = order.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
    units = order.remaining_quantity if ended else order.filled_quantity or order.request.quantity
    quantity = formats.quantity(units)
    if ended and order.filled_quantity:
        quantity += f" of {formats.quantity(order.request.quantity)}"
    title = f"{word}: {order.request.side.value} {quantity} {label}"
    at = formats.clock(order.updated_at)
    if order.status is OrderStatus.FILLED:
        tone = "buy" if order.request.side is Side.BUY else "sell"
        return ToastText(title, f"at {formats.price(order.average_price)}, {where}", at, tone, "check")
    if ended:
        return ToastText(title, f"{order.reason} {where}".strip(), at, "accent", "check")
    if order.status is OrderStatus.UNKNOWN:
        return ToastText(title, f"Do not send it again; Bhav is asking. {where}", at, "warn", "circle-question-mark")
    return ToastText(title, f"{order.reason} {where}".strip(), at, "error", "x")


def notice_toast(notice: Notice) -> ToastText | None:
    """What is told of a notice; None for what only the Log keeps."""
    tone = _NOTICE_TONES.get(notice.level)
    if tone is None:
        return None
    icon = "check" if notice.level is NoticeLevel.PASSED else "triangle-alert"
    return ToastText(notice.title, notice.text, formats.clock(notice.time), tone, icon)


class Telling(QObject):
    """Listens, and shows toasts; each state of an order is told once."""

    def __init__(self, terminal: Terminal, desk: Desk, toasts: ToastStack) -> None:
        super().__init__(desk)
        self._terminal, self._toasts = terminal, toasts
        self._told: dict[str, OrderStatus] = {}
        desk.toast_wanted.connect(self.say)
        desk.bridge.notice_posted.connect(self._on_notice)
        desk.bridge.order_changed.connect(self._on_order)
        self._catch_up()

    def _catch_up(self) -> None:
        """Tell what came up before there was a window: troubles that last, orders that are in doubt."""
        for notice in self._terminal.notices.lasting():
            self._show_notice(notice)
        for account, order in self._terminal.orders.orders(None):
            if order.status is OrderStatus.UNKNOWN:
                self._show_order(account, order)

    def say(self, title: str, text: str, tone: str) -> None:
        """What a panel wants to be told."""
        icon = "triangle-alert" if tone in {"error", "warn"} else "check"
        now = formats.clock(self._terminal.clock.now())
        self._toasts.show_toast(ToastText(title, text, now, _TONES.get(tone, "accent"), icon))

    def _on_notice(self, message: NoticePosted) -> None:
        self._show_notice(message.notice)

    def _on_order(self, message: OrderChanged) -> None:
        self._show_order(message.account, message.order)

    def _show_notice(self, notice: Notice) -> None:
        toast = notice_toast(notice)
        if toast is not None:
            self._toasts.show_toast(toast)

    def _show_order(self, id: AccountId, order: Order) -> None:
        if order.client_id is None or self._told.get(order.client_id) is order.status:
            return
        self._told[order.client_id] = order.status
        toast = order_toast(order, self._terminal.accounts.get(id), self._terminal.market.label(order.instrument))
        if toast is not None:
            self._toasts.show_toast(toast)
