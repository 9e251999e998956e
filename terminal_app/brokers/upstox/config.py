"""What an Upstox account is opened with, what it can do, where it is reached and how often it may be called."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.brokers import opening
from terminal_app.brokers.base import Capabilities, LoginField, LoginForm
from terminal_app.brokers.ratelimit import Window
from terminal_app.domain.enums import Product, Segment, Validity, Variety

NAME = "Upstox"

ENDPOINTS: Mapping[str, str] = {
    "rest": "https://api.upstox.com",
    "order_rest": "https://api-hft.upstox.com",
    "login": "https://api.upstox.com/v2/login/authorization/dialog",
    "feed": "wss://api.upstox.com/v3/feed/market-data-feed",
    "order_feed": "wss://api.upstox.com/v2/feed/portfolio-stream-feed",
    "instruments": "https://assets.upstox.com/market-quote/instruments/exchange/complete.json.gz",
}
"""The broker's own addresses. ``order_rest`` takes places, changes and cancels of single orders, ``rest`` all else.

The feeds are asked for at ``rest``, which names a single-use address for each connection.
"""

ORDERS, QUOTES, HISTORY, OTHER = "orders", "quotes", "history", "other"

_OTHER_WINDOWS = (Window(50, 1.0), Window(500, 60.0), Window(2000, 1800.0))
BUDGETS: Mapping[str, tuple[Window, ...]] = {
    ORDERS: (Window(10, 1.0), Window(500, 60.0), Window(2000, 1800.0)),
    QUOTES: _OTHER_WINDOWS,
    HISTORY: _OTHER_WINDOWS,
    OTHER: _OTHER_WINDOWS,
}
"""Calls that Upstox allows. All that writes orders shares one budget; every other interface has one of its own."""

MOST_QUOTES = 500
"""Instruments of one call for quotes."""
MOST_MARGIN_ROWS = 20
"""Orders of one call for margins."""
TAG_LENGTH = 40
"""Letters of an order's tag; a longer one is refused."""
MOST_FULL, MOST_LTPC = 2000, 5000
"""Instruments of one feed in one mode."""
MOST_FULL_MIXED, MOST_LTPC_MIXED = 1500, 2000
"""... and where both modes are asked for."""
HIGHEST_PROTECTION = 25
"""Percent."""

CAPABILITIES = Capabilities(
    products={
        Segment.CASH: (Product.DELIVERY, Product.INTRADAY, Product.MTF),
        Segment.FNO: (Product.CARRY, Product.INTRADAY),
        Segment.CURRENCY: (Product.CARRY, Product.INTRADAY),
        Segment.COMMODITY: (Product.CARRY, Product.INTRADAY),
    },
    product_codes={
        Product.DELIVERY: "D",
        Product.INTRADAY: "I",
        Product.CARRY: "D",
        Product.MTF: "MTF",
    },
    validities=(Validity.DAY, Validity.IOC),
    varieties=(Variety.REGULAR, Variety.AMO),
    default_protection=Decimal(2),
    can_convert=True,
    has_stored_triggers=True,
)

FORM = LoginForm(
    fields=(
        LoginField("api_key", "API key", "On the page of your app in the Upstox developer console."),
        LoginField("api_secret", "API secret", "On the same page, beside the API key."),
        LoginField(
            "redirect_url",
            "Redirect URL",
            "Exactly as it is registered in the app; an address of this computer such as http://127.0.0.1:5710/upstox.",
            secret=False,
        ),
        LoginField(
            "analytics_token",
            "Analytics token",
            "Optional: a read-only token from the developer console that keeps prices and charts alive after the login has ended.",
            required=False,
        ),
    ),
    console_url="https://account.upstox.com/developer/apps",
    redirect_help="Register it as the “Redirect URL” of your app in the Upstox developer console.",
    steps=(
        "Log in to the Upstox developer console and create an app.",
        "Enter the redirect URL there; it has to be the one you type here, letter for letter.",
        "Register the public address that this computer sends orders from as the app's static IP. It can be changed once a week.",
        "Copy the API key and the API secret of the app.",
    ),
    session_ends="03:30 IST",
)


class UpstoxCredentials(Struct, frozen=True):
    """The keys of one app. ``analytics_token`` is empty where there is none."""

    api_key: str
    api_secret: str
    redirect_url: str
    analytics_token: str = ""

    def __repr__(self) -> str:
        return "UpstoxCredentials(hidden)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def read_credentials(credentials: Mapping[str, str]) -> UpstoxCredentials:
    """Check that all keys are there. Raises ConfigError naming one that is missing or wrong."""
    return UpstoxCredentials(**opening.read_keys("Upstox", FORM, credentials))


def read_endpoints(endpoints: Mapping[str, str] | None) -> Mapping[str, str]:
    """The addresses to use: the broker's own, or others on this computer. Raises ConfigError for any other address."""
    return opening.read_endpoints("Upstox", ENDPOINTS, endpoints)
