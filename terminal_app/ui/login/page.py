"""The page of a login: it goes where the broker's hosts are and nowhere else, and hands back the redirect instead of loading it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtWebEngineCore import (
    QWebEngineCertificateError,
    QWebEngineLoadingInfo,
    QWebEngineNewWindowRequest,
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineScript,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)

from terminal_app.ui.login.addresses import host_of, is_loopback, is_redirect, may_fetch, may_open, with_fields

_ON = (
    QWebEngineSettings.WebAttribute.JavascriptEnabled,
    QWebEngineSettings.WebAttribute.LocalStorageEnabled,
    QWebEngineSettings.WebAttribute.AutoLoadImages,
    QWebEngineSettings.WebAttribute.WebRTCPublicInterfacesOnly,
)
_OFF = (
    QWebEngineSettings.WebAttribute.AllowRunningInsecureContent,
    QWebEngineSettings.WebAttribute.AllowGeolocationOnInsecureOrigins,
    QWebEngineSettings.WebAttribute.AutoLoadIconsForPage,
    QWebEngineSettings.WebAttribute.DnsPrefetchEnabled,
    QWebEngineSettings.WebAttribute.FullScreenSupportEnabled,
    QWebEngineSettings.WebAttribute.HyperlinkAuditingEnabled,
    QWebEngineSettings.WebAttribute.JavascriptCanAccessClipboard,
    QWebEngineSettings.WebAttribute.JavascriptCanOpenWindows,
    QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls,
    QWebEngineSettings.WebAttribute.LocalContentCanAccessRemoteUrls,
    QWebEngineSettings.WebAttribute.NavigateOnDropEnabled,
    QWebEngineSettings.WebAttribute.PdfViewerEnabled,
    QWebEngineSettings.WebAttribute.PluginsEnabled,
    QWebEngineSettings.WebAttribute.ScreenCaptureEnabled,
)
_FORMS = """
JSON.stringify(Array.from(document.querySelectorAll('form'))
  .filter(form => (form.getAttribute('method') || '').toLowerCase() === 'post')
  .map(form => [
    new URL(form.getAttribute('action') || '', document.baseURI).href,
    new URLSearchParams(new FormData(form)).toString()
  ]))
"""
"""The fields of the forms that are posted, read in a world of its own that the page's scripts cannot reach."""
_OUR_DOING = frozenset({-3, -20})
"""Chromium's numbers for a load that was given up, and for one that we blocked."""
_WORDS = {
    -7: "it did not answer in time",
    -101: "the connection was cut",
    -102: "the connection was refused",
    -105: "its name is not known",
    -106: "this computer is not connected to the internet",
    -118: "it did not answer in time",
    -137: "its name could not be looked up",
}


class _Gate(QWebEngineUrlRequestInterceptor):
    """The second lock, where requests leave: frames, scripts and forms pass here too."""

    def __init__(self, login: str, redirect: str, parent: QObject) -> None:
        super().__init__(parent)
        self._login, self._redirect = login, redirect

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        kind = QWebEngineUrlRequestInfo.ResourceType
        address = _text(info.requestUrl())
        is_main = info.resourceType() in (kind.ResourceTypeMainFrame, kind.ResourceTypeNavigationPreloadMainFrame)
        is_frame = is_main or info.resourceType() in (
            kind.ResourceTypeSubFrame,
            kind.ResourceTypeNavigationPreloadSubFrame,
        )
        fits = may_open(address, self._login, is_main=is_main) if is_frame else may_fetch(address, self._login)
        if is_redirect(address, self._redirect) or not fits:
            info.block(True)


class LoginPage(QWebEnginePage):
    """Emits `came_back` or `failed`, once; what it refuses on the way it only tells."""

    came_back = Signal(str)
    """The whole redirect address, with the fields of a posted form as its query."""
    failed = Signal(str)
    """Why the page cannot go on, as a sentence."""
    refused = Signal(str, str)
    """What the page wanted and did not get: a word or two, and a sentence."""
    moved = Signal(str)
    """The address that is shown now."""

    def __init__(self, profile: QWebEngineProfile, login: str, redirect: str) -> None:
        super().__init__(profile)
        self._login, self._redirect = login, redirect
        self._is_over = False
        self._gate = _Gate(login, redirect, self)
        self.setUrlRequestInterceptor(self._gate)
        for attribute in _ON:
            self.settings().setAttribute(attribute, True)
        for attribute in _OFF:
            self.settings().setAttribute(attribute, False)
        self.setBackgroundColor(Qt.GlobalColor.white)
        self.urlChanged.connect(lambda url: self.moved.emit(_text(url)))
        self.loadingChanged.connect(self._on_loading)
        self.renderProcessTerminated.connect(self._on_crash)
        self.certificateError.connect(self._on_certificate)
        self.newWindowRequested.connect(self._on_new_window)
        self.permissionRequested.connect(lambda permission: permission.deny())
        self.registerProtocolHandlerRequested.connect(lambda request: request.reject())
        self.fileSystemAccessRequested.connect(lambda request: request.reject())
        self.selectClientCertificate.connect(lambda selection: selection.selectNone())
        self.webAuthUxRequested.connect(self._on_passkey)

    def begin(self) -> None:
        """Open the login page."""
        self.load(QUrl(self._login))

    def acceptNavigationRequest(self, url: QUrl | str, kind: QWebEnginePage.NavigationType, is_main: bool) -> bool:
        """The first lock: called before anything is asked for, for every step of a chain of redirects."""
        address = _text(url)
        if is_redirect(address, self._redirect):
            if is_main:
                self._come_back(address, is_form=kind is QWebEnginePage.NavigationType.NavigationTypeFormSubmitted)
            return False
        if may_open(address, self._login, is_main=is_main):
            return not self._is_over
        if is_main:
            self._refuse(f"The page wanted to go to {_where(address)}, which is not the broker's.")
        return False

    # What a page may ask of its surroundings; Qt's own answers would open dialogs that nest an event loop.

    def javaScriptAlert(self, origin: QUrl | str, msg: str) -> None:
        self.refused.emit("The page says:", msg[:200])

    def javaScriptConfirm(self, origin: QUrl | str, msg: str) -> bool:
        self._refuse(f"The page asked “{msg[:200]}” and was told no.")
        return False

    def javaScriptPrompt(self, origin: QUrl | str, msg: str, default: str) -> Any:
        self._refuse(f"The page asked “{msg[:200]}” and was told nothing.")
        return False, ""

    def javaScriptConsoleMessage(
        self, level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        """Pages print tokens: nothing of it reaches our log."""

    def chooseFiles(self, mode: QWebEnginePage.FileSelectionMode, old: Any, types: Any) -> list[str]:
        self._refuse("The page wanted a file of this computer.")
        return []

    # How it ends.

    def _come_back(self, address: str, *, is_form: bool) -> None:
        if self._is_over:
            return
        self._is_over = True
        if not is_form:
            self.came_back.emit(address)
            return

        def joined(forms: Any) -> None:
            bodies = [body for action, body in json.loads(forms or "[]") if is_redirect(str(action), self._redirect)]
            self.came_back.emit(with_fields(address, str(bodies[0]) if bodies else ""))

        self.runJavaScript(_FORMS, QWebEngineScript.ScriptWorldId.ApplicationWorld.value, joined)

    def _refuse(self, sentence: str) -> None:
        self.refused.emit("Refused.", sentence)

    def _fail(self, sentence: str) -> None:
        if not self._is_over:
            self._is_over = True
            self.failed.emit(sentence)

    def _on_loading(self, info: QWebEngineLoadingInfo) -> None:
        if info.status() is not QWebEngineLoadingInfo.LoadStatus.LoadFailedStatus or info.errorCode() in _OUR_DOING:
            return
        words = _WORDS.get(info.errorCode(), info.errorString() or f"error {info.errorCode()}")
        self._fail(f"The login page at {_where(_text(info.url()))} could not be opened: {words}.")

    def _on_crash(self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int) -> None:
        self._fail(f"The login page ended by itself ({status.name}, {code}). Log in again, or use your browser.")

    def _on_certificate(self, error: QWebEngineCertificateError) -> None:
        if is_test_certificate(error, _text(error.url())):
            error.acceptCertificate()
            return
        error.rejectCertificate()
        if error.isMainFrame():
            where = _where(_text(error.url()))
            self._fail(f"{where} could not prove who it is, so nothing was sent to it: {error.description()}")

    def _on_new_window(self, request: QWebEngineNewWindowRequest) -> None:
        address = _text(request.requestedUrl())
        if is_redirect(address, self._redirect):
            self._come_back(address, is_form=False)
            return
        self._refuse(f"The page wanted to open a window for {_where(address)}. Pop-ups are off here.")

    def _on_passkey(self, request: Any) -> None:
        request.cancel()
        self._refuse("A passkey cannot be used in this page. Open it in your browser instead.")


def is_test_certificate(error: QWebEngineCertificateError, address: str) -> bool:
    """Whether it is the certificate of the simulator: named in the environment, on this machine, and exactly that one."""
    path = os.environ.get("BHAV_TEST_CA", "")
    if not path or not is_loopback(host_of(address)):
        return False
    from PySide6.QtNetwork import QSslCertificate

    try:
        known = QSslCertificate.fromData(Path(path).read_bytes())
    except OSError:
        return False
    return any(certificate in known for certificate in error.certificateChain())


def _text(url: QUrl | str) -> str:
    return QUrl(url).toString(QUrl.ComponentFormattingOption.FullyEncoded)


def _where(address: str) -> str:
    return host_of(address) or "an unknown place"
