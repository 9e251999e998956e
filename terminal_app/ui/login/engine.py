"""Whether the embedded page can be used on this machine, and making sure that it can only be used safely."""

from __future__ import annotations

import os
import sys

_ALLOW_ROOT = "BHAV_ALLOW_ROOT_WEBVIEW"
_DEBUGGING = "--remote-debugging"


def why_not_embedded() -> str:
    """Why the page cannot be shown inside the window, as a sentence; empty where it can."""
    if not is_root() or os.environ.get(_ALLOW_ROOT) == "1":
        return ""
    return (
        "Bhav runs as the administrator (root), where the login page would have to run without its protection against "
        "harmful pages. Start Bhav as an ordinary user, or log in with your browser."
    )


def prepare() -> None:
    """Set the web engine's surroundings before it is imported: no debugging port, and as root, in tests only, no sandbox."""
    os.environ.pop("QTWEBENGINE_REMOTE_DEBUGGING", None)
    flags = os.environ.get("QTWEBENGINE_CHROMIUM_FLAGS", "")
    if _DEBUGGING in flags:
        kept = [flag for flag in flags.split() if not flag.startswith(_DEBUGGING)]
        os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = " ".join(kept)
    if is_root() and os.environ.get(_ALLOW_ROOT) == "1":
        os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    else:
        os.environ.pop("QTWEBENGINE_DISABLE_SANDBOX", None)


def is_root() -> bool:
    """Whether the program runs as the administrator of a Unix system."""
    return sys.platform != "win32" and os.geteuid() == 0
