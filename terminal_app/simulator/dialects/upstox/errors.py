"""What Upstox refuses with: the error codes, their usual HTTP status and words, and the envelope around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiohttp import web

from terminal_app.simulator.dialects.base import Refusal


class Usual(NamedTuple):
    """The HTTP status that a code usually comes with, and its words."""

    status: int
    message: str


def _table(status: int, rows: Mapping[str, str]) -> dict[str, Usual]:
    return {f"UDAPI{code}": Usual(status, message) for code, message in rows.items()}


USUAL: dict[str, Usual] = {
    **_table(
        400,
        {
            "10000": "This request is not supported by Upstox API",
            "100015": "API Version does not exist",
            "1179": "The IP address is not valid",
            "1180": "The primary and secondary IP addresses must be different",
            "1181": "The static IP can be changed once a calendar week",
            "1156": "The algo name is not valid",
            "1158": "Market orders need market protection: send -1 for automatic protection, or 1 to 25 percent",
            "1176": "The market protection must not be above 25",
            "1177": "The market protection is not valid",
            "1161": "MCX orders through the API are temporarily disabled",
            "100036": "Invalid input",
            "100038": "Invalid input",
            "100074": "The Upstox API is accessible from 5:30 AM to 12:00 AM IST",
            "100011": "Invalid instrument key",
            "1021": "The instrument key is of an invalid format",
            "1087": "One of either symbol or instrument key is of an invalid format",
            "1009": "The symbol is required",
            "1011": "The symbol is of an invalid format",
            "1026": "The instrument key is required",
            "1027": "The interval is required",
            "1028": "The interval is invalid",
            "100042": "The instrument keys are more than 500",
            "100043": "The symbols are more than 500",
            "1015": "The to_date must be on or after the from_date, as YYYY-MM-DD",
            "1022": "The to_date is required",
            "1146": "The unit is invalid",
            "1147": "The interval is invalid for the unit",
            "1148": "The date range is invalid for the unit and interval",
            "1004": "The order type is required",
            "1056": "The order type is invalid",
            "1007": "The validity is required",
            "1055": "The validity is invalid",
            "1043": "The price is required",
            "1052": "The quantity must not be zero",
            "1010": "The order id is required",
            "1023": "The order id is of an invalid format",
            "100010": "Order not found",
            "100039": "AMO orders are not allowed in market hours",
            "100040": "The order cannot be cancelled: it is already final",
            "100041": "The order cannot be modified: it is already final",
            "1105": "The segment is invalid",
            "1108": "There are no open orders",
            "1109": "There are too many orders or positions",
            "1111": "There are no open positions",
            "1113": "Positions can be exited in market hours only",
            "1114": "At least one order is required",
            "1115": "The correlation_id is required",
            "1116": "The correlation_id is too long",
            "1117": "The correlation_id must be different for each order",
            "1118": "There are too many orders in the request",
            "1119": "The tag must not exceed 40 characters",
            "1126": "The GTT type is invalid",
            "1127": "The GTT quantity is invalid",
            "1128": "The GTT product is invalid",
            "1129": "The GTT instrument token is required",
            "1130": "The GTT transaction type is invalid",
            "1131": "The GTT rules are required",
            "1132": "The GTT strategy is invalid",
            "1133": "The GTT trigger type is invalid",
            "1134": "The GTT trigger price is invalid",
            "1135": "The GTT order id is required",
            "1136": "A GTT of type SINGLE needs exactly one rule",
            "1137": "A GTT of type MULTIPLE needs two or three rules",
            "1138": "The GTT order was not found",
            "1139": "The GTT order is not active",
            "1140": "Each GTT strategy may be given once",
            "1141": "The ENTRY strategy is mandatory",
            "1142": "The GTT type cannot be changed",
            "1143": "Strategies other than ENTRY must use the trigger type IMMEDIATE",
            "1144": "The GTT quantity cannot be changed once its entry is open",
            "1145": "The GTT trigger price is on the wrong side of the market",
            "1150": "The trailing gap is for the STOPLOSS strategy only",
            "1151": "The trailing gap must be at least 10 % of the distance between last price and stop trigger",
            "1088": "The date is invalid",
            "1089": "The exchange is invalid",
            "1169": "The search query is required",
            "1170": "The search query is too long",
            "1171": "The exchanges are invalid",
            "1172": "The segments are invalid",
            "1173": "The instrument types are invalid",
            "1174": "The expiry is invalid",
            "1175": "The page is invalid",
            "1184": "The kill switch needs all positions of the segment closed",
            "1185": "The kill switch can be changed again after twelve hours",
            "1186": "The segment is invalid",
            "1188": "The action is invalid",
            "100016": "Invalid client id, client secret, redirect uri or response type",
            "100057": "Invalid authorization code",
            "100068": "The redirect uri is invalid",
            "100070": "The redirect uri does not match the one of the app",
            "100073": "The client is inactive",
            "1017": "The code is required",
            "1018": "The client id is required",
            "1024": "The grant type is required",
            "1123": "No notifier URL is configured",
            "1124": "The account is not an individual one",
            "1155": "The app is under review",
            "1157": "The app has expired",
        },
    ),
    **_table(
        401,
        {
            "100050": "Invalid token used to access API",
            "100067": "The API you are trying to access is not permitted with an extended token",
            "100069": "The client credentials are wrong",
            "1221": "This API can be accessed from the registered static IP only",
        },
    ),
    **_table(
        403,
        {
            "1154": "Access to this API is blocked due to static IP restrictions: the configured static IP does not "
            "match the origin IP",
            "1149": "This API needs the Upstox Plus plan",
            "100049": "This API is restricted and needs the business product",
        },
    ),
    **_table(404, {"100060": "Resource not found"}),
    **_table(423, {"100072": "Funds are accessible from 5:30 AM to 12:00 AM IST"}),
    **_table(429, {"10005": "Too Many Request Sent"}),
    **_table(500, {"100500": "Something went wrong. Please contact the Upstox team for support"}),
}
"""Every documented code. Some mean other things in other families of calls: the words then differ."""


_MOST_SHOWN = 100
"""Characters of a wrong value that are sent back."""


class ApiRefusal(Refusal):
    """An error that names the field and the value it is about."""

    def __init__(
        self, code: str, message: str = "", status: int = 0, *, field: str | None = None, value: Any = None
    ) -> None:
        super().__init__(code, message, status)
        self.field = field
        self.value = value if value is None or isinstance(value, int) else str(value)[:_MOST_SHOWN]


def row_of(refusal: Refusal) -> dict[str, Any]:
    """The error as one row of ``errors``, with the deprecated names beside the new ones."""
    usual = USUAL.get(refusal.code)
    field = refusal.field if isinstance(refusal, ApiRefusal) else None
    value = refusal.value if isinstance(refusal, ApiRefusal) else None
    return {
        "error_code": refusal.code,
        "message": refusal.message or (usual.message if usual else refusal.code),
        "property_path": field,
        "invalid_value": value,
        "errorCode": refusal.code,
        "propertyPath": field,
        "invalidValue": value,
    }


def status_of(refusal: Refusal) -> int:
    """The HTTP status of an error: its own, else the usual one of its code."""
    usual = USUAL.get(refusal.code)
    return refusal.status or (usual.status if usual else 400)


def answer_of(refusal: Refusal) -> web.Response:
    """The whole answer."""
    return web.json_response({"status": "error", "errors": [row_of(refusal)]}, status=status_of(refusal))


def success(data: Any, **siblings: Any) -> web.Response:
    """The envelope of an answer."""
    return web.json_response({"status": "success", "data": data, **siblings})
