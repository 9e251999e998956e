"""One Bhav per home: the second start raises the window of the first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLockFile

from terminal_app.app.paths import Paths
from terminal_app.domain.errors import ConfigError


def claim_or_raise_first(paths: Paths) -> QLockFile | None:
    """The lock of this home; None when another Bhav has it and was asked to come to the front. Raises ConfigError."""
    lock = QLockFile(str(paths.data / "bhav.lock"))
    lock.setStaleLockTime(0)  # a lock counts as long as its process lives, however long that is
    if lock.tryLock(0):
        return lock
    if lock.error() is not QLockFile.LockError.LockFailedError:
        raise ConfigError(
            "home",
            f"Bhav cannot lock {paths.data}. Nothing was started; choose a folder that you may write to with --home.",
        )
    if _raise_first(paths):
        return None
    raise ConfigError(
        "home", f"Another Bhav is using {paths.data} and does not answer. End it first, or use another --home."
    )


def listen_for_others(paths: Paths, raise_window: Callable[[], None]) -> object:
    """Come to the front when Bhav is started again. The answer must be kept alive."""
    from PySide6.QtNetwork import QLocalServer

    server = QLocalServer()
    server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
    QLocalServer.removeServer(_name(paths))  # left by a crash: the lock says that nobody else lives

    def incoming() -> None:
        connection = server.nextPendingConnection()
        connection.disconnected.connect(connection.deleteLater)
        raise_window()

    server.newConnection.connect(incoming)
    server.listen(_name(paths))
    return server


def _raise_first(paths: Paths) -> bool:
    from PySide6.QtNetwork import QLocalSocket

    probe = QLocalSocket()
    probe.connectToServer(_name(paths))
    answered = probe.waitForConnected(500)
    probe.disconnectFromServer()
    return answered


def _name(paths: Paths) -> str:
    import hashlib  # loads OpenSSL, so not before the first paint

    return "bhav-" + hashlib.sha256(str(paths.data).encode()).hexdigest()[:16]
