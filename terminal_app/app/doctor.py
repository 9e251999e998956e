"""``bhav doctor``: versions, paths, keyring, database, Qt, WebEngine, clock, brokers; what works and what does not."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from terminal_app import __version__
from terminal_app.app.options import Options
from terminal_app.app.paths import RESOURCES, Paths
from terminal_app.domain.errors import BhavError

_LIBRARIES = ("PySide6", "qasync", "httpx", "keyring", "pyotp", "pyqtgraph", "numpy", "SQLAlchemy", "alembic")


class Finding(Struct, frozen=True):
    """One checked thing. ``needed``: Bhav cannot be used without it."""

    name: str
    ok: bool
    text: str
    needed: bool = False


def run_doctor(options: Options) -> int:
    """Print the findings; 0 when Bhav can be used here, 1 when not."""
    findings = examine(options)
    usable = all(finding.ok for finding in findings if finding.needed)
    if options.as_json:
        print(json.dumps({"usable": usable, "findings": [asdict(finding) for finding in findings]}, indent=1))
    else:
        for finding in findings:
            mark = "ok  " if finding.ok else ("BAD " if finding.needed else "note")
            print(f"{mark} {finding.name}: {finding.text}")
        print("Bhav can be used here." if usable else "Bhav cannot be used here until what is marked BAD is mended.")
    return 0 if usable else 1


def examine(options: Options) -> list[Finding]:
    """Everything that Bhav needs or likes to have."""
    paths = Paths.under(options.home.expanduser().absolute()) if options.home is not None else Paths.of_user()
    return [
        Finding("Bhav", True, __version__),
        Finding(
            "Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}", needed=True
        ),
        *_libraries(),
        _resources(),
        _home(paths),
        _database(paths),
        _keyring(options),
        _qt(),
        _webengine(),
        _clock(),
        _brokers(),
    ]


def _libraries() -> list[Finding]:
    findings = []
    for name in _LIBRARIES:
        try:
            findings.append(Finding(name, True, importlib.metadata.version(name), needed=True))
        except importlib.metadata.PackageNotFoundError:
            bundled = importlib.util.find_spec(name.lower() if name == "SQLAlchemy" else name) is not None
            findings.append(
                Finding(
                    name, bundled, "bundled" if bundled else "missing: run make run, or install Bhav again", needed=True
                )
            )
    return findings


def _resources() -> Finding:
    found = (RESOURCES / "data").is_dir()
    return Finding(
        "resources", found, str(RESOURCES) if found else f"{RESOURCES} is missing: install Bhav again", needed=True
    )


def _home(paths: Paths) -> Finding:
    try:
        paths.prepare()
    except BhavError as error:
        return Finding("home", False, error.message, needed=True)
    return Finding("home", True, f"data {paths.data}, config {paths.config}, logs {paths.logs}", needed=True)


def _database(paths: Paths) -> Finding:
    from terminal_app.app.export import database_url
    from terminal_app.storage.database import Database

    async def check(url: str) -> None:
        database = Database(url, backups=paths.backups)
        try:
            await database.check_writable()
        finally:
            await database.aclose()

    try:
        url = database_url(paths)
        asyncio.run(check(url))
    except BhavError as error:
        return Finding("database", False, error.message, needed=True)
    return Finding("database", True, url, needed=True)


def _keyring(options: Options) -> Finding:
    if options.vault != "keyring":
        return Finding("keyring", True, f"not used: --vault {options.vault}")
    import keyring
    import keyring.backends.fail

    backend = keyring.get_keyring()
    if isinstance(backend, keyring.backends.fail.Keyring):
        return Finding("keyring", False, "no keyring is running in this session; paper trading needs none")
    return Finding("keyring", True, f"{type(backend).__module__}.{type(backend).__qualname__}")


def _qt() -> Finding:
    from PySide6.QtCore import qVersion

    wanted = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform == "linux" and not wanted and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return Finding(
            "Qt", False, f"{qVersion()}; no display in this session: the window needs one, pictures and exports do not"
        )
    return Finding("Qt", True, f"{qVersion()} on {wanted or 'the desktop'}")


def _webengine() -> Finding:
    try:
        from PySide6 import QtWebEngineCore
    except ImportError as error:
        return Finding("WebEngine", False, f"cannot be loaded ({error}); login pages open in your own browser instead")
    return Finding("WebEngine", True, f"Chromium {_text(QtWebEngineCore.qWebEngineChromiumVersion())}")


def _text(value: bytes | bytearray | memoryview | str) -> str:
    return value if isinstance(value, str) else bytes(value).decode()


def _clock() -> Finding:
    """How far the computer's clock is off is measured where a broker answers; here only that its zone is known."""
    state = Path("/run/systemd/timesync/synchronized")
    if sys.platform == "linux" and state.parent.is_dir():
        text = "kept by the network time service" if state.exists() else "not yet set by the network time service"
        return Finding("clock", state.exists(), f"{text}; one-time codes need a right clock")
    return Finding("clock", True, "skew is measured when a broker answers; one-time codes need a right clock")


def _brokers() -> Finding:
    from terminal_app.brokers.registry import broker_names

    return Finding("brokers", True, ", ".join(broker_names()), needed=True)
