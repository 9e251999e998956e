"""The brokers' clients are pinned by version and hash, and their locks name no address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).parent / "locks"
_ENTRY = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==([^ ;\n]+)[^\n]*\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)", re.MULTILINE
)


@pytest.mark.parametrize(("name", "version"), [("kiteconnect", "5.2.2"), ("upstox-python-sdk", "2.30.0")])
def test_a_lock_pins_every_package_by_hash_and_names_no_address(name: str, version: str) -> None:
    text = (LOCKS / f"{name}.lock").read_text(encoding="utf-8")
    entries = {found: (pinned, hashes) for found, pinned, hashes in _ENTRY.findall(text)}
    assert entries[name][0] == version
    assert [found for found, (_, hashes) in entries.items() if not hashes] == []
    assert "://" not in text
