"""The suite's own guards bite: each bad test below must fail for its reason, each good one pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.folders import REPOSITORY

SAMPLES = '''
"""Tests good and bad, run by another pytest."""
import asyncio, logging, socket, warnings
import pytest
from PySide6.QtCore import qWarning

keep = []

async def sleeper():
    await asyncio.sleep(3600)

@pytest.fixture
async def opened():
    task = asyncio.create_task(sleeper())
    yield task
    task.cancel()
    await asyncio.wait([task])

@pytest.fixture
async def forgotten():
    return asyncio.create_task(sleeper(), name="forgotten")

async def test_good_async(opened):
    await asyncio.sleep(0)
    assert not opened.done()

def test_good_expected_log(expected_logs):
    expected_logs("feed l.st")
    logging.getLogger("x").warning("feed lost")

def test_good_keyring(memory_keyring):
    import keyring
    keyring.set_password("s", "u", "p")
    assert memory_keyring.store == {("s", "u"): "p"}

async def test_good_loopback():
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()

async def test_bad_async_assertion():
    await asyncio.sleep(0)
    assert 1 == 2

async def test_bad_stray_task():
    keep.append(asyncio.create_task(sleeper(), name="stray"))

async def test_bad_fixture_task(forgotten):
    pass

async def test_bad_loop_error():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)

def test_bad_log():
    logging.getLogger("x").warning("surprise")

def test_bad_missing_log(expected_logs):
    expected_logs("never comes")

def test_bad_network():
    try:
        with socket.socket() as plain:
            plain.connect(("192.0.2.1", 80))
    except Exception:
        pass

def test_bad_name_lookup():
    with pytest.raises(RuntimeError):
        socket.getaddrinfo("example.invalid", 80)

def test_bad_warning():
    warnings.warn("old")

def test_bad_qt_warning(qapp):
    qWarning("Qt is unhappy")

def test_bad_skip():
    pytest.skip("too lazy")

def test_good_skip():
    pytest.skip("needs macOS")
'''


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("manners")
    (folder / "test_samples.py").write_text(SAMPLES, encoding="utf-8")
    (folder / "conftest.py").write_text(
        '"""The manners of the real suite."""\n'
        + (REPOSITORY / "tests" / "conftest.py").read_text(encoding="utf-8").split('"""', 2)[2].lstrip(),
        encoding="utf-8",
    )
    options = ["-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-v", "-rA", "--tb=short", "--color=no", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "BHAV_NO_SKIP": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def lines_about(outcome: str, test: str) -> list[str]:
    return re.findall(rf"^(PASSED|FAILED|ERROR|SKIPPED)\b.*\b{test}\b", outcome, re.MULTILINE)


@pytest.mark.parametrize("test", ["async", "expected_log", "keyring", "loopback"])
def test_a_well_behaved_test_passes(outcome: str, test: str) -> None:
    assert lines_about(outcome, f"test_good_{test}") == ["PASSED"], outcome


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("async_assertion", "assert 1 == 2"),
        ("stray_task", "tasks left running: stray"),
        ("fixture_task", "tasks left running by a fixture: forgotten"),
        ("loop_error", "unhandled in the loop: .*ZeroDivisionError"),
        ("log", "unexpected log line: x: surprise"),
        ("missing_log", "no log line matches: never comes"),
        ("network", "socket.connect to '192.0.2.1'"),
        ("name_lookup", "socket.getaddrinfo to 'example.invalid'"),
        ("warning", "UserWarning: old"),
        ("qt_warning", "Qt is unhappy"),
        ("skip", "skipped where nothing may skip .*too lazy"),
    ],
)
def test_a_misbehaving_test_fails_for_its_reason(outcome: str, test: str, reason: str) -> None:
    assert {"FAILED", "ERROR"} & set(lines_about(outcome, f"test_bad_{test}")), outcome
    assert re.search(reason, outcome), outcome


def test_a_skip_for_another_system_stays_a_skip(outcome: str) -> None:
    assert re.search(r"^SKIPPED \[1\] .*needs macOS", outcome, re.MULTILINE), outcome


def test_the_samples_leave_nothing_beside_them(outcome: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path(next(tmp_path_factory.getbasetemp().glob("manners*")))
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {"test_samples.py", "conftest.py"}, outcome
