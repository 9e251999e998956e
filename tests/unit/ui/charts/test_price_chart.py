"""The price chart driven through its widget: view, mouse, keys, lines, pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QDeadlineTimer, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.charts.bars import Bars
from terminal_app.ui.charts.indicators import Ema, Vwap
from terminal_app.ui.charts.pane import ChartView
from terminal_app.ui.charts.price_chart import PriceChart
from terminal_app.ui.charts.price_lines import OrderLine, PositionLine
from terminal_app.ui.theme import theme
from tests.helpers.chart_timing import random_bars

_PLAIN = Qt.KeyboardModifier.NoModifier
_LEFT = Qt.MouseButton.LeftButton
_TICK = Decimal("0.10")


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[PriceChart]:
    choice = theme().choice
    widget = PriceChart()
    qtbot.addWidget(widget)
    widget.resize(800, 500)
    widget.show()
    widget.set_bars(random_bars(1_000), decimals=2, interval_s=60, tick=_TICK)
    QApplication.processEvents()
    yield widget
    theme().set_choice(choice)


def _view(chart: PriceChart) -> ChartView:
    view = chart.findChild(ChartView)
    assert view is not None
    return view


def _surface(chart: PriceChart) -> QWidget:
    viewport: QWidget = _view(chart).viewport()
    return viewport


def _pixels(chart: PriceChart) -> QImage:
    QApplication.processEvents()
    return chart.grab().toImage()


def _last_price(chart: PriceChart) -> float:
    return float(chart.bars.close[-1])


def _order(chart: PriceChart, below: float = 2.0, *, movable: bool = True, key: str = "a") -> OrderLine:
    price = Decimal(str(round(_last_price(chart) - below, 1)))
    return OrderLine(key, "buy", "BUY 50", price, "limit", movable)


def _line_point(chart: PriceChart, order: OrderLine) -> QPoint:
    return QPoint(450, round(chart.point_of(0, float(order.price)).y()))


T = TypeVar("T")


def _wait_for(find: Callable[[], T | None], limit_s: float = 5.0) -> T:
    deadline = QDeadlineTimer(round(limit_s * 1000))
    while (found := find()) is None and not deadline.hasExpired():
        QApplication.processEvents()
    assert found is not None
    return found


def _leave(chart: PriceChart) -> None:
    QApplication.sendEvent(_view(chart), QEvent(QEvent.Type.Leave))


def _drag(qtbot: QtBot, chart: PriceChart, start: QPoint, end: QPoint, *, release: bool = True) -> None:
    surface = _surface(chart)
    QTest.mousePress(surface, _LEFT, _PLAIN, start)
    for part in (0.2, 0.6, 1.0):
        QTest.mouseMove(surface, start + (end - start) * part)
    if release:
        QTest.mouseRelease(surface, _LEFT, _PLAIN, end)


def _wheel(chart: PriceChart, at: QPoint, steps: int) -> None:
    surface = _surface(chart)
    event = QWheelEvent(
        QPointF(at),
        QPointF(surface.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(surface, event)


def test_bars_on_both_sides_of_a_night_stand_as_close_as_any_others(chart: PriceChart) -> None:
    day_end = 374
    step = chart.point_of(1, 0).x() - chart.point_of(0, 0).x()
    assert chart.bars.time[day_end + 1] - chart.bars.time[day_end] > 60_000
    assert chart.point_of(day_end + 1, 0).x() - chart.point_of(day_end, 0).x() == pytest.approx(step)


def test_prices_of_the_bars_in_view_fill_the_plot_above_the_volume(chart: PriceChart) -> None:
    first, last = chart.visible
    part = slice(first, last + 1)
    top = chart.point_of(0, float(chart.bars.high[part].max())).y()
    bottom = chart.point_of(0, float(chart.bars.low[part].min())).y()
    assert 20 < top < 80
    assert 330 < bottom < 420


def test_dragging_the_plot_right_shows_older_bars_and_new_ones_then_do_not_move_it(
    qtbot: QtBot, chart: PriceChart
) -> None:
    assert chart.is_following
    _drag(qtbot, chart, QPoint(100, 60), QPoint(500, 60))
    assert not chart.is_following
    before = chart.visible
    chart.update_last(int(chart.bars.time[-1]) + 60, 1, 1, 1, 1, 1)
    assert chart.visible == before
    QTest.keyClick(_view(chart), Qt.Key.Key_End)
    assert chart.is_following


def test_a_new_bar_moves_the_view_while_it_follows(chart: PriceChart) -> None:
    last = _last_price(chart)
    where = chart.point_of(len(chart.bars) - 1, last).x()
    chart.update_last(int(chart.bars.time[-1]) + 60, last, last, last, last, 10)
    assert len(chart.bars) == 1_001
    assert chart.point_of(len(chart.bars) - 1, last).x() == pytest.approx(where)


def test_the_wheel_zooms_about_the_cursor(chart: PriceChart) -> None:
    first, last = chart.visible
    middle = (first + last) // 2
    x = chart.point_of(middle, 0).x()
    _wheel(chart, QPoint(round(x), 100), 3)
    assert chart.visible[1] - chart.visible[0] < last - first
    assert chart.point_of(middle, 0).x() == pytest.approx(x, abs=1.0)


def test_older_bars_are_asked_for_once_when_the_left_edge_is_near(qtbot: QtBot, chart: PriceChart) -> None:
    asked: list[int] = []
    chart.older_wanted.connect(asked.append)
    view = _view(chart)
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert asked == [int(chart.bars.time[0])]


def test_older_bars_come_in_at_the_left_without_moving_the_picture(qtbot: QtBot, chart: PriceChart) -> None:
    QTest.keyClick(_view(chart), Qt.Key.Key_Home)
    where, oldest = chart.point_of(10, 0).x(), int(chart.bars.time[0])
    times = oldest - 60 * np.arange(200, 0, -1)
    flat = np.full(200, float(chart.bars.open[0]))
    chart.prepend_bars(Bars.of(times, flat, flat, flat, flat, flat))
    assert len(chart.bars) == 1_200
    assert chart.point_of(210, 0).x() == pytest.approx(where)


def test_dropping_an_order_line_gives_one_price_on_the_tick(qtbot: QtBot, chart: PriceChart) -> None:
    order = _order(chart)
    chart.set_order_lines([order])
    moved: list[tuple[str, Decimal]] = []
    chart.line_moved.connect(lambda key, price: moved.append((key, price)))
    start = _line_point(chart, order)
    _drag(qtbot, chart, start, start + QPoint(0, 37))
    assert len(moved) == 1
    key, price = moved[0]
    assert key == "a"
    assert price % _TICK == 0
    assert price < order.price
    assert chart.point_of(0, float(price)).y() == pytest.approx(start.y() + 37, abs=6)


def test_escape_during_a_drag_puts_the_line_back_and_nothing_is_sent(qtbot: QtBot, chart: PriceChart) -> None:
    order = _order(chart)
    chart.set_order_lines([order])
    before = _pixels(chart)
    moved: list[object] = []
    clicked: list[object] = []
    chart.line_moved.connect(lambda *what: moved.append(what))
    chart.price_clicked.connect(lambda *what: clicked.append(what))
    start = _line_point(chart, order)
    _drag(qtbot, chart, start, start + QPoint(0, 40), release=False)
    assert _pixels(chart) != before
    QTest.keyClick(_view(chart), Qt.Key.Key_Escape)
    QTest.mouseRelease(_surface(chart), _LEFT, _PLAIN, start + QPoint(0, 40))
    _leave(chart)
    assert moved == []
    assert clicked == []
    assert _pixels(chart) == before


def test_a_line_that_is_touched_or_brought_back_gives_nothing(qtbot: QtBot, chart: PriceChart) -> None:
    order = _order(chart)
    chart.set_order_lines([order])
    found: list[object] = []
    chart.line_moved.connect(lambda *what: found.append(what))
    chart.price_clicked.connect(lambda *what: found.append(what))
    start = _line_point(chart, order)
    QTest.mouseClick(_surface(chart), _LEFT, _PLAIN, start)
    _drag(qtbot, chart, start, start + QPoint(0, 40), release=False)
    QTest.mouseMove(_surface(chart), start)
    QTest.mouseRelease(_surface(chart), _LEFT, _PLAIN, start)
    assert found == []


def _text_rows(image: QImage, background: QColor) -> list[range]:
    """Stretches of rows of the price axis with anything on them."""
    rows = [y for y in range(470) if any(image.pixelColor(x, y) != background for x in range(744, 798))]
    starts = [y for y in rows if y - 1 not in rows]
    return [range(y, next(end for end in range(y, 500) if end not in rows)) for y in starts]


def test_no_part_of_an_axis_label_shows_beside_a_tag_over_it(chart: PriceChart) -> None:
    background = theme().color("chart.background")
    label = next(rows for rows in _text_rows(_pixels(chart), background) if len(rows) < 12 and rows.start > 100)
    QTest.mouseMove(_surface(chart), QPoint(300, label.start - 6))

    def tag() -> range | None:
        found = _text_rows(_pixels(chart), background)
        return next((rows for rows in found if label.start - 6 in rows), None)

    chart_tag = _wait_for(tag)
    assert chart_tag.stop <= label.start - 6 + 10, "the tag stands alone, without the label's lower half"


def test_a_line_that_may_not_move_pans_the_chart_instead(qtbot: QtBot, chart: PriceChart) -> None:
    order = _order(chart, movable=False)
    chart.set_order_lines([order])
    moved: list[object] = []
    chart.line_moved.connect(lambda *what: moved.append(what))
    start = _line_point(chart, order)
    _drag(qtbot, chart, start, start + QPoint(60, 40))
    assert moved == []


def test_an_order_that_ends_during_its_drag_takes_the_drag_with_it(qtbot: QtBot, chart: PriceChart) -> None:
    order = _order(chart)
    chart.set_order_lines([order])
    moved: list[object] = []
    chart.line_moved.connect(lambda *what: moved.append(what))
    start = _line_point(chart, order)
    _drag(qtbot, chart, start, start + QPoint(0, 40), release=False)
    chart.set_order_lines([])
    QTest.mouseRelease(_surface(chart), _LEFT, _PLAIN, start + QPoint(0, 40))
    assert moved == []


def test_news_of_other_orders_does_not_take_a_line_out_of_the_hand(qtbot: QtBot, chart: PriceChart) -> None:
    order, other = _order(chart), _order(chart, 3.0, key="b")
    chart.set_order_lines([order])
    moved: list[tuple[str, Decimal]] = []
    chart.line_moved.connect(lambda key, price: moved.append((key, price)))
    start = _line_point(chart, order)
    _drag(qtbot, chart, start, start + QPoint(0, 40), release=False)
    chart.set_order_lines([order, other])
    QTest.mouseRelease(_surface(chart), _LEFT, _PLAIN, start + QPoint(0, 40))
    assert [key for key, _ in moved] == ["a"]


def test_the_cross_of_a_line_cancels_its_order_and_sends_no_price(qtbot: QtBot, chart: PriceChart) -> None:
    order = _order(chart)
    chart.set_order_lines([order])
    cancelled: list[str] = []
    clicked: list[object] = []
    chart.line_cancel.connect(cancelled.append)
    chart.price_clicked.connect(lambda *what: clicked.append(what))
    image, y = _pixels(chart), _line_point(chart, order).y()
    fill = theme().color("buy.fill")
    chip = [x for x in range(400) if image.pixelColor(x, y + 6) == fill]
    QTest.mouseClick(_surface(chart), _LEFT, _PLAIN, QPoint(chip[-1] - 8, y))
    assert cancelled == ["a"]
    assert clicked == []


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
def test_a_click_gives_the_price_on_the_tick(qtbot: QtBot, chart: PriceChart, button: Qt.MouseButton) -> None:
    found: list[tuple[Decimal, QPoint, Qt.MouseButton]] = []
    chart.price_clicked.connect(lambda *what: found.append(what))
    at = QPoint(300, 200)
    QTest.mouseClick(_surface(chart), button, _PLAIN, at)
    ((price, place, which),) = found
    assert price % _TICK == 0
    assert chart.point_of(0, float(price)).y() == pytest.approx(200, abs=6)
    assert place == _surface(chart).mapToGlobal(at)
    assert which == button


def test_a_pan_is_not_a_click(qtbot: QtBot, chart: PriceChart) -> None:
    found: list[object] = []
    chart.price_clicked.connect(lambda *what: found.append(what))
    _drag(qtbot, chart, QPoint(300, 100), QPoint(340, 100))
    assert found == []


def _rising_and_falling() -> Bars:
    start = 20_000 * 86_400 + 13_500
    return Bars.of(
        start + 60 * np.arange(3), [100, 110, 100], [112, 112, 104], [98, 98, 96], [110, 100, 102], [10, 20, 10]
    )


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_rising_candle_is_hollow_and_a_falling_one_is_filled(chart: PriceChart, scheme: str) -> None:
    theme().set_choice(scheme)
    chart.set_bars(_rising_and_falling(), decimals=2, interval_s=60)
    chart.show_last_bars(20)
    image = _pixels(chart)

    def color_at(index: int, price: float, shift: int = 0) -> QColor:
        point = chart.point_of(index, price)
        return image.pixelColor(round(point.x()) + shift, round(point.y()))

    assert color_at(0, 105) == theme().color("chart.candle.up.body")
    assert color_at(0, 99) == theme().color("chart.candle.up"), "the wick below the body"
    assert color_at(1, 105) == theme().color("chart.candle.down")
    assert color_at(1, 105, shift=12) != theme().color("chart.candle.down")
    edge = [color_at(0, 105, shift) for shift in range(-14, 0)]
    assert theme().color("chart.candle.up") in edge, "the outline of the hollow body"


def test_a_tick_repaints_what_drawing_everything_would_paint(chart: PriceChart) -> None:
    chart.set_indicators([(Ema(20), "chart.line.1"), (Vwap(), "chart.line.3")])
    chart.set_order_lines([_order(chart)])
    chart.set_position_line(PositionLine("LONG 50", Decimal("1400.00"), gain=True))
    _pixels(chart)
    time, price = int(chart.bars.time[-1]), _last_price(chart)
    for step in (0.4, -0.3, 0.2):
        chart.update_last(time, price, price + 0.4, price - 0.3, price + step, 50)
        QApplication.processEvents()
    live = _pixels(chart)
    chart.resize(801, 500)
    QApplication.processEvents()
    chart.resize(800, 500)
    assert live == _pixels(chart)


def test_an_indicator_moves_on_with_the_last_bar(chart: PriceChart) -> None:
    chart.set_indicators([(Ema(20), "chart.line.1")])
    time, price = int(chart.bars.time[-1]) + 60, _last_price(chart) + 5
    before = _pixels(chart)
    chart.update_last(time, price, price, price, price, 1)
    after = _pixels(chart)
    token = theme().color("chart.line.1")
    assert before != after
    y = round(chart.point_of(0, float(Ema(20).compute(chart.bars)[-1])).y())
    x = round(chart.point_of(len(chart.bars) - 1, price).x()) - 2
    near = [after.pixelColor(x, y + shift) for shift in range(-3, 4)]
    assert min(abs(color.hue() - token.hue()) for color in near if color.saturation() > 90) < 15


def test_the_vwap_is_not_drawn_across_the_break_between_sessions(chart: PriceChart) -> None:
    day = 86_400
    start = 20_000 * day
    time = np.concatenate([start + 60 * np.arange(20), start + day + 60 * np.arange(20)])
    price = np.repeat([100.0, 200.0], 20)
    chart.set_indicators([(Vwap(), "loss"), (Ema(2), "chart.line.1")])
    chart.set_bars(Bars.of(time, price, price, price, price, np.ones(40)), decimals=2, interval_s=60)
    image = _pixels(chart)
    between = (chart.point_of(19, 150) + chart.point_of(20, 150)) / 2

    def is_near(token: str) -> bool:
        hue, x, y = theme().color(token).hue(), round(between.x()), round(between.y())
        near = [image.pixelColor(x + right, y + down) for right in range(-6, 7) for down in range(-3, 4)]
        return any(color.saturation() > 90 and abs(color.hue() - hue) < 15 for color in near)

    assert is_near("chart.line.1")
    assert not is_near("loss")


def test_an_overlay_of_another_length_is_refused(chart: PriceChart) -> None:
    with pytest.raises(ValueError, match="one value a bar"):
        chart.set_overlay("mine", np.ones(3))


def test_the_crosshair_follows_the_pointer_and_goes_with_it(qtbot: QtBot, chart: PriceChart) -> None:
    bare = _pixels(chart)
    QTest.mouseMove(_surface(chart), QPoint(300, 150))
    token = theme().color("chart.crosshair.label_bg")

    def tag_is_there() -> bool:
        return _pixels(chart).pixelColor(796, 150) == token

    qtbot.waitUntil(tag_is_there)
    _leave(chart)
    assert _pixels(chart) == bare


def test_an_empty_chart_says_so_and_answers_no_click(qtbot: QtBot, chart: PriceChart) -> None:
    found: list[object] = []
    chart.price_clicked.connect(lambda *what: found.append(what))
    chart.show_empty("No bars for this day", "Choose another interval")
    words = _pixels(chart)
    QTest.mouseClick(_surface(chart), _LEFT, _PLAIN, QPoint(300, 200))
    chart.show_empty("")
    assert found == []
    assert _pixels(chart) != words


def test_the_first_bar_of_an_empty_chart_can_come_live(chart: PriceChart) -> None:
    chart.set_bars(Bars.none(), decimals=2, interval_s=60)
    empty = _pixels(chart)
    chart.update_last(20_000 * 86_400 + 13_500, 100, 101, 99, 100.5, 5)
    assert chart.visible == (0, 0)
    assert _pixels(chart) != empty


def test_focus_by_the_keyboard_shows_a_ring_and_by_the_mouse_none(chart: PriceChart) -> None:
    for reason, expected in (
        (Qt.FocusReason.TabFocusReason, theme().color("accent")),
        (Qt.FocusReason.MouseFocusReason, theme().color("chart.background")),
    ):
        QApplication.sendEvent(_view(chart), QFocusEvent(QEvent.Type.FocusIn, reason))
        assert _pixels(chart).pixelColor(400, 0) == expected
        QApplication.sendEvent(_view(chart), QFocusEvent(QEvent.Type.FocusOut, reason))
    assert _pixels(chart).pixelColor(400, 0) == theme().color("chart.background")


def test_a_chart_that_is_thrown_away_leaves_nothing_behind(qtbot: QtBot) -> None:
    widget = PriceChart()
    widget.resize(300, 200)
    widget.show()
    gone: list[bool] = []
    widget.destroyed.connect(lambda: gone.append(True))
    widget.deleteLater()
    qtbot.waitUntil(lambda: bool(gone))
    theme().changed.emit()


def test_tags_of_orders_keep_off_the_last_prices_tag(chart: PriceChart) -> None:
    above, below = _order(chart, -0.3, key="above"), _order(chart, 0.3, key="below")
    chart.set_order_lines([above, below])
    chart.set_countdown("3:52")
    last = chart._plot.last_price.tag
    over, under = (chart._plot.lines._items[order.id] for order in (above, below))
    assert over.tag.bottom() <= last.top()
    assert under.tag.top() >= last.bottom()
    assert over.y < under.y
