"""What a Zerodha account is opened with: keys that are missing and addresses that are not allowed are named."""

from __future__ import annotations

import pytest

from terminal_app.brokers.zerodha.broker import open_zerodha
from terminal_app.brokers.zerodha.config import CAPABILITIES, ENDPOINTS, FORM, read_credentials, read_endpoints
from terminal_app.domain.errors import ConfigError
from tests.unit.brokers.zerodha.kite import CREDENTIALS


@pytest.mark.parametrize("key", sorted(CREDENTIALS))
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_named(key: str, value: str | None) -> None:
    given = dict(CREDENTIALS)
    if value is None:
        del given[key]
    else:
        given[key] = value
    with pytest.raises(ConfigError) as error:
        read_credentials(given)
    assert error.value.field == key
    assert "shh" not in error.value.message


def test_keys_lose_the_spaces_that_copying_adds() -> None:
    read = read_credentials({name: f" {value} \n" for name, value in CREDENTIALS.items()})
    assert (read.api_key, read.api_secret, read.redirect_url) == tuple(CREDENTIALS.values())


def test_credentials_do_not_print_themselves() -> None:
    assert "shh" not in repr(read_credentials(CREDENTIALS))


@pytest.mark.parametrize("redirect", ["localhost", "ftp://127.0.0.1/x", "http://"])
def test_a_redirect_that_is_no_address_is_refused(redirect: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_credentials(CREDENTIALS | {"redirect_url": redirect})
    assert error.value.field == "redirect_url"


def test_the_form_asks_for_every_key_and_says_where_it_is() -> None:
    assert {field.key for field in FORM.fields if field.required} == set(CREDENTIALS)
    assert all(field.help and field.label for field in FORM.fields)
    assert {field.key for field in FORM.fields if field.secret} == {"api_key", "api_secret"}


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x", "https://[::1]:9", "ws://localhost:7/feed"])
def test_addresses_on_this_computer_are_taken(address: str) -> None:
    assert read_endpoints({"rest": address})["rest"] == address
    assert read_endpoints({"rest": address})["feed"] == ENDPOINTS["feed"]


@pytest.mark.parametrize(
    "address",
    [
        "https://api.kite.trade.example.com",
        "http://api.kite.trade",
        "http://127.0.0.1.example.com",
        "file:///etc",
        "",
        "http://192.168.0.9",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_endpoints({"rest": address})
    assert error.value.field == "endpoints.rest"


def test_an_unknown_kind_of_address_is_named() -> None:
    with pytest.raises(ConfigError, match="order_rest"):
        read_endpoints({"order_rest": "http://127.0.0.1:1"})


def test_a_saved_session_without_its_token_is_named() -> None:
    with pytest.raises(ConfigError, match="access token"):
        open_zerodha(CREDENTIALS, {"user_id": "AB1234"})


def test_what_is_offered_has_words() -> None:
    offered = {product for products in CAPABILITIES.products.values() for product in products}
    assert offered == set(CAPABILITIES.product_codes)
