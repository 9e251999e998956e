"""The one place where the services' messages become Qt signals."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from terminal_app.domain import messages
from terminal_app.domain.bus import Bus, Subscription


class Bridge(QObject):
    """Every message as a signal that carries it. Emitted on the GUI thread, where all state lives."""

    order_changed = Signal(object)
    fill_added = Signal(object)
    position_changed = Signal(object)
    book_loaded = Signal(object)
    funds_changed = Signal(object)
    holdings_changed = Signal(object)
    pnl_point_added = Signal(object)
    accounts_changed = Signal(object)
    connection_changed = Signal(object)
    current_account_changed = Signal(object)
    trading_state_changed = Signal(object)
    instruments_changed = Signal(object)
    watchlists_changed = Signal(object)
    setting_changed = Signal(object)
    notice_posted = Signal(object)
    notice_cleared = Signal(object)

    def __init__(self, bus: Bus, parent: QObject) -> None:
        super().__init__(parent)
        self._subscriptions: list[Subscription] = [
            bus.subscribe(messages.OrderChanged, self.order_changed.emit),
            bus.subscribe(messages.FillAdded, self.fill_added.emit),
            bus.subscribe(messages.PositionChanged, self.position_changed.emit),
            bus.subscribe(messages.BookLoaded, self.book_loaded.emit),
            bus.subscribe(messages.FundsChanged, self.funds_changed.emit),
            bus.subscribe(messages.HoldingsChanged, self.holdings_changed.emit),
            bus.subscribe(messages.PnlPointAdded, self.pnl_point_added.emit),
            bus.subscribe(messages.AccountsChanged, self.accounts_changed.emit),
            bus.subscribe(messages.ConnectionChanged, self.connection_changed.emit),
            bus.subscribe(messages.CurrentAccountChanged, self.current_account_changed.emit),
            bus.subscribe(messages.TradingStateChanged, self.trading_state_changed.emit),
            bus.subscribe(messages.InstrumentsChanged, self.instruments_changed.emit),
            bus.subscribe(messages.WatchlistsChanged, self.watchlists_changed.emit),
            bus.subscribe(messages.SettingChanged, self.setting_changed.emit),
            bus.subscribe(messages.NoticePosted, self.notice_posted.emit),
            bus.subscribe(messages.NoticeCleared, self.notice_cleared.emit),
        ]

    def close(self) -> None:
        """Hear no more."""
        for subscription in self._subscriptions:
            subscription.cancel()
