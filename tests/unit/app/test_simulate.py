"""``bhav simulate``: what it prints, what it serves, how it ends."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from terminal_app.app.cli import run
from terminal_app.app.options import SIMULATED, parse
from terminal_app.simulator.dialects import DIALECTS

KEYS = {"broker", "rest", "login", "feed", "instruments", "credentials"}
BARS = "\n".join(
    ["symbol,datetime,open,high,low,close,volume"]
    + [f"RELIANCE,2026-08-19 09:{15 + n}:00+05:30,100,101,99,100.5,1000" for n in range(5)]
)


@contextmanager
def simulator(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command running, and the line that it printed."""
    call = [sys.executable, "-m", "terminal_app", "simulate", *arguments]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status and what else was printed."""
    out, log = process.communicate(timeout=20)
    return process.returncode, out, log


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(kind: signal.Signals) -> None:
    with simulator("zerodha") as (process, line):
        assert set(line) == KEYS
        assert line["broker"] == "zerodha"
        with urllib.request.urlopen(line["login"]) as page:
            assert page.status == 200
        process.send_signal(kind)
        status, out, log = ended(process)
        assert (status, out) == (0, "")
        assert "Traceback" not in log


def test_tls_prints_the_certificate_to_be_trusted() -> None:
    with simulator("zerodha", "--tls", "--seed", "7") as (process, line):
        trusting = ssl.create_default_context(cafile=line["ca"])
        with urllib.request.urlopen(line["login"], context=trusting) as page:
            assert page.status == 200
        process.terminate()
        status, _out, log = ended(process)
        assert status == 0
        assert line["ca"] in log


def test_a_recording_is_the_market_where_one_is_given(tmp_path: Path) -> None:
    bars = tmp_path / "day.csv"
    bars.write_text(BARS)
    with simulator("zerodha", "--replay", str(bars)) as (process, line):
        with urllib.request.urlopen(line["rest"] + "/_dials") as state:
            assert json.load(state)["now"].startswith("2026-08-19T03:45")
        process.terminate()
        assert ended(process)[0] == 0


def test_a_port_that_is_taken_is_told_in_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with simulator("zerodha") as (_process, line):
        port = line["rest"].rpartition(":")[2]
        assert run(["simulate", "zerodha", "--port", port]) == 2
        assert f"Port {port} cannot be listened on" in capfd.readouterr().err


def test_its_arguments_are_read() -> None:
    options = parse(["simulate", "upstox", "--port", "8080", "--seed", "3", "--replay", "a.csv", "b.csv", "--tls"])
    assert (options.command, options.broker, options.port) == ("simulate", "upstox", 8080)
    assert (options.seed, options.tls) == (3, True)
    assert options.replay == (Path("a.csv"), Path("b.csv"))


@pytest.mark.parametrize("wrong", [["simulate"], ["simulate", "nobody"], ["simulate", "zerodha", "--port", "70000"]])
def test_a_wrong_call_is_told(wrong: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(wrong) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_every_dialect_can_be_asked_for() -> None:
    assert tuple(DIALECTS) == SIMULATED
