"""The depth panel: follows the chosen instrument, and asks for its depth only while somebody sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from terminal_app.domain.enums import FeedMode, InstrumentKind, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.states import EmptyState
from terminal_app.ui.panels.depth.ladder import DepthLadder
from terminal_app.ui.panels.depth.model import LadderSide
from terminal_app.ui.panels.depth.presenter import draft_of, ladder_of, spoken

if TYPE_CHECKING:
    from terminal_app.services.market import QuoteRows
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot


class DepthPanel(Ground):
    """Five levels of the chosen instrument."""

    NAME = "depth"
    TITLE = "Depth"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        super().__init__()
        self._desk = desk
        self._terminal: Terminal | None = None
        self._rows: QuoteRows | None = None
        self._instrument: InstrumentId | None = None
        self._name = Label("", "small", "text.2")
        self.ladder = DepthLadder()
        self.ladder.price_chosen.connect(self._on_price_chosen)
        self.ladder.side_chosen.connect(self._on_side_chosen)
        self._empty = EmptyState("No instrument chosen.", "Press [Ctrl K] to find one.")
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.ladder)

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """Begin to follow the chosen instrument."""
        self._terminal = terminal
        desk.instrument_chosen.connect(self._follow)
        desk.bridge.instruments_changed.connect(lambda _: self._show())
        desk.frame.connect(self._on_frame)
        desk.second.connect(self._on_second)
        if desk.current_instrument is not None:
            self._follow(desk.current_instrument)

    def header_left(self) -> QWidget | None:
        """The title stays."""
        return None

    def header_actions(self) -> QWidget | None:
        """Whose depth it is."""
        return self._name

    def save_state(self) -> dict[str, Any]:
        """Nothing: the instrument is the window's."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Nothing to take back."""

    def focus_main(self) -> None:
        """Put the focus on the best bid."""
        self.ladder.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._let_go()

    def _follow(self, instrument: InstrumentId) -> None:
        assert self._terminal is not None
        self._instrument = instrument
        market = self._terminal.market
        place = "" if instrument.kind is InstrumentKind.INDEX else f" {instrument.exchange.value}"
        self._name.show_text(f"{market.label(instrument)}{place}")
        self.ladder.setAccessibleName(f"Market depth of {market.label(instrument)}")
        self._pages.setCurrentWidget(self.ladder)
        self._let_go()
        if self.isVisible():
            self._watch()
        else:
            self._show()

    def _watch(self) -> None:
        if self._terminal is not None and self._instrument is not None and self._rows is None:
            self._terminal.market.watch(self, [self._instrument], FeedMode.FULL)
            self._rows = self._terminal.market.rows([self._instrument])
            self._show()

    def _let_go(self) -> None:
        if self._rows is not None and self._terminal is not None:
            self._rows.close()
            self._rows = None
            self._terminal.market.release(self)

    def _on_frame(self) -> None:
        if self._rows is not None and len(self._rows.take()):
            self._show()

    def _on_second(self) -> None:
        if self._rows is not None:
            self._show()
            self.ladder.setAccessibleDescription(spoken(self.ladder.ladder))

    def _show(self) -> None:
        if self._terminal is None or self._instrument is None:
            return
        market = self._terminal.market
        age_s = market.age_s(self._instrument) if market.is_old(self._instrument) else None
        quote, instrument = market.quote(self._instrument), market.instrument(self._instrument)
        self.ladder.show_ladder(ladder_of(quote, instrument, age_s))

    def _on_price_chosen(self, side: LadderSide, level: int, opposite: bool) -> None:
        levels = self.ladder.ladder.levels(side)
        price = levels[level].price if level < len(levels) else None
        if self._instrument is not None and price is not None:
            self._desk.open_ticket(draft_of(self._instrument, side, price, opposite=opposite))

    def _on_side_chosen(self, wanted: Side, side: LadderSide, level: int) -> None:
        meets = Side.SELL if side is LadderSide.BID else Side.BUY
        self._on_price_chosen(side, level, wanted is not meets)
