"""Settings: declared once, checked, kept and announced."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.domain.errors import BadInput, StorageError
from terminal_app.domain.messages import SettingChanged
from terminal_app.services.settings import SETTINGS, SettingsService


class Store:
    def __init__(self, content: dict[str, Any] | None = None) -> None:
        self.content = content or {}
        self.is_full = False

    def load(self) -> dict[str, Any]:
        return dict(self.content)

    def save(self, content: Mapping[str, Any]) -> None:
        if self.is_full:
            raise StorageError("The disk is full.")
        self.content = dict(content)


def make(store: Store | None = None) -> tuple[SettingsService, Store, list[SettingChanged]]:
    store = store or Store()
    told: list[SettingChanged] = []
    return SettingsService(store, told.append), store, told


def test_every_setting_has_a_default_that_its_own_check_accepts() -> None:
    service, _, _ = make()
    for setting in SETTINGS:
        service.set(setting.key, setting.default)
        assert service.get(setting.key) == setting.default


def test_a_change_is_kept_and_announced() -> None:
    service, store, told = make()
    service.set("theme", "light")
    assert SettingsService(store, told.append).text("theme") == "light"
    assert told == [SettingChanged("theme")]


def test_money_is_exact_and_empty_means_no_limit() -> None:
    service, _, _ = make()
    assert service.money("max_order_value") is None
    service.set("max_order_value", "12,50,000.50")
    assert service.money("max_order_value") == Decimal("1250000.50")


@pytest.mark.parametrize(
    ("key", "value"),
    [("theme", "pink"), ("zoom", "huge"), ("zoom", 500), ("max_order_value", "-5"), ("max_order_value", "lots")],
)
def test_a_wrong_value_is_refused_naming_the_setting_and_nothing_changes(key: str, value: Any) -> None:
    service, store, told = make()
    with pytest.raises(BadInput) as refused:
        service.set(key, value)
    assert refused.value.field == key
    assert (store.content, told) == ({}, [])


def test_a_database_address_with_a_password_is_refused() -> None:
    service, _, _ = make()
    with pytest.raises(BadInput, match="password"):
        service.set("database_url", "postgresql://trader:hush@desk/bhav")
    service.set("database_url", "postgresql://trader@desk/bhav")


def test_a_change_that_cannot_be_kept_does_not_happen() -> None:
    service, store, told = make()
    store.is_full = True
    with pytest.raises(StorageError):
        service.set("theme", "light")
    assert (service.text("theme"), told) == ("system", [])


def test_an_action_is_rebound_and_returned_to_its_default() -> None:
    service, store, _ = make()
    service.bind_key("buy", "Ctrl+B")
    assert SettingsService(store, lambda _: None).key_bindings() == {"buy": "Ctrl+B"}
    service.bind_key("buy", None)
    assert service.key_bindings() == {}
