"""The colours can be read on every ground they may stand on, and the theme switches without a restart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from terminal_app.ui.theme import Scheme, Theme
from terminal_app.ui.theme.colors import DARK, DARK_SAFE, LIGHT, LIGHT_SAFE
from terminal_app.ui.theme.contrast import contrast
from terminal_app.ui.theme.fonts import has_even_digits
from terminal_app.ui.theme.qss import TEMPLATE, style_sheet

GROUNDS = ("bg.0", "bg.1", "bg.2", "bg.3", "bg.4")
TINTED = ("buy", "sell", "profit", "loss", "warn", "error", "live", "paper", "accent")
FILLED = ("buy.fill", "buy.fill_hover", "sell.fill", "sell.fill_hover", "error.fill", "live.fill", "paper.fill")
TEXT_PAIRS = [
    *((text, ground) for text in ("text.1", "text.2", "text.3", *TINTED) for ground in GROUNDS),
    *((text, "bg.input") for text in ("text.1", "text.2", "text.3")),
    *((text, f"{text}.tint") for text in TINTED),
    *((text, f"{tint}.tint") for text in ("text.1", "text.2") for tint in TINTED),
    *(("text.on_fill", fill) for fill in FILLED),
    ("accent.on_fill", "accent.fill"),
]
LINE_PAIRS = [
    *((f"chart.line.{number}", "chart.background") for number in range(1, 9)),
    *(
        (name, "chart.background")
        for name in ("chart.candle.up", "chart.candle.down", "chart.pnl.gross", "chart.pnl.net")
    ),
    *(("border.control", ground) for ground in ("bg.1", "bg.2", "bg.input")),
]
THEMES = [(Scheme.DARK, False), (Scheme.DARK, True), (Scheme.LIGHT, False), (Scheme.LIGHT, True)]


def made(scheme: Scheme, safe: bool) -> Theme:
    look = Theme()
    look.set_choice(scheme)
    look.set_safe_colors(safe)
    return look


@pytest.mark.parametrize(("scheme", "safe"), THEMES)
def test_every_text_reads_on_every_ground_it_may_stand_on(scheme: Scheme, safe: bool, qapp: QApplication) -> None:
    look = made(scheme, safe)
    poor = {pair: contrast(look.color(pair[0]), look.color(pair[1])) for pair in TEXT_PAIRS}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.495} == {}


@pytest.mark.parametrize(("scheme", "safe"), THEMES)
def test_lines_and_borders_stand_out_from_their_ground(scheme: Scheme, safe: bool, qapp: QApplication) -> None:
    look = made(scheme, safe)
    poor = {pair: contrast(look.color(pair[0]), look.color(pair[1])) for pair in LINE_PAIRS}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 3.0} == {}


def test_both_schemes_name_the_same_colours() -> None:
    assert set(DARK) == set(LIGHT)
    assert set(DARK_SAFE) == set(LIGHT_SAFE)
    assert set(DARK_SAFE) <= set(DARK)


def test_the_safe_set_changes_gains_and_losses_but_never_the_sides(qapp: QApplication) -> None:
    plain, safe = made(Scheme.DARK, False), made(Scheme.DARK, True)
    assert safe.color("profit") != plain.color("profit")
    assert safe.color("chart.candle.down") != plain.color("chart.candle.down")
    assert safe.color("buy") == plain.color("buy")
    assert safe.color("sell.fill") == plain.color("sell.fill")


def test_an_unknown_colour_is_an_error_and_not_black(qapp: QApplication) -> None:
    with pytest.raises(KeyError):
        made(Scheme.DARK, False).color("mauve")


def test_eight_digits_carry_the_alpha_last(qapp: QApplication) -> None:
    assert made(Scheme.DARK, False).color("scrim").alpha() == 0xB8


def test_switching_the_scheme_says_so_and_repaints_the_palette(qapp: QApplication) -> None:
    look = Theme()
    look.apply(qapp)
    told: list[bool] = []
    look.changed.connect(lambda: told.append(look.is_dark))
    look.set_choice(Scheme.LIGHT)
    label = QLabel("x")
    light = label.palette().window().color()
    look.set_choice(Scheme.DARK)
    assert told == [False, True]
    assert light.lightness() > QLabel("x").palette().window().color().lightness()


def test_zoom_scales_fonts_and_pixels_and_stays_within_its_limits(qapp: QApplication) -> None:
    look = Theme()
    look.set_zoom(1.5)
    assert look.font("body").pointSizeF() == pytest.approx(13.5)
    assert look.px(28) == 42
    look.set_zoom(9)
    assert look.zoom == 2.0
    assert look.px(0) == 0


def test_reduced_motion_stops_flashes_but_keeps_toasts_readable(qapp: QApplication) -> None:
    look = Theme()
    look.set_reduce_motion(True)
    assert look.motion_ms("flash_fade") == 0
    assert look.motion_ms("toast_stay") == 4000


def test_figures_stand_in_columns(qapp: QApplication) -> None:
    assert has_even_digits(Theme().number_font())


def test_the_style_sheet_is_short_and_every_name_in_it_exists() -> None:
    assert len(TEMPLATE.strip().splitlines()) <= 60
    for colors in (DARK, LIGHT):
        filled = style_sheet(colors, 1.0)
        assert "[" not in filled.replace("[part", "").replace("[problem", "").replace("[filled", "")
        assert filled.count("{") == filled.count("}")


def test_the_colours_are_those_of_the_design(shared: Path) -> None:
    tokens = json.loads((shared / "design" / "look" / "tokens.json").read_text())
    for scheme, ours in (("dark", DARK), ("light", LIGHT)):
        wanted = tokens["color"][scheme] | {f"chart.{name}": value for name, value in tokens["chart"][scheme].items()}
        assert dict(ours) == wanted
