"""The manners of every test: no display, no network, no real keyring, nothing left behind, no warning unseen."""

from __future__ import annotations

import os

# Before the first import of Qt; a developer may still export QT_QPA_PLATFORM=xcb.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu --disable-logging")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    # Chromium refuses to run as root with its sandbox on. Tests only: the product never sets this.
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

from hypothesis import HealthCheck, settings

from tests.helpers.counts import proving

pytest_plugins = [
    "tests.helpers.async_tests",
    "tests.helpers.folders",
    "tests.helpers.fresh_limits",
    "tests.helpers.log_guard",
    "tests.helpers.memory_keyring",
    "tests.helpers.network_guard",
    "tests.helpers.postgres",
    "tests.helpers.secret_service",
    "tests.helpers.skips",
]

# Stateful and Qt examples take what time they take; the suite as a whole is limited, single examples are not.
_SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("seeded", max_examples=40, derandomize=True, deadline=None, suppress_health_check=_SLOW)
settings.register_profile(
    "prove", max_examples=1000, database=None, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.load_profile("prove" if proving() else "seeded")
