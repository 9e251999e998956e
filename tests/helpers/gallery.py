"""Every small part of the kit in every state, drawn into a picture: `python -m tests.helpers.gallery DIR`."""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from terminal_app.ui.kit.badges import Chip, Counter, KeyCap, LetterMark
from terminal_app.ui.kit.buttons import Button, IconButton, PlaceButton
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.identity import Identity, IdentityBand, IdentityFrame
from terminal_app.ui.kit.label import Label, ValueRow
from terminal_app.ui.kit.lamp import WORDS, Lamp, LampState
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.kit.number_field import NumberField
from terminal_app.ui.kit.panel_header import PanelHeader
from terminal_app.ui.kit.ring import Ring
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.kit.segments import Segments
from terminal_app.ui.kit.states import EmptyState, FailedState
from terminal_app.ui.kit.switch import Switch
from terminal_app.ui.kit.toast import Toast, ToastText
from terminal_app.ui.theme import TYPE, Scheme, theme


def box(title: str, *parts: QWidget) -> QWidget:
    ground = Ground()
    column = QVBoxLayout(ground)
    column.setContentsMargins(0, 0, 0, 10)
    column.setSpacing(8)
    column.addWidget(PanelHeader(title))
    inner = QVBoxLayout()
    inner.setContentsMargins(12, 4, 12, 0)
    inner.setSpacing(8)
    for part in parts:
        inner.addWidget(part)
    column.addLayout(inner)
    return ground


def line(*parts: QWidget, stretch: bool = True) -> QWidget:
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for part in parts:
        row.addWidget(part)
    if stretch:
        row.addStretch(1)
    return widget


def field(text: str, *, problem: str = "", enabled: bool = True) -> NumberField:
    made = NumberField("Price", step=Decimal("0.10"), places=2)
    made.setText(text)
    made.set_problem(problem)
    made.setEnabled(enabled)
    made.setFixedWidth(124)
    return made


def fields_column() -> list[QWidget]:
    focused = field("1,418.00")
    focused.setObjectName("focus-here")
    chooser = Segments("Side", [("buy", "BUY"), ("sell", "SELL")], tones={"buy": "buy", "sell": "sell"})
    kinds = Segments("Type", [("l", "Limit"), ("m", "Market"), ("sl", "SL"), ("slm", "SL-M")])
    kinds.set_key_enabled("slm", False, "not at this broker")
    plain = QLineEdit("plain text field")
    place, off = PlaceButton(), PlaceButton()
    place.show_order("buy", "BUY 30 lots (1,950) at 118.40", "LIVE, 2 orders to Zerodha AB1234")
    off.show_reason("Place", "fix the price first")
    sell, sending = PlaceButton(), PlaceButton()
    sell.show_order("sell", "SELL 2 lots (130) at market", "PAPER, simulated money")
    sending.show_sending("buy", "Sending 2 orders", "Esc stops what is not sent yet")
    kill, halted = (
        Button("KILL", "danger", icon_name="octagon-minus"),
        Button("HALTED", "danger", icon_name="octagon-minus"),
    )
    halted.set_filled(True)
    off_button = Button("off")
    off_button.setEnabled(False)
    net = Button("Net", "tool")
    net.setCheckable(True)
    net.setChecked(True)
    return [
        box(
            "Fields",
            line(Label("rest", "small", "text.3"), field("1,418.00"), Label("focus", "small", "text.3"), focused),
            line(
                Label("error", "small", "text.3"), field("1,418.03", problem="off tick"), field("\u2013", enabled=False)
            ),
            plain,
            line(chooser, kinds, stretch=False),
        ),
        box(
            "Buttons",
            line(Button("Cancel"), off_button, Button("Log in", "primary"), Button("Exit all", "small")),
            line(
                kill,
                halted,
                net,
                Button("Day", "tool"),
                IconButton("funnel", "Filter"),
                IconButton("columns-3", "Columns"),
            ),
            place,
            off,
            sell,
            sending,
        ),
        box(
            "Type",
            *(line(Label(name, "small", "text.3"), Label("+12,34,567.80 NIFTY 24800 CE", name)) for name in TYPE),
        ),
    ]


def states_column() -> list[QWidget]:
    tabs = SectionTabs("Bottom", [("p", "Positions"), ("o", "Orders"), ("t", "Trades"), ("log", "Log")])
    tabs.set_count("p", 5)
    tabs.set_count("o", 4)
    tabs.set_count("log", 1, warn=True)
    symbol = SectionTabs("Chart")
    symbol.add("r", "RELIANCE", "NSE")
    symbol.add("n", "NIFTY 50")
    header, second = PanelHeader(tabs=tabs), PanelHeader(tabs=symbol)
    header.add_tool(IconButton("download", "Export"))
    second.add_rule()
    second.add_tool(IconButton("link", "Link"))
    rows = QWidget()
    grid = QVBoxLayout(rows)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(2)
    for row in (
        ValueRow("Margin needed", "2,30,880.00", "of 3,41,200.00 free"),
        ValueRow("Charges", "151.20", "this order"),
        ValueRow("Brokerage", "40.00", indent=True),
        ValueRow("Break-even", "118.75", "7 ticks up"),
    ):
        grid.addWidget(row)
    return [
        header,
        second,
        box("Preview", rows),
        box("Empty", EmptyState("No open positions today.", "Press [F1] to buy or [F2] to sell.")),
        box(
            "Failed",
            FailedState("Holdings could not be read.", "Zerodha: gateway timed out. Your shares are not affected."),
        ),
    ]


def lamps_column(window: QWidget) -> list[QWidget]:
    lamps = QWidget()
    grid = QGridLayout(lamps)
    grid.setContentsMargins(0, 0, 0, 0)
    for index, state in enumerate(LampState):
        grid.addWidget(line(Lamp(state), Label(WORDS[state])), index // 2, index % 2)
    switches = []
    for kind, on, busy in (
        ("live", False, False),
        ("live", False, True),
        ("live", True, False),
        ("paper", True, False),
    ):
        switch = Switch("account", kind=kind)
        switch.setChecked(on)
        switch.set_busy(busy)
        switches.append(switch)
    warn, error, news, wrapped = NoticeBar(), NoticeBar(), NoticeBar(closable=True), NoticeBar(wrap=True)
    warn.show_notice(
        "warn", "Feed silent for 14 s.", "Prices are marked old. Reconnecting, try 2 of 5.", action="Ask now"
    )
    error.show_notice("error", "Order refused.", "INFY was not bought, no money moved.")
    news.show_notice("news", "RELIANCE: SELL 250 cancelled at 14:36:05")
    wrapped.show_notice(
        "warn",
        "The price is 14 s old.",
        "The feed is silent, the exchange may have moved. Limit orders can still be sent.",
        icon_name="clock",
    )
    live, paper = IdentityBand(), IdentityBand()
    live.show_identity(Identity.LIVE, "real money", "Zerodha AB1234")
    paper.show_identity(Identity.PAPER, "simulated money")
    block = IdentityBand(compact=False)
    block.show_identity(Identity.PAPER, "Simulated money. Nothing is sent to an exchange.")
    frames = []
    for identity in Identity:
        content = Ground()
        QVBoxLayout(content).addWidget(Label(f"window frame, {identity}"))
        frame = IdentityFrame(content)
        frame.set_identity(identity)
        frames.append(frame)
    ring = Ring(30)
    ring.set_left(22)
    chips = [
        Chip("BUY", "buy"),
        Chip("SELL", "sell"),
        Chip("NFO"),
        Chip("broker \u2212350", "warn"),
        Chip("REJECTED", "error"),
    ]
    toast = Toast(
        ToastText("Filled: BUY 65 NIFTY 24800 CE", "at 104.20, LIVE, Zerodha AB1234", "11:20:55", "buy"), window
    )
    return [
        box("Lamps", lamps),
        box(
            "Chips, counters, switches",
            line(*chips, Counter(5), KeyCap("Ctrl K"), LetterMark("Z")),
            line(*switches, ring),
        ),
        box("Notices", warn, error, news, wrapped),
        box("Toast", toast),
        box("Identity", live, paper, block, line(*frames, stretch=False)),
    ]


def gallery() -> QWidget:
    """The sheet as a widget."""
    window = Ground("bg.0")
    row = QHBoxLayout(window)
    row.setSpacing(12)
    for parts, width in ((fields_column(), 420), (states_column(), 440), (lamps_column(window), 540)):
        column = QVBoxLayout()
        column.setSpacing(12)
        for part in parts:
            part.setFixedWidth(width)
            column.addWidget(part)
        column.addStretch(1)
        row.addLayout(column)
    return window


def main(directory: Path) -> None:
    """Save the sheet in dark, light, the safe colours and at 150 %."""
    app = QApplication.instance() or QApplication(sys.argv)
    assert isinstance(app, QApplication)
    directory.mkdir(parents=True, exist_ok=True)
    for name, scheme, safe, zoom in (
        ("dark", Scheme.DARK, False, 1.0),
        ("light", Scheme.LIGHT, False, 1.0),
        ("dark-safe", Scheme.DARK, True, 1.0),
        ("dark-130", Scheme.DARK, False, 1.3),
    ):
        theme().set_choice(scheme)
        theme().set_safe_colors(safe)
        theme().set_zoom(zoom)
        theme().apply(app)
        window = gallery()
        window.resize(1440, 900)
        window.show()
        window.activateWindow()
        focused = window.findChild(NumberField, "focus-here", Qt.FindChildOption.FindChildrenRecursively)
        if focused is not None:
            focused.setFocus()
        app.processEvents()
        window.grab().save(str(directory / f"kit-{name}.png"))
        window.close()
    theme().set_safe_colors(False)
    theme().set_zoom(1.0)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/shots"))
