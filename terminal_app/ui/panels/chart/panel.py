"""The chart as a panel: it shows the chosen instrument's bars, live, with the orders on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from terminal_app.domain.enums import Interval
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.panels.chart.frame import ChartFrame
from terminal_app.ui.panels.chart.header import ChartHeader
from terminal_app.ui.panels.chart.model import OVERLAYS, ChartState
from terminal_app.ui.panels.chart.presenter import countdown

if TYPE_CHECKING:
    from terminal_app.services.charts import BarArrays, ChartSource
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.charts.bars import Bars
    from terminal_app.ui.charts.indicators import Indicator
    from terminal_app.ui.charts.price_chart import PriceChart
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.kit.states import FailedState
    from terminal_app.ui.panels.chart.loading import BarLoader
    from terminal_app.ui.panels.chart.trading import ChartTrading
    from terminal_app.ui.snapshot import Snapshot


class ChartPanel(Ground):
    """Stands in the middle of the window. The chart library is imported once there are bars to show."""

    NAME = "chart"
    TITLE = "Chart"

    enlarge_wanted = Signal(bool)
    """Give the chart the room of the panels around it, or give it back."""

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        super().__init__()
        self._desk = desk
        self._terminal: Terminal | None = None
        self._loader: BarLoader | None = None
        self.state = ChartState()
        first = snapshot.watchlists.get(1)
        self.state.instrument = next((one for one in first if one.series), next(iter(first), None))
        self.chart: PriceChart | None = None
        self.trading: ChartTrading | None = None
        self._failed: FailedState | None = None
        self.header = ChartHeader()
        self.frame = ChartFrame()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.frame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.stack, 1)
        self._connect()
        self._show_state()

    # What the window asks of a panel.

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there: bars are loaded as soon as every panel listens."""
        from terminal_app.ui.panels.chart.loading import BarLoader

        self._terminal = terminal
        self._loader = BarLoader(desk, terminal.charts, self._on_loaded, self._on_older, self.show_failure)
        desk.instrument_chosen.connect(self._on_chosen_elsewhere)
        desk.frame.connect(self._on_frame)
        desk.second.connect(self._on_second)
        desk.bridge.instruments_changed.connect(self._on_instruments)
        QTimer.singleShot(0, self, self._begin)

    def header_left(self) -> QWidget | None:
        """The chart has a header of its own."""
        return None

    def header_actions(self) -> QWidget | None:
        """The chart has a header of its own."""
        return None

    def save_state(self) -> dict[str, Any]:
        """Interval, overlays, tabs, what is shown."""
        return self.state.save()

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        self.state.restore(state)
        self._show_state()

    def focus_main(self) -> None:
        """The chart takes the arrow keys."""
        shown = self.stack.currentWidget()
        if shown is not None:
            shown.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # What is shown.

    def show_instrument(self, instrument: InstrumentId) -> None:
        """Chart another instrument."""
        if instrument != self.state.instrument:
            self.state.instrument = instrument
            self._show_state()
            self._load()

    def show_interval(self, interval: Interval) -> None:
        """Chart with other bars."""
        if interval is not self.state.interval:
            self.state.interval = interval
            self._show_state()
            self._load()

    def show_failure(self, what: str, meaning: str) -> None:
        """Say why there are no bars, with Try again."""
        if self._failed is None:
            from terminal_app.ui.kit.states import FailedState

            self._failed = FailedState()
            self._failed.retry.connect(self._load)
            self.stack.addWidget(self._failed)
        self._failed.show_failure(what, meaning)
        self.stack.setCurrentWidget(self._failed)

    def _show_state(self) -> None:
        market = self._terminal.market if self._terminal is not None else None
        is_listed = (lambda one: market.instrument(one) is not None) if market is not None else (lambda one: True)
        self.header.show_state(self.state, self.state.tabs(is_listed))

    def _load(self) -> None:
        instrument = self.state.instrument
        if self._loader is None or self._terminal is None or instrument is None:
            return
        label = self._terminal.market.label(instrument)
        if not self._terminal.market.has_instruments:
            self._loader.close()
            key = self._desk.actions.key_text("accounts")
            self.show_failure("There are no prices before the login.", f"Turn the account on in Accounts, {key}.")
            return
        if self._terminal.market.instrument(instrument) is None:
            self._loader.close()
            self.show_failure(f"{label} is not listed today.", "Choose another instrument with Ctrl+K.")
            return
        if self.chart is not None:
            if self.trading is not None:
                self.trading.show_instrument(None)
            self.chart.set_countdown("")
            self.chart.show_loading(f"Loading {label}")
            self.stack.setCurrentWidget(self.chart)
        elif self._failed is not None:
            self.stack.setCurrentWidget(self.frame)
        self._loader.open(instrument, self.state.interval, label)

    # Bars.

    def _begin(self) -> None:
        wanted = self._desk.current_instrument or self.state.instrument
        if wanted is None:
            self._show_state()
            return
        self.state.instrument = None
        self.show_instrument(wanted)
        if self.state.linked and self._desk.current_instrument is None:
            self._desk.choose(wanted)

    def _on_loaded(self, source: ChartSource) -> None:
        chart = self._made_chart()
        chart.set_indicators(self._indicators())
        bars = source.arrays()
        chart.set_bars(_bars(bars), decimals=source.decimals, interval_s=source.interval.seconds, tick=source.tick)
        if not len(bars):
            chart.show_empty("No bars yet", "Nothing was traded in it in the time that was looked at.")
        self.stack.setCurrentWidget(chart)
        if self.trading is not None:
            self.trading.show_instrument(source.instrument.id, source.decimals)
        self._on_second()

    def _on_older(self, bars: BarArrays | None) -> None:
        from terminal_app.ui.charts.bars import Bars

        if self.chart is not None:
            self.chart.prepend_bars(Bars.none() if bars is None else _bars(bars))

    def _on_frame(self) -> None:
        source = self._loader.source if self._loader is not None else None
        if source is None or self.chart is None or not self.chart.isVisible():
            return
        bars = source.take_last()
        if bars is None:
            return
        if not self._update(self.chart, bars):
            self._show_bars_again(source)
        if self.trading is not None:
            self.trading.follow_price()

    @staticmethod
    def _update(chart: PriceChart, bars: BarArrays) -> bool:
        """Move the chart on; False where the bars do not follow on what it holds."""
        held = int(chart.bars.time[-1]) if len(chart.bars) else 0
        if len(bars) and int(bars.time[0]) < held:
            return False
        for at in range(len(bars)):
            chart.update_last(
                int(bars.time[at]),
                float(bars.open[at]),
                float(bars.high[at]),
                float(bars.low[at]),
                float(bars.close[at]),
                float(bars.volume[at]),
            )
        return True

    def _show_bars_again(self, source: ChartSource) -> None:
        """A bar before the last was corrected: take them all."""
        if self.chart is not None:
            self.chart.set_bars(
                _bars(source.arrays()),
                decimals=source.decimals,
                interval_s=source.interval.seconds,
                tick=source.tick,
            )

    def _on_second(self) -> None:
        source = self._loader.source if self._loader is not None else None
        if source is None or self.chart is None or self._terminal is None or not len(self.chart.bars):
            return
        now_s = self._terminal.clock.now().timestamp()
        phase = self._terminal.market.phase(source.instrument.id)
        self.chart.set_countdown(countdown(int(self.chart.bars.time[-1]), source.interval, now_s, phase))

    def _made_chart(self) -> PriceChart:
        if self.chart is None:
            from terminal_app.ui.charts.price_chart import PriceChart
            from terminal_app.ui.panels.chart.trading import ChartTrading

            assert self._terminal is not None
            self.chart = PriceChart()
            self.trading = ChartTrading(self.chart, self._terminal, self._desk)
            self.trading.show_lines(self.state.order_lines)
            self.chart.older_wanted.connect(self._on_older_wanted)
            self.stack.addWidget(self.chart)
        return self.chart

    def _on_older_wanted(self) -> None:
        if self._loader is not None:
            self._loader.older()

    def _indicators(self) -> list[tuple[Indicator, str]]:
        from terminal_app.ui.charts.indicators import Ema, Vwap

        makers: dict[str, Callable[[], Indicator]] = {"ema20": lambda: Ema(20), "ema50": lambda: Ema(50), "vwap": Vwap}
        shown = set(self.state.overlays)
        if self.state.interval is Interval.D1:
            shown.discard("vwap")  # an average over one session says nothing where a bar is a session
        return [(makers[key](), color) for key, _, color in OVERLAYS if key in shown]

    # What the user chooses.

    def _connect(self) -> None:
        header = self.header
        header.instrument_chosen.connect(self._on_tab)
        header.interval_chosen.connect(lambda key: self.show_interval(Interval(key)))
        header.overlay_toggled.connect(self._on_overlay)
        header.order_lines_toggled.connect(self._on_order_lines)
        header.link_toggled.connect(self._on_link)
        header.enlarge_toggled.connect(self.enlarge_wanted)
        header.pin_toggled.connect(self._on_pin)

    def _on_tab(self, text: str) -> None:
        instrument = InstrumentId.parse(text)
        self.show_instrument(instrument)
        if self.state.linked and self._terminal is not None:
            self._desk.choose(instrument)

    def _on_chosen_elsewhere(self, instrument: InstrumentId) -> None:
        if self.state.linked:
            self.show_instrument(instrument)

    def _on_instruments(self, _message: object) -> None:
        self._show_state()
        if self._loader is not None and (self._loader.source is None or not self._loader.source.is_current):
            self._load()

    def _on_overlay(self, key: str, shown: bool) -> None:
        self.state.set_overlay(key, shown)
        if self.chart is not None:
            self.chart.set_indicators(self._indicators())

    def _on_order_lines(self, shown: bool) -> None:
        self.state.order_lines = shown
        if self.trading is not None:
            self.trading.show_lines(shown)

    def _on_link(self, linked: bool) -> None:
        self.state.linked = linked
        chosen = self._desk.current_instrument
        if linked and chosen is not None:
            self.show_instrument(chosen)

    def _on_pin(self, text: str, pinned: bool) -> None:
        self.state.set_pinned(InstrumentId.parse(text), pinned)
        self._show_state()


def _bars(bars: BarArrays) -> Bars:
    from terminal_app.ui.charts.bars import Bars

    return Bars.of(bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume)
