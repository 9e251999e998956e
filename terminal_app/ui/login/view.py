"""The widget with the login page, off the record; the only file that starts the web engine."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWebEngineCore import QWebEngineDownloadRequest, QWebEngineProfile
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from terminal_app.ui.login.page import LoginPage

_closing: set[LoginView] = set()


class LoginView(QWebEngineView):
    """Shows one `page`. `dispose` ends it; cookies, storage and cache go with it."""

    def __init__(self, login: str, redirect: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("The broker's login page")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._profile = QWebEngineProfile()  # without a name it keeps nothing on the disk
        self._profile.setHttpCacheType(QWebEngineProfile.HttpCacheType.MemoryHttpCache)
        self._profile.setPersistentCookiesPolicy(QWebEngineProfile.PersistentCookiesPolicy.NoPersistentCookies)
        self._profile.setSpellCheckEnabled(False)
        self._profile.setPushServiceEnabled(False)
        self._profile.downloadRequested.connect(self._on_download)
        self.login_page = LoginPage(self._profile, login, redirect)
        self.setPage(self.login_page)
        self.setAcceptDrops(False)

    def dispose(self) -> None:
        """End the page, then the profile: in another order Qt warns and may crash. Both are held here until they are gone."""
        if self in _closing:
            return
        _closing.add(self)
        self.stop()
        self.hide()
        self.setParent(None)
        self.login_page.destroyed.connect(self._profile.deleteLater)
        self._profile.destroyed.connect(self._gone)
        self.login_page.deleteLater()

    def _gone(self) -> None:
        _closing.discard(self)
        self.deleteLater()

    def _on_download(self, request: QWebEngineDownloadRequest) -> None:
        request.cancel()
        self.login_page.refused.emit("Refused.", "The page wanted to save a file on this computer.")
