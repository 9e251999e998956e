"""What a Zerodha account is opened with, what it can do, where it is reached and how often it may be called."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.brokers import opening
from terminal_app.brokers.base import Capabilities, LoginField, LoginForm
from terminal_app.brokers.ratelimit import Window
from terminal_app.domain.enums import Product, Segment, Validity, Variety

NAME = "Zerodha"

ENDPOINTS: Mapping[str, str] = {
    "rest": "https://api.kite.trade",
    "login": "https://kite.zerodha.com/connect/login",
    "feed": "wss://ws.kite.trade",
    "instruments": "https://api.kite.trade/instruments",
}
"""The broker's own addresses."""

ORDERS, QUOTES, HISTORY, OTHER = "orders", "quotes", "history", "other"

BUDGETS: Mapping[str, tuple[Window, ...]] = {
    ORDERS: (Window(10, 1.0), Window(200, 60.0)),
    QUOTES: (Window(1, 1.0),),
    HISTORY: (Window(3, 1.0),),
    OTHER: (Window(10, 1.0),),
}
"""Calls that Kite allows per class. Placing, changing and cancelling share one; the minute's limit is the lower of two that are told."""

MOST_QUOTES = 500
"""Instruments of one call for full quotes."""
MOST_SUBSCRIBED = 3000
"""Instruments of one feed connection."""
TAG_LENGTH = 20
"""Letters of an order's tag; a longer one is refused."""

CAPABILITIES = Capabilities(
    products={
        Segment.CASH: (Product.DELIVERY, Product.INTRADAY, Product.MTF),
        Segment.FNO: (Product.CARRY, Product.INTRADAY),
        Segment.CURRENCY: (Product.CARRY, Product.INTRADAY),
        Segment.COMMODITY: (Product.CARRY, Product.INTRADAY),
    },
    product_codes={
        Product.DELIVERY: "CNC",
        Product.INTRADAY: "MIS",
        Product.CARRY: "NRML",
        Product.MTF: "MTF",
    },
    validities=(Validity.DAY, Validity.IOC, Validity.TTL),
    varieties=(Variety.REGULAR, Variety.AMO, Variety.ICEBERG),
    default_protection=Decimal(2),
    can_convert=True,
    has_stored_triggers=True,
    square_off_times={Segment.CASH: "15:10", Segment.FNO: "15:20"},
)

FORM = LoginForm(
    fields=(
        LoginField(
            "client_id",
            "Client ID",
            "The ID you log in to Kite with, such as AB1234. A login under another ID is then refused.",
            secret=False,
            required=False,
        ),
        LoginField("api_key", "API key", "On the page of your app in the Kite Connect developer console."),
        LoginField("api_secret", "API secret", "On the same page, behind “Show API secret”."),
        LoginField(
            "redirect_url",
            "Redirect URL",
            "Exactly as it is registered in the app; an address of this computer such as http://127.0.0.1:5710/zerodha.",
            secret=False,
        ),
    ),
    console_url="https://developers.kite.trade",
    redirect_help="Register it as the “Redirect URL” of your app in the Kite Connect developer console.",
    steps=(
        "Log in to the Kite Connect developer console and create an app of the type “Connect”.",
        "Enter the redirect URL there; it has to be the one you type here, letter for letter.",
        "Under Profile, IP Whitelist, register the public address that this computer sends orders from.",
        "Copy the API key and the API secret of the app.",
    ),
    session_ends="06:00 IST",
)


class ZerodhaCredentials(Struct, frozen=True):
    """The keys of one app. ``client_id`` is empty where any user may log in."""

    api_key: str
    api_secret: str
    redirect_url: str
    client_id: str = ""

    def __repr__(self) -> str:
        return "ZerodhaCredentials(hidden)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def read_credentials(credentials: Mapping[str, str]) -> ZerodhaCredentials:
    """Check that all keys are there. Raises ConfigError naming one that is missing or wrong."""
    return ZerodhaCredentials(**opening.read_keys("Zerodha", FORM, credentials))


def read_endpoints(endpoints: Mapping[str, str] | None) -> Mapping[str, str]:
    """The addresses to use: the broker's own, or others on this computer. Raises ConfigError for any other address."""
    return opening.read_endpoints("Zerodha", ENDPOINTS, endpoints)
