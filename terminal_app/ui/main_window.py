"""The main window: it puts frame, menu bar, header, panels and status bar together, and nothing else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QWidget

from terminal_app.domain.errors import StorageError
from terminal_app.ui.shell.face import Face
from terminal_app.ui.shell.layout_file import mapping, restore_geometry, save_geometry
from terminal_app.ui.theme import SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PySide6.QtGui import QCloseEvent, QHideEvent, QPaintEvent, QResizeEvent, QShowEvent
    from PySide6.QtWidgets import QMenu, QMenuBar

    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.shell.panel_group import Panel
    from terminal_app.ui.shell.presenter import WindowPresenter
    from terminal_app.ui.snapshot import Snapshot

_log = logging.getLogger(__name__)
INDICES = (("NIFTY", "NSE:NIFTY 50:INDEX"), ("BANKNIFTY", "NSE:NIFTY BANK:INDEX"), ("SENSEX", "BSE:SENSEX:INDEX"))
"""The index strip: what it writes and whose price it shows."""


class MainWindow(QWidget):
    """Built and painted before the services exist; `attach` brings it to life. Closing it only asks: the program owns the exit."""

    close_wanted = Signal()
    painted = Signal()
    """The first paint is done, or the one that was asked for with `tell_paint`."""
    account_wanted = Signal(int)
    """A place in the list of accounts, counted from 0."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setMinimumSize(900, 560)
        self.presenter: WindowPresenter | None = None
        self.terminal: Terminal | None = None
        """The services, from when they accept orders."""
        self._painted = self._is_built = False
        self._face: Face | None = None
        if snapshot is not None:
            restore_geometry(self, mapping(snapshot.layout.load(), "window"), snapshot.size)
            self.build(snapshot)

    def show_face(
        self, names: Sequence[tuple[str, str]], geometry: dict[str, Any], size: tuple[int, int] | None
    ) -> None:
        """Show the places of the panels and the names of the watchlist, until ``build`` puts the panels there."""
        restore_geometry(self, geometry, size)
        self._face = Face(names, self)
        self._face.resize(self.size())
        self.show()

    def build(self, snapshot: Snapshot) -> None:
        """Import and build the frame, the menus and the panels."""
        for _ in self.build_in_steps(snapshot):
            pass

    def build_in_steps(self, snapshot: Snapshot) -> Iterator[None]:
        """The same, part by part; none of it is seen before the last step, which puts the parts into the window."""
        from terminal_app.ui.actions import Actions
        from terminal_app.ui.bridge import Bridge
        from terminal_app.ui.desk import Desk
        from terminal_app.ui.icons import app_icon
        from terminal_app.ui.kit.identity import IdentityBand
        from terminal_app.ui.shell.header import Header
        from terminal_app.ui.shell.panels import FIRST, make_chart, make_panels
        from terminal_app.ui.shell.status import StatusBar
        from terminal_app.ui.shell.workspace import Workspace

        self.setWindowIcon(app_icon())
        self.snapshot = snapshot
        self.bridge = Bridge(snapshot.bus, self)
        self.actions_registry = Actions(self, snapshot.settings.key_bindings())
        self.desk = Desk(self.actions_registry, self.bridge, self)
        self.header = Header([name for name, _ in INDICES])
        self.status = StatusBar()
        self.identity_block = IdentityBand(compact=False)
        self.workspace = Workspace()
        layout = snapshot.layout.load()
        fronts = mapping(mapping(layout, "workspace"), "front").values()
        in_front = {*FIRST, *(name for name in fronts if isinstance(name, str))}
        yield
        panels: list[Panel] = []
        for panel in make_panels(self.desk, snapshot, in_front):
            panels.append(panel)
            yield
        self.panels = tuple(panels)
        self.chart = make_chart(self.desk, snapshot)
        yield
        self._lay_out()
        self._is_built = True
        self.is_first_start = not layout
        self.search_state = mapping(layout, "search")
        self._fit()
        self.workspace.restore_state(mapping(layout, "workspace"))
        self.chart.restore_state(mapping(layout, "chart"))
        if self._face is not None:
            self._face.deleteLater()
            self._face = None

    def attach(self, terminal: Terminal) -> None:
        """The services are there: panels, header, actions and dialogs come to life."""
        for _ in self.attach_in_steps(terminal):
            pass

    def attach_in_steps(self, terminal: Terminal) -> Iterator[None]:
        """The same, step by step: first all that trading needs, then the chart, then one panel behind a tab after the other."""
        from terminal_app.ui.shell.later import LaterPanel
        from terminal_app.ui.shell.presenter import WindowPresenter

        presenter = self.presenter = WindowPresenter(self, terminal)
        waiting = [panel for panel in self.panels if isinstance(panel, LaterPanel)]
        for panel in self.panels:
            if panel not in waiting:
                panel.attach(terminal, self.desk)
        self.desk.start(terminal)
        presenter.start()
        yield
        self.chart.attach(terminal, self.desk)
        for later in waiting:
            yield
            built = later.build()
            self.panels = tuple(built if panel is later else panel for panel in self.panels)
            presenter.follow(built)
            built.attach(terminal, self.desk)

    def save_layout(self) -> None:
        """Keep where everything stands. A layout that cannot be kept is told in the log, and costs nothing else."""
        content = {
            "window": save_geometry(self),
            "workspace": self.workspace.save_state(),
            "chart": self.chart.save_state(),
            "search": self.presenter.commands.search_state() if self.presenter is not None else self.search_state,
        }
        try:
            self.snapshot.layout.save(content)
        except StorageError as error:
            _log.warning("the layout was not kept: %s", error.message)

    def tell_paint(self) -> None:
        """Emit `painted` once more, after a paint of the whole window."""
        self._painted = False
        self.update()

    @property
    def is_built(self) -> bool:
        """Whether the panels stand in the window."""
        return self._is_built

    @property
    def is_painted(self) -> bool:
        """Whether the first paint was reached."""
        return self._painted

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front and focus it."""
        if name == self.chart.NAME:
            if self.workspace.enlarged != "chart":
                self.workspace.enlarge("")
            self.chart.focus_main()
        else:
            self.workspace.show_panel(name)

    def add_strip(self, strip: QWidget) -> None:
        """Put a strip between the docks and the status bar."""
        self._column.insertWidget(self._column.indexOf(self.status), strip)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave the closing to the program: it ends orders' tasks, sockets and the database first."""
        event.ignore()
        self.close_wanted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell once that the first paint was reached; children paint in the same pass."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten what does not fit."""
        super().resizeEvent(event)
        if self._face is not None:
            self._face.resize(event.size())
        if self._is_built:
            self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Frames run while somebody sees them."""
        super().showEvent(event)
        if self._is_built:
            self.desk.set_visible(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """No frames for a hidden window."""
        super().hideEvent(event)
        if self._is_built:
            self.desk.set_visible(False)

    def changeEvent(self, event: QEvent) -> None:
        """A minimised window paints nothing either."""
        super().changeEvent(event)
        if self._is_built and event.type() == QEvent.Type.WindowStateChange:
            self.desk.set_visible(not self.isMinimized())

    def _fit(self) -> None:
        self.header.fit(self.width())
        self.workspace.fit(self.width())

    def _lay_out(self) -> None:
        from PySide6.QtGui import QKeySequence, QShortcut
        from PySide6.QtWidgets import QVBoxLayout

        from terminal_app.ui.kit.ground import Ground
        from terminal_app.ui.kit.identity import IdentityFrame

        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        content = Ground("bg.0", self)
        self.frame = IdentityFrame(content, self)
        outer.addWidget(self.frame)
        column = self._column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top_row())
        column.addWidget(self.header)
        column.addSpacing(SIZE.splitter)
        column.addWidget(self.workspace, 1)
        column.addWidget(self.status)
        self.workspace.setCentralWidget(self.chart)
        for panel in self.panels:
            self.workspace.add(panel)
        for number in range(1, 10):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda place=number - 1: self.account_wanted.emit(place))

    def _menu_bar(self) -> QMenuBar:
        from PySide6.QtWidgets import QMenuBar

        from terminal_app.ui.actions import MENUS

        bar = QMenuBar()
        bar.setNativeMenuBar(False)
        for title in MENUS:
            menu = bar.addMenu(title)
            menu.aboutToShow.connect(lambda menu=menu, title=title: self._fill_menu(menu, title))
        return bar

    def _top_row(self) -> QWidget:
        """Menu bar and identity: side by side, because a menu bar's corner does not follow its widget's width."""
        from PySide6.QtWidgets import QHBoxLayout

        from terminal_app.ui.kit.ground import Ground

        top = Ground("bg.2")
        row = QHBoxLayout(top)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._menu_bar(), 1)
        row.addWidget(self.identity_block)
        return top

    def _fill_menu(self, menu: QMenu, title: str) -> None:
        menu.clear()
        section = None
        for spec in self.actions_registry.visible():
            if spec.menu != title:
                continue
            if section is not None and spec.section != section:
                menu.addSeparator()
            section = spec.section
            menu.addAction(self.actions_registry.get(spec.name))
        if title == "Account":
            self._add_accounts(menu)

    def _add_accounts(self, menu: QMenu) -> None:
        menu.addSeparator()
        for place, account in enumerate(self.snapshot.accounts.all()):
            key = f"\tCtrl+{place + 1}" if place < 9 else ""
            entry = menu.addAction(f"{account.name}{key}")
            entry.setCheckable(True)
            entry.setChecked(account.id == self.snapshot.accounts.current)
            entry.triggered.connect(lambda _=False, place=place: self.account_wanted.emit(place))
