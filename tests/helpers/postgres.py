"""A real PostgreSQL for tests: a throw-away cluster for the session, a database for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_INITDB_OPTIONS = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running cluster that listens on a Unix socket only."""

    folder: Path

    def url(self, database: str, *, driver: str = "postgresql+psycopg") -> str:
        """The address of ``database``, for SQLAlchemy unless another ``driver`` is named."""
        return f"{driver}://bhav@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        import psycopg

        with psycopg.connect(self.url("postgres", driver="postgresql"), autocommit=True) as connection:
            connection.execute(statement.encode())


def _programs() -> Path | None:
    """The folder of initdb and pg_ctl: Debian's newest, else the one on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _unprivileged() -> tuple[list[str], str | None]:
    """A prefix that leaves root, which PostgreSQL refuses to run as, and the user that it becomes."""
    if os.geteuid() != 0:
        return [], None
    return ["runuser", "-u", "postgres", "--"], "postgres"


def _run(command: Sequence[str | Path], folder: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode != 0:
        log = folder / "log"
        tail = log.read_text()[-2000:] if log.exists() else ""
        raise RuntimeError(f"{command[-1]} failed ({done.returncode}): {done.stdout}{done.stderr}{tail}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A cluster made for this session and destroyed with it; the test is skipped where PostgreSQL is not installed."""
    if sys.platform == "win32":
        pytest.skip("needs PostgreSQL on a Unix socket")
    programs = _programs()
    if programs is None:
        pytest.skip("needs PostgreSQL (resources/setup/test_libs.sh installs it)")
    # A Unix socket's path is short, so the folder is not under pytest's own.
    folder = Path(tempfile.mkdtemp(prefix="bhav-pg-"))
    prefix, user = _unprivileged()
    if user is not None:
        shutil.chown(folder, user)
    try:
        data = folder / "data"
        _run(
            [*prefix, programs / "initdb", "--pgdata", data, "--username=bhav", *_INITDB_OPTIONS],
            folder,
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c shared_buffers=16MB"
        control: list[str | Path] = [*prefix, programs / "pg_ctl", "--pgdata", data, "--wait", "--log", folder / "log"]
        _run([*control, "-o", options, "start"], folder)
        try:
            yield PostgresServer(folder)
        finally:
            _run([*control, "--mode=immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy address of an empty database for this test alone."""
    name = f"bhav_{next(_numbers)}"
    postgres_server.run(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")
