"""A real Secret Service: a GNOME keyring of its own in a D-Bus session of its own, in a throw-away folder."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import keyring
import pytest

_PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")
_PASSWORD = "the keyring's own password"
_COLLECTION = "/org/freedesktop/secrets/collection/login"
_START_S = 30.0
# The daemon stays in the foreground, so that it ends with the session. The first line tells the session's address.
_SCRIPT = """
printf '%s\\n' "$DBUS_SESSION_BUS_ADDRESS"
exec gnome-keyring-daemon --foreground --unlock --components=secrets
"""


class SecretService:
    """The running daemon. Its collection begins unlocked and empty."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address

    def lock(self) -> None:
        """Lock the collection, as the desktop does when its user asks for it."""
        import secretstorage

        with closing(secretstorage.dbus_init()) as connection:
            secretstorage.Collection(connection).lock()

    def unlock(self) -> None:
        """Unlock it as a log-in does: with the password, without a dialog."""
        import secretstorage
        from secretstorage.util import DBusAddressWrapper, format_secret, open_session

        with closing(secretstorage.dbus_init()) as connection:
            daemon = DBusAddressWrapper(
                "/org/freedesktop/secrets", "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface", connection
            )
            password = format_secret(open_session(connection), _PASSWORD.encode(), "text/plain")
            daemon.call("UnlockWithMasterPassword", "o(oayays)", _COLLECTION, password)

    def items(self) -> dict[str, str]:
        """Every entry of our service by its user name, asked of the service itself."""
        import secretstorage

        with closing(secretstorage.dbus_init()) as connection:
            found = secretstorage.Collection(connection).search_items({"service": "bhav"})
            return {item.get_attributes()["username"]: item.get_secret().decode() for item in found}

    def files(self) -> dict[Path, bytes]:
        """What the daemon wrote to the disk."""
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    own = {"HOME": "home", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_RUNTIME_DIR": "run"}
    return kept | {name: str(folder / place) for name, place in own.items()}


def _wait_for(address: str) -> None:
    """Until the daemon has its name on the bus."""
    from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
    from jeepney.io.blocking import Proxy, open_dbus_connection  # type: ignore[import-untyped]

    end_s = time.monotonic() + _START_S
    with closing(open_dbus_connection(address)) as connection:
        bus = Proxy(message_bus, connection)
        while not bus.NameHasOwner("org.freedesktop.secrets")[0]:
            assert time.monotonic() < end_s, "the keyring's daemon did not start"
            select.select([], [], [], 0.01)


@contextlib.contextmanager
def running_secret_service() -> Iterator[SecretService]:
    """Start the session and its keyring; this process does not use it yet. Skips where the programs are missing."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed (resources/setup/test_libs.sh)")
    # Short: the socket's path has a limit of 108 bytes.
    folder = Path(tempfile.mkdtemp(prefix="bhav-keyring-"))
    for name in ("home", "data", "config", "run"):
        (folder / name).mkdir(mode=0o700)
    session = subprocess.Popen(
        ["dbus-run-session", "--", "sh", "-c", _SCRIPT],
        env=_environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert session.stdin is not None
    assert session.stdout is not None
    try:
        session.stdin.write(_PASSWORD)
        session.stdin.close()
        address = session.stdout.readline().strip()
        _wait_for(address)
        yield SecretService(folder, address)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(session.pid, signal.SIGTERM)
        session.stdout.close()
        session.wait(_START_S)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def secret_service(monkeypatch: pytest.MonkeyPatch, memory_keyring: object) -> Iterator[SecretService]:
    """A real Secret Service, which ``keyring`` is set to for this test."""
    from keyring.backends.SecretService import Keyring

    with running_secret_service() as service:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", service.address)
        keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
        yield service
        # The library leaves connections open where it raises.
        gc.collect()
