"""Nonsense on Kite's wire: every call is answered in the envelope, and none brings the simulator down."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.helpers.counts import runs
from tests.helpers.kite_room import KiteRoom, kite_room

WORDS = (
    *("", "0", "-1", "1", "10", "1.5", "99", "99.05", "9" * 40, "1e30", "1e400", "NaN", "Infinity", "-Infinity"),
    *("abc", "٣", "²", "<b>", "null", "[]", "{}", "true", "LIMIT", "MARKET", "SL", "SL-M", "BUY", "SELL", "CNC", "MIS"),
    *("NRML", "MTF", "CO", "DAY", "IOC", "TTL", "NSE", "NFO", "RELIANCE", "TCS", "NIFTY 50", "NIFTY26AUG24500CE"),
    *("overnight", "day", "single", "2026-08-19", "2026-08-19 09:15:00", "0001-01-01", "9999-12-31 23:59:59"),
)
FIELDS = (
    *("exchange", "tradingsymbol", "transaction_type", "order_type", "product", "quantity", "price", "trigger_price"),
    *("validity", "validity_ttl", "disclosed_quantity", "market_protection", "tag", "autoslice", "iceberg_legs"),
    *("iceberg_quantity", "old_product", "new_product", "position_type", "isin", "average_price", "variety"),
)
ROUTES = (
    *(("POST", "/orders/{}"),) * 6,
    *(("PUT", "/orders/{}/{}"), ("DELETE", "/orders/{}/{}"), ("GET", "/orders/{}"), ("PUT", "/portfolio/positions")),
    *(("POST", "/gtt/triggers"), ("PUT", "/gtt/triggers/{}"), ("GET", "/gtt/triggers/{}")),
    *(("POST", "/margins/orders"), ("POST", "/margins/basket"), ("POST", "/charges/orders")),
    *(("GET", "/quote"), ("GET", "/instruments/historical/{}/{}"), ("GET", "/quote/ltp")),
    *(("POST", "/session/token"), ("POST", "/portfolio/holdings/authorise"), ("GET", "/user/margins/{}")),
)
VARIETIES = ("regular", "amo", "co", "iceberg")


class Fuzz:
    """Makes calls from a seed that are often nearly right."""

    def __init__(self, room: KiteRoom, seed: int) -> None:
        self.random = random.Random(seed)
        self.room = room
        self.ids = ["1"]

    def call(self) -> tuple[str, str, dict[str, Any]]:
        """Method, path and body."""
        method, path = self.random.choice(ROUTES)
        form = self.form()
        path = path.format(self.part(), self.part())
        if path.startswith(("/margins/", "/charges/")):
            return method, path, {"json": [{name: self.bent(value) for name, value in form.items()}]}
        if method == "GET":
            asked = {name: self.random.choice(WORDS) for name in ("i", "from", "to", "oi")}
            return method, path, {"params": asked}
        if path.startswith("/gtt/"):
            return method, path, {"data": self.trigger(form)}
        return method, path, {"data": form}

    def form(self) -> dict[str, str]:
        """An order with up to three fields that are anything."""
        form = self.room.order(variety="regular", average_price="10") if self.random.random() < 0.9 else {}
        for _ in range(self.random.randint(0, 3)):
            form[self.random.choice(FIELDS)] = self.random.choice(WORDS)
        return form

    def part(self) -> str:
        """A part of a path."""
        words = [word for word in WORDS if word]
        return self.random.choice([*VARIETIES * 5, *self.ids[-20:], *words])

    def bent(self, value: str) -> Any:
        """Mostly the value itself."""
        return self.random.choice([value] * 20 + [None, 1, 1.5, [1], {}])

    def trigger(self, form: dict[str, str]) -> dict[str, str]:
        """A GTT of one leg."""
        level = self.random.choice([95, 105, 99.01, 1e300, -1, None, "a"])
        last = self.random.choice([100, 100, 100, 1e308, None, "x"])
        condition = {"exchange": "NSE", "tradingsymbol": "RELIANCE", "trigger_values": [level], "last_price": last}
        kind = self.random.choice(["single", "two-leg", "x"])
        return {"type": kind, "condition": json.dumps(condition), "orders": json.dumps([form])}


async def test_nonsense_is_answered_and_changes_nothing_that_is_right() -> None:
    async with kite_room() as room:
        fuzz = Fuzz(room, 5)
        taken = 0
        for number in range(runs(20_000)):
            method, path, body = fuzz.call()
            status, answer = await room.call(method, path, allow_redirects=False, **body)
            assert status < 500, (method, path, body, answer)
            assert answer["status"] == ("success" if status == 200 else "error")
            if method == "POST" and path.startswith("/orders/") and status == 200:
                taken += 1
                fuzz.ids.append(answer["data"]["order_id"])
            if number % 50 == 0:
                room.floor.step(str(100 + number // 50 % 3), 50, [("97.95", 500)], [("102.05", 500)])
        assert taken > runs(200)
        for path in ("/orders", "/trades", "/portfolio/positions", "/gtt/triggers", "/user/margins"):
            await room.data("GET", path)
