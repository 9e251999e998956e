"""The ticket's upper part: instrument and price, the account where all are shown, and whether an order is being changed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from terminal_app.domain.ids import AccountId
from terminal_app.ui.kit.badges import Chip
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.label import Label
from terminal_app.ui.panels.ticket.model import HeadView, TicketView
from terminal_app.ui.panels.ticket.words import SEPARATOR
from terminal_app.ui.theme import SPACE, theme

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ElidedLabel(Label):
    """A label that shortens its text at the right end; the whole text is the tooltip then.

    With a `separator` whole parts go, because a figure must not be cut.
    """

    def __init__(self, step: str, tone: str, separator: str = "") -> None:
        super().__init__("", step, tone)
        self._separator = separator
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = QFontMetrics(self.font())
        whole, shortened = self.text(), Qt.TextElideMode.ElideRight
        text = metrics.elidedText(whole, shortened, self.width())
        while text != whole and self._separator and self._separator in whole:
            whole = whole.rpartition(self._separator)[0]
            text = metrics.elidedText(whole, shortened, self.width())
        self.setToolTip(self.text() if text != self.text() else "")
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(theme().color(self.tone))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


class AccountChooser(QWidget):
    """Asks where this order goes, while the window shows all accounts."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._accounts: tuple[tuple[AccountId, str], ...] = ()
        self.button = Button("Choose the account")
        self.button.clicked.connect(self._open)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, SPACE.form_gap)
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(Label("Account", "body", "text.2"))
        row.addWidget(self.button, 1)

    def show_accounts(self, accounts: tuple[tuple[AccountId, str], ...], chosen: AccountId | None) -> None:
        """Offer these; hidden where there is nothing to choose."""
        self._accounts = accounts
        self.setVisible(bool(accounts))
        name = dict(accounts).get(chosen) if chosen is not None else None
        self.button.setText(name or "Choose the account…")
        self.button.setAccessibleName(f"Account of this order: {name or 'not chosen'}")

    def _open(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for account, name in self._accounts:
            menu.addAction(name).triggered.connect(lambda _=False, chosen=account: self.chosen.emit(chosen))
        menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))


class TicketHead(QWidget):
    """Instrument and LTP; under it what the contract is (or why the ticket stays on it), and the day's change."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = ElidedLabel("title", "text.1")
        self.change_chip = Chip("Modify", "warn")
        self.last_price = Label("", "title")
        self.last_price.setAlignment(_RIGHT)
        self.facts = ElidedLabel("small", "text.3", SEPARATOR)
        self.change = Label("", "small")
        self.change.setAlignment(_RIGHT)
        self.accounts = AccountChooser()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.accounts)
        column.addLayout(_line(self.name, self.change_chip, self.last_price))
        column.addLayout(_line(self.facts, self.change))
        self.change_chip.hide()

    def show_view(self, view: TicketView) -> None:
        """Show it."""
        self.accounts.show_accounts(view.accounts, view.account_chosen)
        self.show_head(view.head)

    def show_head(self, head: HeadView) -> None:
        """Show what follows every tick; the rest stays."""
        self.name.show_text(head.name)
        self.last_price.show_text(head.last_price, head.price_tone)
        self.facts.show_text(head.remark or head.facts, "warn" if head.remark else "text.3")
        self.change.show_text("" if head.remark else head.change, head.change_tone)
        self.change_chip.setVisible(head.modifies)
        self.setAccessibleName(f"{head.name}, last price {head.last_price}")


def _line(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(SPACE.form_gap)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 0 if place else 1)
    return row
