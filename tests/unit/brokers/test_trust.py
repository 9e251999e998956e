"""Whom a connection trusts, and what holds on loopback only."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from terminal_app.brokers.trust import client_context, is_loopback, trust_of
from terminal_app.domain.errors import ConfigError
from tests.helpers.certificate import make_certificate

CA = Path("/some/ca.pem")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_loopback_is_known_by_name_and_address(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "127.0.0.1.example.com", "localhost.example.com", "api.kite.trade", "10.0.0.1", "128.0.0.1"]
)
def test_nothing_else_is_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
def test_the_environment_names_roots_for_loopback_and_for_nothing_else(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BHAV_TEST_CA", str(CA))
    assert trust_of(f"{scheme}://127.0.0.1:8080/x", True) == CA
    assert trust_of(f"{scheme}://localhost/x", Path("/other.pem")) == Path("/other.pem")
    if scheme in {"https", "wss"}:
        assert trust_of(f"{scheme}://api.example.com/", True) is True
        assert trust_of(f"{scheme}://localhost@api.example.com/", True) is True


def test_without_the_environment_loopback_is_trusted_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BHAV_TEST_CA", raising=False)
    assert trust_of("https://127.0.0.1/", True) is True
    assert trust_of("https://127.0.0.1/", False) is False


@pytest.mark.parametrize(
    ("url", "verify", "words"),
    [
        ("http://api.example.com/?token=abc", True, "must begin with https:// or wss://"),
        ("ws://api.example.com/", CA, "must begin with https:// or wss://"),
        ("api.example.com", True, "must begin with https:// or wss://"),
        ("https://api.example.com/", False, "cannot be turned off for api.example.com"),
    ],
)
def test_outside_of_loopback_nothing_goes_in_clear_or_unchecked(url: str, verify: bool | Path, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        trust_of(url, verify)
    assert words in caught.value.message
    assert "token" not in caught.value.message


async def test_the_usual_roots_are_loaded_once_for_each_offer_of_protocols() -> None:
    first = await client_context(True, ("http/1.1",))
    assert await client_context(True, ("http/1.1",)) is first
    assert await client_context(True, ("h2", "http/1.1")) is not first
    assert (first.verify_mode, first.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert first.minimum_version is ssl.TLSVersion.TLSv1_2
    assert first.cert_store_stats()["x509_ca"] > 50


async def test_roots_from_a_file_are_the_only_ones(tmp_path: Path) -> None:
    context = await client_context(make_certificate(tmp_path).cert, ("http/1.1",))
    assert context.cert_store_stats()["x509"] == 1
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("content", [None, b"no certificate"])
async def test_a_file_of_roots_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"ca\.pem cannot be read"):
        await client_context(path, ("http/1.1",))
