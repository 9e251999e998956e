"""Kite's errors: types with their usual status and words, and the simulated exchange's refusals in them."""

from __future__ import annotations

from terminal_app.domain.errors import OrderRejected
from terminal_app.simulator.dialects.base import Refusal, Standing

INPUT, ORDER, MARGIN, HOLDING = "InputException", "OrderException", "MarginException", "HoldingException"
TOKEN, PERMISSION, GENERAL, NETWORK, DATA = (
    "TokenException",
    "PermissionException",
    "GeneralException",
    "NetworkException",
    "DataException",
)

USUAL: dict[str, tuple[int, str]] = {
    TOKEN: (403, "Incorrect `api_key` or `access_token`."),
    PERMISSION: (403, "Insufficient permission for that call."),
    "UserException": (403, "Your account is not active. Please contact support."),
    "TwoFAException": (403, "Two-factor authentication is required."),
    INPUT: (400, "Invalid or missing parameters."),
    ORDER: (400, "The order could not be processed."),
    MARGIN: (400, "Insufficient funds."),
    HOLDING: (400, "Insufficient holdings to sell."),
    NETWORK: (503, "Could not reach the order management system. Please try again."),
    DATA: (502, "The order management system sent an answer that could not be understood."),
    GENERAL: (500, "Something went wrong. Please try again."),
}
"""By error type."""

NEEDS_AUTHORISATION = 428
NO_PROTECTION = "Market orders without market protection are not allowed via API. Please set market protection or use a Limit order."

_STANDING = {
    Standing.TOO_MANY: (NETWORK, "Too many requests", 429),
    Standing.ADDRESS_MISSING: (
        PERMISSION,
        "No IPs configured for this app. Add allowed IPs on the Kite developer console.",
        403,
    ),
    Standing.ADDRESS_OTHER: (
        PERMISSION,
        "IP (203.0.113.7) is not allowed to place orders for this app. Update allowed IPs on the Kite developer console.",
        403,
    ),
    Standing.NOT_FOUND: (GENERAL, "Route not found", 404),
    Standing.WRONG_METHOD: (GENERAL, "Method not allowed", 405),
    Standing.BAD_REQUEST: (INPUT, "Invalid request.", 400),
    Standing.TOO_LARGE: (INPUT, "The request is too large.", 413),
    Standing.CRASHED: (GENERAL, "", 500),
}
_TYPES = {"MARGIN": MARGIN, "HOLDINGS": HOLDING, "MARKET_CLOSED": ORDER, "PHASE": ORDER, "ORDER": ORDER, "FAULT": ORDER}


def standing(kind: Standing) -> Refusal:
    """What every broker refuses, in Kite's words."""
    code, message, status = _STANDING[kind]
    return Refusal(code, message, status)


def bad_input(message: str) -> Refusal:
    """A parameter that is missing or wrong."""
    return Refusal(INPUT, message)


def invalid(name: str) -> Refusal:
    """A parameter whose value is not one of Kite's."""
    return Refusal(INPUT, f"Invalid `{name}`.")


def of_exchange(error: OrderRejected) -> Refusal:
    """The refusal of an order. A missing price or a wrong contract is the input's fault, the rest the order's."""
    return Refusal(_TYPES.get(error.code, INPUT), error.message)
