"""What goes wrong around the terminal is told in one clear sentence, and no order goes out unrecorded."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from terminal_app.domain.enums import ConnectionState, OrderStatus
from tests.helpers.async_tests import until
from tests.helpers.folders import REPOSITORY
from tests.helpers.headless import PAPER, RELIANCE, headless
from tests.helpers.log_guard import LogGuard

GOOD = "symbol,datetime,open,high,low,close,volume\nRELIANCE,2016-09-09 09:15:00,1030,1032,1029,1031,5000\n"


def bhav(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a person would."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "terminal_app", *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def only_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What was said on stderr: one line, no traceback."""
    lines = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("RELIANCE,2016-09-09 09:16:00,1031,abc,1030,1030,10", "day.csv line 3, column high: “abc” is not a number"),
        ("RELIANCE,2016-09-09 09:16:00,1031,1020,1030,1030,10", "day.csv line 3"),
        ("RELIANCE,yesterday,1031,1032,1030,1030,10", "day.csv line 3, column datetime"),
        ("RELIANCE,2016-09-09 09:10:00,1031,1032,1030,1030,10", "day.csv line 3"),
        ("RELIANCE,2016-09-09 09:16:00,1031", "day.csv line 3"),
    ],
)
async def test_a_corrupt_recording_names_file_line_and_column_and_practice_prices_go_on(
    tmp_path: Path, row: str, words: str
) -> None:
    recording = tmp_path / "day.csv"
    recording.write_text(GOOD + row + "\n")
    async with headless(tmp_path / "home", ["--replay", str(recording)]) as running:
        notice = running.told("could not be played")
        assert notice is not None
        assert words in notice.text
        assert "practice market" in notice.text
        assert running.terminal.prices_from == "practice market"
        order = await running.buy()
        assert order.client_id is not None
        await until(lambda: running.terminal.orders.orders(PAPER)[0][1].status is OrderStatus.FILLED)


async def test_a_recording_that_is_missing_is_named(tmp_path: Path) -> None:
    async with headless(tmp_path / "home", ["--replay", str(tmp_path / "nowhere.csv")]) as running:
        notice = running.told("could not be played")
        assert notice is not None
        assert "nowhere.csv" in notice.text


async def test_a_locked_database_refuses_orders_and_takes_them_again_when_it_is_free(
    tmp_path: Path, expected_logs: LogGuard
) -> None:
    expected_logs.allow("could not be saved", "could not be kept")
    async with headless(tmp_path) as running:
        await running.price()
        with closing(sqlite3.connect(tmp_path / "data" / "bhav.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            order = await running.buy()
            assert order.status is OrderStatus.DENIED
            assert "not sent" in order.reason.lower()
            assert "locked" in order.reason or "another program" in order.reason
            assert running.container.world.exchange.orders(PAPER) == []
            await until(lambda: running.terminal.storage_text() == "database cannot be written", timeout_s=15)
            other.execute("ROLLBACK")
        assert (await running.buy()).status in (OrderStatus.FILLED, OrderStatus.OPEN, OrderStatus.SUBMITTED)


async def test_a_full_disk_refuses_orders_in_one_sentence(tmp_path: Path, expected_logs: LogGuard) -> None:
    expected_logs.allow("could not be saved", "could not be kept", "cannot be written")
    async with headless(tmp_path) as running:
        await running.price()

        def fill_up(connection: object) -> None:
            driver = connection.connection.driver_connection  # type: ignore[attr-defined]
            pages = driver.execute("PRAGMA page_count").fetchone()[0]
            driver.execute(f"PRAGMA max_page_count = {pages}")

        await running.container.database.run(fill_up)
        refused = None
        for quantity in range(1, 200):  # what is free inside the file is used up first
            refused = await running.buy(quantity)
            if refused.status is OrderStatus.DENIED:
                break
        assert refused is not None
        assert refused.status is OrderStatus.DENIED
        assert "full" in refused.reason
        assert "Traceback" not in refused.reason
        known = {order.tag for order in running.container.world.exchange.orders(PAPER)}
        assert refused.tag not in known


async def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(
    tmp_path: Path, expected_logs: LogGuard
) -> None:
    async with headless(tmp_path):
        pass
    file = tmp_path / "data" / "bhav.db"
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    before = file.read_bytes()
    expected_logs.allow("could not be read", "could not be saved", "could not be connected", "could not be kept")
    async with headless(tmp_path) as running:
        notice = running.told("newer")
        assert notice is not None
        assert running.terminal.accounts.connection(PAPER).state is ConnectionState.ERROR
        assert (await running.buy(limit_price=None)).status is OrderStatus.DENIED
    assert file.read_bytes() == before


def test_a_home_that_cannot_be_written_is_told_in_one_sentence() -> None:
    done = bhav("--home", "/proc/bhav", "--screenshot", "/proc/x.png")
    assert done.returncode == 2
    assert "Bhav cannot write to /proc/bhav" in only_sentence(done)
    assert "--home" in only_sentence(done)


AS_NOBODY = """
import argparse, gettext, locale, os, shutil, sys
from terminal_app.app import cli, export, options, paths
os.setgid(65534)
os.setuid(65534)
sys.exit(cli.run(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs another way on Windows")
def test_another_users_home_is_told_in_one_sentence(tmp_path: Path) -> None:
    home = tmp_path / "private"
    home.mkdir(mode=0o700 if os.geteuid() == 0 else 0o500)
    program = (
        AS_NOBODY
        if os.geteuid() == 0
        else "import sys; from terminal_app.app import cli; sys.exit(cli.run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--home", str(home), "export", "orders"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"Bhav cannot write to {home}" in only_sentence(done)


def test_a_wrong_call_is_told_in_one_sentence() -> None:
    done = bhav("--speed", "fast")
    assert done.returncode == 2
    assert "“fast” is not a number" in only_sentence(done)


@pytest.mark.parametrize("what", ["journal", "audit"])
def test_an_export_that_does_not_exist_yet_says_so(tmp_path: Path, what: str) -> None:
    done = bhav("--home", str(tmp_path), "export", what)
    assert done.returncode == 2
    assert f"There is no {'trade journal' if what == 'journal' else 'audit log'} yet" in only_sentence(done)


def test_without_a_display_it_says_so_and_ends_with_2(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(
        [sys.executable, "-m", "terminal_app", "--home", str(tmp_path)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "no display" in only_sentence(done)


async def test_wrong_orders_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with headless(tmp_path) as running:
        quote = await running.price()
        tick = running.terminal.market.instrument(RELIANCE).tick_size  # type: ignore[union-attr]
        for changes, words in (
            ({"limit_price": quote.last_price + tick / 2}, "price must be a multiple of 0.10"),
            ({"quantity": 0}, "above zero"),
            ({"limit_price": quote.last_price * 5 // tick * tick}, "the highest price allowed today"),
        ):
            order = await running.buy(**changes)
            assert order.status is OrderStatus.DENIED
            assert words in order.reason, order.reason
        assert running.container.world.exchange.orders(PAPER) == []
