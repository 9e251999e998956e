"""The command line: what is asked for is understood, what is wrong is told in one sentence."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from terminal_app.app.options import parse
from terminal_app.domain.errors import ConfigError


def test_nothing_asks_for_the_window_with_the_keyring() -> None:
    options = parse([])
    assert (options.command, options.vault, options.home, options.speed) == ("window", "keyring", None, 1.0)


def test_the_home_may_stand_before_or_behind_the_command() -> None:
    assert parse(["--home", "a", "doctor"]).home == Path("a")
    assert parse(["doctor", "--home", "a"]).home == Path("a")


def test_a_replay_is_read_with_its_time_speed_and_names() -> None:
    options = parse(
        [
            "--replay",
            "a.csv",
            "b.csv.gz",
            "--from",
            "10:30",
            "--speed",
            "0",
            "--instrument",
            "256265=NSE:NIFTY 50:INDEX",
        ]
    )
    assert options.replay == (Path("a.csv"), Path("b.csv.gz"))
    assert (options.replay_from, options.speed) == (time(10, 30), 0.0)
    assert options.instrument_names == (("256265", "NSE:NIFTY 50:INDEX"),)


def test_a_picture_is_read_with_its_size_and_theme() -> None:
    options = parse(["--screenshot", "o.png", "--after", "2.5", "--size", "1180x700", "--theme", "light"])
    assert (options.screenshot, options.after_s, options.size, options.theme) == (
        Path("o.png"),
        2.5,
        (1180, 700),
        "light",
    )


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--speed", "fast"], "not a number"),
        (["--speed", "-1"], "from 0 to 10000"),
        (["--size", "big"], "1440x900"),
        (["--from", "25:00"], "not a time"),
        (["--instrument", "256265"], "TOKEN=ID"),
        (["--vault", "shoebox"], "--vault"),
        (["export", "dreams"], "invalid choice"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(arguments: list[str], hint: str) -> None:
    with pytest.raises(ConfigError, match=hint) as refused:
        parse(arguments)
    assert "\n" not in str(refused.value)
