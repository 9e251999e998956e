"""The order ticket as a panel: it shows what the presenter says and tells it what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from terminal_app.domain.enums import OrderType, Product, Side, Validity
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.identity import Identity, IdentityBand
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.panels.ticket.bottom import TicketBottom
from terminal_app.ui.panels.ticket.form import TicketForm
from terminal_app.ui.panels.ticket.head import TicketHead
from terminal_app.ui.panels.ticket.presenter import TicketPresenter
from terminal_app.ui.theme import SIZE, SPACE, theme

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot

_PAD = SPACE.group - 2
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Ground(QWidget, ThemedMixin):
    """The ticket's ground with the rail in the side's colour down its left edge."""

    def __init__(self) -> None:
        super().__init__()
        self._side = "buy"
        self.follow_theme()

    def show_side(self, side: str) -> None:
        """Colour the rail."""
        if side != self._side:
            self._side = side
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.1"))
        painter.fillRect(0, 0, SIZE.side_rail, self.height(), theme().color(f"{self._side}.fill"))


class _Scroll(QScrollArea):
    """As high as its content where there is room, so that notice and Place stand right below; it scrolls where there is not."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        content = self.widget()
        layout = content.layout() if content is not None else None
        if content is None or layout is None:
            return super().sizeHint()
        hint = content.sizeHint()
        wrapped = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else 0
        return QSize(hint.width(), wrapped or hint.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 0)


class TicketPanel(QWidget):
    """Enter places and Esc closes while the focus is inside; Tab goes in reading order."""

    NAME = "ticket"
    TITLE = "Order ticket"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        super().__init__()
        self._desk = desk
        self.presenter = TicketPresenter(desk, snapshot.accounts, self._show, self._show_head)
        self.presenter.has_focus = self._has_focus
        self._focus_before: QWidget | None = None
        self.setAccessibleName(self.TITLE)
        self.band = IdentityBand(parent=self)
        self._ground = _Ground()
        self._scroll = _Scroll(self._ground)
        self.body = Ground()
        self._scroll.setWidget(
            self.body
        )  # before it is filled: moving a whole tree of widgets polishes each of them again
        self.head, self.form, self.bottom = TicketHead(self.body), TicketForm(self.body), TicketBottom(self.body)
        self._link = IconButton("link", "Follow the chosen instrument", checkable=True)
        self._link.setChecked(True)
        self._link.toggled.connect(self.presenter.set_follows)
        self._lay_out()
        self._connect()
        desk.instrument_chosen.connect(self._on_instrument)
        if desk.current_instrument is not None:
            self.presenter.choose_instrument(desk.current_instrument)
        self._show()

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there."""
        bridge, presenter = desk.bridge, self.presenter
        desk.ticket_wanted.connect(self._on_ticket_wanted)
        desk.frame.connect(presenter.on_frame)
        desk.second.connect(presenter.on_second)
        bridge.order_changed.connect(presenter.on_order)
        for signal in (bridge.funds_changed, bridge.position_changed, bridge.book_loaded):
            signal.connect(presenter.on_money)
        for signal in (bridge.current_account_changed, bridge.accounts_changed):
            signal.connect(presenter.on_account)
        bridge.connection_changed.connect(presenter.on_connection)
        bridge.trading_state_changed.connect(presenter.on_trading_state)
        bridge.instruments_changed.connect(presenter.on_instruments)
        presenter.attach(terminal)

    def header_left(self) -> QWidget | None:
        """The title stands there."""
        return None

    def header_actions(self) -> QWidget | None:
        """The link to the other panels."""
        return self._link

    def save_state(self) -> dict[str, Any]:
        """The product used last by segment, and whether the ticket follows."""
        return {"products": self.presenter.remembered.save(), "follows": self.presenter.follows}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        self.presenter.remembered.restore(state.get("products"))
        self._link.setChecked(bool(state.get("follows", True)))

    def focus_main(self) -> None:
        """The price, selected."""
        self.form.focus_price()

    @property
    def place_button(self) -> QWidget:
        """What toasts must never cover."""
        return self.bottom.place

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif event.key() in _ENTER:
            if not event.isAutoRepeat():
                self._on_enter()
        elif event.key() == Qt.Key.Key_Escape:
            self.presenter.close()
        else:
            super().keyPressEvent(event)

    def _on_enter(self) -> None:
        """Enter on a link or button presses that; anywhere else in the ticket it places."""
        focused = self.focusWidget()
        if isinstance(focused, QPushButton) and focused.hasFocus():
            focused.click()
        else:
            self.presenter.place()

    def _on_instrument(self, instrument: InstrumentId) -> None:
        self.presenter.choose_instrument(instrument)

    def _on_ticket_wanted(self, draft: TicketDraft) -> None:
        self.presenter.open(draft)
        self._desk.show_panel(self.NAME)
        self.focus_main()

    def _show(self) -> None:
        view, is_busy = self.presenter.view(), self.presenter.state.is_busy
        if is_busy:
            self._hold_focus()
        self.band.show_identity(Identity(view.identity), view.identity_text, view.identity_account)
        self._ground.show_side(view.rail)
        self.head.show_view(view)
        self.form.show_view(view)
        self.bottom.show_view(view)
        if not is_busy:
            self._return_focus()

    def _hold_focus(self) -> None:
        """The fields are switched off while an order goes out; the panel keeps the keys meanwhile, for Esc."""
        focused = QApplication.focusWidget()
        if self._focus_before is None and isinstance(focused, QWidget) and self.isAncestorOf(focused):
            self._focus_before = focused
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _return_focus(self) -> None:
        before, self._focus_before = self._focus_before, None
        if before is not None and self.window().focusWidget() is self:
            if isValid(before) and before.isEnabled():
                before.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.focus_main()

    def _show_head(self) -> None:
        self.head.show_head(self.presenter.head())

    def _has_focus(self) -> bool:
        focused = QApplication.focusWidget()
        return isinstance(focused, QWidget) and (focused is self or self.isAncestorOf(focused))

    def _make_room(self, _low: int, high: int) -> None:
        """The scroll bar stands in the margin, so that no field moves when it comes or goes."""
        margins = self._column.contentsMargins()
        taken = self._scroll.verticalScrollBar().sizeHint().width() if high > 0 else 0
        margins.setRight(max(0, _PAD - taken))
        self._column.setContentsMargins(margins)

    def _lay_out(self) -> None:
        column = self._column = QVBoxLayout(self.body)
        column.setContentsMargins(_PAD, SPACE.panel_pad, _PAD, 0)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._make_room)
        column.setSpacing(SPACE.panel_pad)
        column.addWidget(self.head)
        column.addWidget(self.form)
        column.addWidget(self.bottom)
        column.addStretch(1)
        foot = QVBoxLayout()
        foot.setContentsMargins(_PAD, SPACE.panel_pad, _PAD, _PAD)
        foot.setSpacing(SPACE.panel_pad)
        foot.addWidget(self.bottom.notice)
        foot.addWidget(self.bottom.place)
        inner = QVBoxLayout(self._ground)
        inner.setContentsMargins(SIZE.side_rail, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self._scroll)
        inner.addLayout(foot)
        inner.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.band)
        outer.addWidget(self._ground, 1)

    def _connect(self) -> None:
        form, presenter = self.form, self.presenter
        form.side_chosen.connect(lambda key: presenter.choose_side(Side(key)))
        form.product_chosen.connect(lambda key: presenter.choose_product(Product(key)))
        form.order_type_chosen.connect(lambda key: presenter.choose_order_type(OrderType(key)))
        form.validity_chosen.connect(lambda key: presenter.choose_validity(Validity(key)))
        form.text_edited.connect(presenter.edit)
        form.fixed.connect(self._on_fix)
        self.head.accounts.chosen.connect(lambda name: presenter.choose_account(AccountId(name)))
        self.bottom.place_clicked.connect(presenter.place)
        self.bottom.notice_action.connect(presenter.do)

    def _on_fix(self, field: str, value: Any) -> None:
        self.presenter.fix(field, value)
        QTimer.singleShot(0, self, self.focus_main)  # the link that had the focus goes away with the problem
