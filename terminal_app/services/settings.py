"""Settings: every one declared once, with its type, default and description; kept in one small file."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from terminal_app.domain.errors import BadInput

if TYPE_CHECKING:
    from terminal_app.domain.messages import SettingChanged

Value = str | int | float | bool | None


class SettingsStore(Protocol):
    """Where settings are kept; saving is all or nothing."""

    def load(self) -> dict[str, Any]:
        """All that was saved."""
        ...

    def save(self, content: dict[str, Any]) -> None:
        """Replace what was saved. Raises StorageError."""
        ...


class Setting(NamedTuple):
    """One setting. ``kind``: "choice", "number", "money", "switch" or "text"; an empty money value means no limit."""

    key: str
    group: str
    title: str
    help: str
    kind: str
    default: Value
    choices: tuple[tuple[str, str], ...] = ()
    least: float = 0
    most: float = 1e12


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "theme",
        "Look",
        "Theme",
        "Follow the system, or always dark or light.",
        "choice",
        "system",
        (("system", "Follow the system"), ("dark", "Dark"), ("light", "Light")),
    ),
    Setting(
        "colours",
        "Look",
        "Profit and loss colours",
        "The safe set uses sky blue and amber and tells them apart for every eye.",
        "choice",
        "standard",
        (("standard", "Green and red"), ("safe", "Blue and amber")),
    ),
    Setting(
        "zoom",
        "Look",
        "Text size",
        "Percent of the normal size; Ctrl + and Ctrl − change it too.",
        "number",
        100,
        least=80,
        most=200,
    ),
    Setting(
        "confirm_value",
        "Orders",
        "Ask again above",
        "An order worth more than this asks once more before it is sent.",
        "money",
        "1000000",
    ),
    Setting(
        "confirm_distance",
        "Orders",
        "Ask again when far from the market",
        "A limit price further than this percentage from the last price asks once more.",
        "number",
        5,
        least=0.1,
        most=100,
    ),
    Setting(
        "protection",
        "Orders",
        "Market protection",
        "How far from the last price, in percent, a market order may fill.",
        "number",
        2,
        least=0.1,
        most=25,
    ),
    Setting(
        "max_order_value",
        "Limits",
        "Largest order value",
        "Bhav refuses orders worth more than this. Empty: no limit.",
        "money",
        "",
    ),
    Setting(
        "max_order_quantity",
        "Limits",
        "Largest order quantity",
        "Bhav refuses orders for more units than this. Empty: no limit.",
        "money",
        "",
    ),
    Setting(
        "max_price_distance",
        "Limits",
        "Furthest price",
        "Bhav refuses limit prices further than this percentage from the last price. Empty: no limit.",
        "money",
        "",
    ),
    Setting(
        "address_service",
        "Accounts",
        "Who tells your public address",
        "Asked over https only when you click “Show my public address” on an account.",
        "text",
        "https://api.ipify.org",
    ),
    Setting(
        "database_url",
        "Storage",
        "Database",
        "Empty: a file in the data folder. Otherwise a SQLAlchemy address without a password (keep the password in .pgpass). "
        "Used from the next start.",
        "text",
        "",
    ),
)

_BY_KEY = {setting.key: setting for setting in SETTINGS}


class SettingsService:
    """Reads and changes settings; every change is saved at once and announced."""

    def __init__(self, store: SettingsStore, announce: Callable[[SettingChanged], None]) -> None:
        self._store = store
        self._announce = announce
        self._values = {key: value for key, value in store.load().items() if key in _BY_KEY or key.startswith("key.")}

    def get(self, key: str) -> Value:
        """The value in force. Raises KeyError for an unknown name."""
        return self._values.get(key, _BY_KEY[key].default)

    def text(self, key: str) -> str:
        """The value as text, empty for none."""
        value = self.get(key)
        return "" if value is None else str(value)

    def number(self, key: str) -> float:
        """The value of a number setting."""
        return float(self.get(key) or 0)

    def money(self, key: str) -> Decimal | None:
        """The value of a money setting; None where there is no limit."""
        text = self.text(key)
        return Decimal(text) if text else None

    def set(self, key: str, value: Value) -> None:
        """Check, save and announce. Raises BadInput naming the setting, StorageError when it cannot be kept."""
        checked = _check(_BY_KEY[key], value)
        values = {**self._values, key: checked}
        self._store.save(values)
        self._values = values
        self._tell(key)

    def key_bindings(self) -> dict[str, str]:
        """Action name -> key sequence, for the actions that the user rebound."""
        return {key[4:]: str(value) for key, value in self._values.items() if key.startswith("key.")}

    def bind_key(self, action: str, sequence: str | None) -> None:
        """Rebind an action; None returns to its default key. Raises StorageError."""
        values = {name: value for name, value in self._values.items() if name != f"key.{action}"}
        if sequence is not None:
            values[f"key.{action}"] = sequence
        self._store.save(values)
        self._values = values
        self._tell(f"key.{action}")

    def _tell(self, key: str) -> None:
        from terminal_app.domain.messages import SettingChanged  # heavy: not before the first paint

        self._announce(SettingChanged(key))


def _check(setting: Setting, value: Value) -> Value:
    if setting.kind == "choice":
        names = [name for name, _ in setting.choices]
        if value not in names:
            raise BadInput(setting.key, f"{setting.title} must be one of {', '.join(names)}.")
        return value
    if setting.kind == "number":
        return _checked_number(setting, value)
    if setting.kind == "money":
        return _checked_money(setting, value)
    if setting.kind == "switch":
        return bool(value)
    return _checked_text(setting, value)


def _checked_number(setting: Setting, value: Value) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise BadInput(setting.key, f"{setting.title} must be a number.") from None
    if not setting.least <= number <= setting.most:
        raise BadInput(setting.key, f"{setting.title} must be from {setting.least:g} to {setting.most:g}.")
    return number


def _checked_money(setting: Setting, value: Value) -> str:
    text = str(value or "").replace(",", "").strip()
    if not text:
        return ""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise BadInput(setting.key, f"{setting.title} must be a number, or empty for no limit.") from None
    if not amount.is_finite() or amount <= 0:
        raise BadInput(setting.key, f"{setting.title} must be above zero, or empty for no limit.")
    return f"{amount:f}"


def _checked_text(setting: Setting, value: Value) -> str:
    text = str(value or "").strip()
    if setting.key == "database_url" and text and _has_password(text):
        raise BadInput(
            setting.key, "Leave the password out of the database address; keep it in .pgpass or in the service file."
        )
    return text


def _has_password(url: str) -> bool:
    authority = url.partition("://")[2].partition("/")[0]
    user, separator, _ = authority.rpartition("@")
    return bool(separator) and ":" in user
