"""What a killed program had told before its end, and whether the book of the next start agrees with it."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.e2e.session import BOOK, FILLS, FIRST, POSITIONS, SECOND, SECOND_FUNDS, moment

Facts = dict[str, Any]

_IN_FLIGHT = {"INTENDED", "SUBMITTED", "UNKNOWN"}
_CLOSED = {"DENIED", "REJECTED", "FILLED", "CANCELLED", "EXPIRED"}
OPENING = {FIRST: Decimal(1_000_000), SECOND: SECOND_FUNDS}


class Acknowledged:
    """Collects the facts of several lives of one home."""

    def __init__(self) -> None:
        self.orders: dict[str, Facts] = {}
        self.fills: dict[tuple[str, str], Facts] = {}
        self.now = ""
        self.steps = -1

    def hear(self, fact: Facts) -> None:
        """One line of the program."""
        match fact["fact"]:
            case "order":
                self._order(fact)
            case "fill":
                self.fills[fact["account"], fact["trade_id"]] = fact
                self.now = max(self.now, fact["at"])
            case "step":
                self.steps = max(self.steps, fact["number"])
            case "book" | "end":
                for order in fact["orders"]:
                    self._order(order)
                for fill in fact["fills"]:
                    self.fills[fill["account"], fill["trade_id"]] = fill
                self.now = max(self.now, fact["now"])
            case "fault":
                raise AssertionError(fact["text"])

    def _order(self, order: Facts) -> None:
        if order["status"] not in _IN_FLIGHT:
            self.orders[order["client_id"]] = order

    @property
    def refused(self) -> int:
        """Orders that were closed because they had never been sent."""
        return sum(order["status"] == "REJECTED" for order in self.orders.values())

    def differences(self, book: Facts) -> list[str]:
        """What was told before and is not in the book of the next start, or is there twice."""
        found = [*self._lost_orders(book), *self._lost_fills(book), *doubled(book), *inconsistent(book)]
        if book["now"] < self.now:
            found.append(f"the clock went back from {self.now} to {book['now']}")
        return found

    def _lost_orders(self, book: Facts) -> Iterable[str]:
        known = {order["client_id"]: order for order in book["orders"]}
        for client_id, told in self.orders.items():
            order = known.get(client_id)
            if order is None:
                yield f"order {told} is lost"
                continue
            same = ("account", "instrument", "side", "broker_id")
            if any(order[name] != told[name] for name in same):
                yield f"order {told} became {order}"
            if order["filled"] < told["filled"] or (told["status"] in _CLOSED and order["status"] != told["status"]):
                yield f"order {told} went back to {order}"
            if told["status"] in _CLOSED and order != {name: told[name] for name in order}:
                yield f"the closed order {told} became {order}"

    def _lost_fills(self, book: Facts) -> Iterable[str]:
        known = {(fill["account"], fill["trade_id"]): fill for fill in book["fills"]}
        for name, told in self.fills.items():
            fill = known.get(name)
            if fill is None:
                yield f"fill {told} is lost"
            elif fill != {key: told[key] for key in fill}:
                yield f"fill {told} became {fill}"


def doubled(book: Facts) -> Iterable[str]:
    """Names that come twice, and steps of the session that were done twice."""
    for names in (
        Counter((order["account"], order["client_id"]) for order in book["orders"]),
        Counter((order["account"], order["broker_id"]) for order in book["orders"] if order["broker_id"]),
        Counter((fill["account"], fill["trade_id"]) for fill in book["fills"]),
        Counter(
            (order["account"], order["instrument"], order["side"], order["quantity"])
            for order in book["orders"]
            if order["status"] not in ("REJECTED", "DENIED")
        ),
    ):
        yield from (f"{name} is there {count} times" for name, count in names.items() if count > 1)


def inconsistent(book: Facts) -> Iterable[str]:
    """Orders that are not the sum of their fills, positions and money that do not follow from the fills."""
    by_order: dict[tuple[str, str], list[Facts]] = defaultdict(list)
    for fill in book["fills"]:
        by_order[fill["account"], fill["broker_id"]].append(fill)
    for order in book["orders"]:
        if order["status"] in _IN_FLIGHT:
            yield f"order {order} has no answer"
        fills = by_order.pop((order["account"], order["broker_id"]), [])
        if sum(fill["quantity"] for fill in fills) != order["filled"]:
            yield f"order {order} has the fills {fills}"
    if by_order:
        yield f"fills without an order: {by_order}"
    holds = book_of_fills(book["fills"])
    shown = {
        (one["account"], one["instrument"], one["product"]): (
            one["quantity"],
            Decimal(one["average"]),
            Decimal(one["realised"]),
        )
        for one in book["positions"]
    }
    if shown != holds or any(one["differs"] for one in book["positions"]):
        yield f"the positions {book['positions']} are not those of the fills: {holds}"
    yield from wrong_money(book, holds)


Key = tuple[str, str, str]
Holding = tuple[int, Decimal, Decimal]


def book_of_fills(fills: Iterable[Facts]) -> dict[Key, Holding]:
    """Quantity, average price and realised P&L by account, instrument and product: average cost, oldest first."""
    result: dict[Key, Holding] = {}
    for fill in sorted(fills, key=lambda one: (one["at"], one["trade_id"])):
        key = fill["account"], fill["instrument"], fill["product"]
        quantity, average, realised = result.get(key, (0, Decimal(0), Decimal(0)))
        sign = 1 if fill["side"] == "BUY" else -1
        left, price = fill["quantity"], Decimal(fill["price"])
        closing = min(left, abs(quantity)) if quantity * sign < 0 else 0
        realised += (price - average) * closing * -sign
        quantity += sign * closing
        left -= closing
        if left:
            average = (average * abs(quantity) + price * left) / (abs(quantity) + left)
            quantity += sign * left
        result[key] = quantity, average if quantity else Decimal(0), realised
    return result


def wrong_money(book: Facts, holds: dict[Key, Holding]) -> Iterable[str]:
    """Funds that do not follow from what the account began with and its fills."""
    for name, account in book["accounts"].items():
        money = book["funds"][account]
        parts = {part: Decimal(amount) for part, amount in money["parts"].items()}
        realised = sum((one[2] for key, one in holds.items() if key[0] == account and key[2] == "INTRADAY"), Decimal(0))
        paid = sum(
            (
                Decimal(fill["price"]) * fill["quantity"] * (1 if fill["side"] == "BUY" else -1)
                for fill in book["fills"]
                if fill["account"] == account and fill["product"] == "DELIVERY"
            ),
            Decimal(0),
        )
        if Decimal(money["opening"]) != OPENING[name]:
            yield f"{name} began with {money['opening']}"
        if parts.get("Realised P&L", Decimal(0)) != _to_paisa(realised):
            yield f"{name} realised {realised}, but its funds say {parts}"
        if parts.get("Delivery", Decimal(0)) != _to_paisa(paid):
            yield f"{name} paid {paid}, but its funds say {parts}"
        working = any(one["account"] == account and one["status"] not in _CLOSED for one in book["orders"])
        if not working and not any(one[0] for key, one in holds.items() if key[0] == account):
            free = OPENING[name] + realised
            if Decimal(money["available"]) != _to_paisa(free):
                yield f"{name} is flat and should have {free}, but has {money['available']}"


def _to_paisa(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def wrong_export(book: Facts, text: str) -> Iterable[str]:
    """Fills that `bhav export fills` does not print as the terminal shows them, once each."""
    rows = Counter(
        (
            row["book"],
            row["account"],
            row["trade_id"],
            row["broker_order_id"],
            row["instrument"],
            row["side"],
            int(row["quantity"]),
            Decimal(row["price"]),
        )
        for row in csv.DictReader(io.StringIO(text))
    )
    shown = Counter(
        (
            BOOK,
            fill["account"],
            fill["trade_id"],
            fill["broker_id"],
            fill["instrument"],
            fill["side"],
            fill["quantity"],
            Decimal(fill["price"]),
        )
        for fill in book["fills"]
    )
    if rows != shown:
        yield f"the export has {rows - shown} more and lacks {shown - rows}"


def wrong_end(book: Facts) -> Iterable[str]:
    """What a session that was killed and taken up again ended with, against the hand calculation."""
    names = {account: name for name, account in book["accounts"].items()}
    fills = [
        (names[one["account"]], one["at"], one["instrument"], one["side"], one["quantity"], Decimal(one["price"]))
        for one in sorted(book["fills"], key=lambda one: (names[one["account"]], one["trade_id"]))
    ]
    wanted = [
        (one.account, moment(one.at).isoformat(), one.instrument.text, one.side.value, one.quantity, one.price)
        for one in FILLS
    ]
    if fills != wanted:
        more = [one for one in fills if one not in wanted]
        missing = [one for one in wanted if one not in fills]
        yield f"the session ended with other fills: {more}, without {missing}"
    held = {
        (names[one["account"]], one["instrument"], one["product"], one["quantity"], Decimal(one["average"]))
        for one in book["positions"]
    }
    expected = {
        (one.account, one.instrument.text, one.product.value, one.quantity, one.average_price) for one in POSITIONS
    }
    if held != expected:
        yield f"the session ended with {held}"
