"""Cancelling orders from the window; what did not work is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from terminal_app.domain.errors import BhavError, OrderDenied
from terminal_app.domain.messages import NoticeLevel
from terminal_app.ui.panels.common.words import counted

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.panels.orders.model import OrderRow


async def cancel_orders(terminal: Terminal, rows: Sequence[OrderRow]) -> None:
    """Cancel these side by side. Raises OrderDenied, with every reason, where one of them still works."""
    import asyncio

    reasons = await asyncio.gather(*(_cancel(terminal, row) for row in rows))
    left = [reason for reason in reasons if reason]
    if left:
        raise OrderDenied("CANCEL", " ".join(left))


async def cancel_everything(terminal: Terminal, desk: Desk) -> None:
    """Cancel every working order of the shown accounts and say how it went."""
    summary = await terminal.orders.cancel_all(terminal.accounts.current)
    if summary.failed:
        text = f"{len(summary.failed)} of {summary.asked} still work. {'; '.join(summary.failed)}. Cancel them again."
        terminal.notices.post(NoticeLevel.FAILED, "Not every order was cancelled", text)
    else:
        desk.toast(f"{counted(summary.asked, 'order')} cancelled", "Nothing works any more in what is shown.", "news")


async def _cancel(terminal: Terminal, row: OrderRow) -> str:
    """Empty where the broker took the cancel, else why not."""
    what = f"{row.side.value} {row.label}"
    if row.client_id is None:
        return f"{what} was placed elsewhere: cancel it there."
    try:
        await terminal.orders.cancel(row.account, row.client_id)
    except BhavError as error:
        return f"{what}: {error.message}"
    return ""
