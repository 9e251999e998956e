"""The very first start: a card over the chart says what there is and which key begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.domain.enums import AccountKind, InstrumentKind, Side
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft

if TYPE_CHECKING:
    from terminal_app.domain.ids import InstrumentId
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.main_window import MainWindow


def show_welcome(window: MainWindow, terminal: Terminal) -> None:
    """Show the card where no layout was kept yet and a paper account is chosen; opening a ticket sends it away."""
    current = terminal.accounts.current
    if not window.is_first_start or current is None or terminal.accounts.get(current).kind is not AccountKind.PAPER:
        return
    from terminal_app.ui.dialogs.welcome import WelcomeCard

    first = first_share(window, terminal)
    funds = formats.money(terminal.accounts.funds_at_start(current), 0)
    card = WelcomeCard(window, window.chart, funds, terminal.market.label(first) if first else "")
    window.desk.ticket_wanted.connect(card.dismiss)
    window.bridge.current_account_changed.connect(card.dismiss)  # a method: it is let go with the card
    if first is None:
        card.begin_wanted.connect(lambda: window.desk.actions.trigger("search"))
    else:
        card.begin_wanted.connect(lambda: window.desk.open_ticket(TicketDraft(first, Side.BUY)))
        window.desk.choose(first)
    card.show()


def first_share(window: MainWindow, terminal: Terminal) -> InstrumentId | None:
    """The first share of the first watchlist."""
    for id in window.snapshot.watchlists.get(1):  # noqa: A001
        if id.kind is InstrumentKind.EQUITY and terminal.market.instrument(id) is not None:
            return id
    return None
