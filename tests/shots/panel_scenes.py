"""Every panel: empty, full, in its variants, and with an error."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from terminal_app.domain.enums import Interval, OrderType, Side
from terminal_app.domain.order import OrderRequest
from terminal_app.ui.panels.pnl.model import SPANS, TODAY
from terminal_app.ui.panels.positions.model import row_key
from tests.shots.camera import Camera
from tests.shots.day import INFY, MIS, NIFTY, PAPER, RELIANCE, Trader, partly_filled
from tests.shots.window_scenes import without_welcome

BOTTOM = ("positions", "orders", "trades", "holdings", "funds", "pnl", "log")


async def empty_panels(camera: Camera) -> None:
    stage = camera.stage
    with without_welcome(stage):
        for name in BOTTOM:
            stage.panel(name)
            await camera.take(f"panel-{name}-empty", of=stage.window.workspace.group("bottom"))
        watchlist = stage.panel("watchlist")
        watchlist.header_left().set_chosen("2")
        await camera.take("panel-watchlist-empty", of=stage.window.workspace.group("left"))
        watchlist.header_left().set_chosen("1")
        stage.panel("positions")


async def full_panels(camera: Camera) -> None:
    stage = camera.stage
    for name in BOTTOM:
        panel = stage.panel(name)
        if hasattr(panel, "table"):
            panel.table.clearSelection()
        await camera.take(f"panel-{name}", of=stage.window.workspace.group("bottom"), settle_s=0.25)


async def watchlist(camera: Camera) -> None:
    stage = camera.stage
    group = stage.window.workspace.group("left")
    grid = stage.panel("watchlist")._grid
    await camera.take("panel-watchlist", of=group)
    stage.time.silence_s = 14
    await camera.take("panel-watchlist-old", of=group)
    stage.time.silence_s = 0
    await stage.go(1)
    at = QPoint(60, 7 * grid._row_height() + grid._row_height() // 2)
    QTest.mouseMove(grid.viewport(), at)
    await camera.take("panel-watchlist-hover", of=group)
    QTest.mouseMove(grid.viewport(), QPoint(60, grid.viewport().height() - 4))


async def depth(camera: Camera) -> None:
    stage = camera.stage
    place = "right" if stage.window.workspace.is_compact else "depth"
    stage.window.desk.choose(RELIANCE)
    stage.panel("depth")
    await camera.take("panel-depth", of=stage.window.workspace.group(place))
    stage.window.desk.choose(NIFTY)
    await camera.take("panel-depth-index", of=stage.window.workspace.group(place))
    stage.window.desk.choose(RELIANCE)
    stage.panel("ticket")


async def chart(camera: Camera) -> None:
    stage = camera.stage
    panel = stage.panel("chart")
    stage.window.desk.choose(RELIANCE)
    await camera.take("panel-chart", of=panel, settle_s=0.4)
    panel.header.enlarge.setChecked(True)
    await camera.take("panel-chart-enlarged", settle_s=0.4)
    panel.header.enlarge.setChecked(False)
    for interval in (Interval.M1, Interval.D1):
        panel.show_interval(interval)
        await camera.take(f"panel-chart-{interval.value}", of=panel, settle_s=0.5)
    panel.show_interval(Interval.M5)
    await stage.settle(0.5)
    panel.show_failure("The bars of RELIANCE could not be read", "Nothing is known of its past now; prices still come.")
    await camera.take("panel-chart-failed", of=panel)
    panel._load()
    stage.window.desk.choose(NIFTY)
    await camera.take("panel-chart-index", of=panel, settle_s=0.4)
    stage.window.desk.choose(RELIANCE)
    await stage.settle(0.3)


async def chart_menu(camera: Camera) -> None:
    stage = camera.stage
    panel = stage.panel("chart")
    stage.window.desk.choose(RELIANCE)
    await stage.settle(0.3)
    trading = panel.trading
    opened = trading.open_menu(Trader(stage).price(RELIANCE, "-0.2"), panel.mapToGlobal(QPoint(300, 200)))
    if isinstance(opened, QMenu):
        await camera.take("panel-chart-menu")
        opened.close()


async def positions(camera: Camera) -> None:
    stage = camera.stage
    panel = stage.panel("positions")
    group = stage.window.workspace.group("bottom")
    panel.table.select_key(row_key(panel.table.model_.rows[1]))
    await camera.take("panel-positions-selected", of=group)
    panel.tools.filter.open_box()
    panel.tools.filter.setText("nif")
    await camera.take("panel-positions-filtered", of=group)
    panel.tools.filter.setText("nothing like it")
    await camera.take("panel-positions-filtered-empty", of=group)
    panel.tools.filter.setText("")
    panel.tools.filter.hide()
    panel.table.clearSelection()


async def orders(camera: Camera) -> None:
    stage = camera.stage
    panel = stage.panel("orders")
    group = stage.window.workspace.group("bottom")
    async with partly_filled(stage) as order:
        panel.refresh()
        row = next(one for one in panel._rows if one.client_id == order.client_id)
        panel.open_timeline(row)
        await camera.take("panel-orders-timeline", of=group, settle_s=0.3)
    row = next(one for one in panel._rows if one.status.value == "REJECTED")
    panel.open_timeline(row)
    await camera.take("panel-orders-timeline-rejected", of=group, settle_s=0.3)
    panel.close_timeline()


async def unknown_order(camera: Camera) -> None:
    stage = camera.stage
    faults = stage.container.world.exchange.faults
    panel = stage.panel("orders")
    group = stage.window.workspace.group("bottom")
    faults.lose_before = 1
    price = Trader(stage).price(INFY, "-0.5")
    request = OrderRequest(INFY, Side.BUY, 10, OrderType.LIMIT, MIS, limit_price=price)
    (order, *_) = await stage.container.terminal.orders.place(PAPER, request)
    panel.refresh()
    row = next(one for one in panel._rows if one.client_id == order.client_id)
    panel.open_timeline(row)
    await camera.take("panel-orders-unknown", of=group)
    panel.close_timeline()


async def pnl(camera: Camera) -> None:
    stage = camera.stage
    panel = stage.panel("pnl")
    group = stage.window.workspace.group("bottom")
    stage.trigger("maximise_panel")
    await camera.take("panel-pnl-enlarged", settle_s=0.4)
    key = next(bar.key for bar in panel.body.bars._bars.rows if "RELIANCE" in bar.name)
    panel.body.bars.choose(key)
    await camera.take("panel-pnl-position", settle_s=0.4)
    panel.body.upper.set_chosen("price")
    await camera.take("panel-pnl-position-price", settle_s=0.3)
    panel.body.upper.set_chosen("pnl")
    panel.body.bars.choose(None)
    panel.tools.span.set_chosen(SPANS[1][0])
    await camera.take("panel-pnl-days", settle_s=0.4)
    panel.tools.span.set_chosen(TODAY)
    stage.trigger("maximise_panel")
    await camera.take("panel-pnl-back", of=group, settle_s=0.3)


async def log(camera: Camera) -> None:
    stage = camera.stage
    panel = stage.panel("log")
    if panel.table.model_.rows:
        panel.table.selectRow(0)
    await camera.take("panel-log-chosen", of=stage.window.workspace.group("bottom"))
    panel.table.clearSelection()
