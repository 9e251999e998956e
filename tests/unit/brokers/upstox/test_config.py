"""What an account is opened with."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from terminal_app.brokers.registry import open_broker
from terminal_app.brokers.upstox.broker import open_upstox
from terminal_app.brokers.upstox.config import BUDGETS, ENDPOINTS, read_credentials, read_endpoints
from terminal_app.domain.errors import ConfigError
from tests.unit.brokers.upstox.upstox import CREDENTIALS


@pytest.mark.parametrize("key", sorted(CREDENTIALS))
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(ConfigError) as missing:
        open_upstox({**CREDENTIALS, key: " "}, None, None)
    assert missing.value.field == key


def test_keys_of_others_do_not_disturb_and_secrets_are_not_printed() -> None:
    known = read_credentials({**CREDENTIALS, "mpin": "1234", "analytics_token": " a1 "})
    assert known.analytics_token == "a1"
    assert "secret-1" not in repr(known)


def test_a_redirect_address_has_to_be_whole() -> None:
    with pytest.raises(ConfigError) as wrong:
        read_credentials({**CREDENTIALS, "redirect_url": "127.0.0.1:5710"})
    assert wrong.value.field == "redirect_url"


def test_a_session_without_its_token_is_refused() -> None:
    with pytest.raises(ConfigError) as wrong:
        open_upstox(CREDENTIALS, {"user_id": "AB1234"}, None)
    assert wrong.value.field == "access_token"


def test_addresses_are_the_brokers_own_or_on_this_computer() -> None:
    assert read_endpoints(None) == ENDPOINTS
    assert read_endpoints({"rest": "http://127.0.0.1:1", "feed": ENDPOINTS["feed"]})["rest"] == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "endpoints",
    [{"rest": "https://example.com"}, {"rest": "https://localhost.example.com"}, {"nowhere": "http://127.0.0.1:1"},
     {"feed": "ftp://127.0.0.1"}],
)  # fmt: skip
def test_other_addresses_are_refused_by_name(endpoints: Mapping[str, str]) -> None:
    with pytest.raises(ConfigError) as wrong:
        read_endpoints(endpoints)
    assert wrong.value.field == f"endpoints.{next(iter(endpoints))}"


def test_the_registry_opens_it_and_tells_the_budgets() -> None:
    broker = open_broker("upstox", credentials={**CREDENTIALS, "api_key": "key-of-its-own"})
    assert {name for name, _left, _all in broker.remaining_calls()} == set(BUDGETS)  # type: ignore[attr-defined]
