"""What is asked about the account: the person, money, shares, positions, orders and fills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from terminal_app.brokers.upstox import parsing
from terminal_app.brokers.upstox.codes import ORDER_TYPE_WORDS, PRODUCT_WORDS
from terminal_app.brokers.upstox.config import MOST_MARGIN_ROWS
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.listing import Listing
from terminal_app.domain.account import Profile
from terminal_app.domain.broker_charges import BrokerCharges, ChargedOrder
from terminal_app.domain.enums import Product
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.position import Position, Positions
from terminal_app.domain.values import ZERO

_PRICED = {"LIMIT", "SL"}


class AccountReads:
    """The reads of one account. Every call raises BrokerError; nothing is remembered but the profile.

    ``may_sell``: whether holdings are sold without asking the depository first; None while Upstox has not said.
    """

    def __init__(self, line: Line, listing: Listing) -> None:
        self._line = line
        self._listing = listing
        self._profile: Profile | None = None
        self.may_sell: bool | None = None

    def forget(self) -> None:
        """Another person may log in."""
        self._profile = None
        self.may_sell = None

    async def profile(self) -> Profile:
        """Who is logged in."""
        self._profile, may_sell = parsing.read_profile(await self._line.get("/v2/user/profile"))
        if may_sell is not None:
            self.may_sell = may_sell
        return self._profile

    async def funds(self) -> Funds:
        """Money. Not answered from midnight to 05:30: BrokerUnavailable."""
        return parsing.read_funds(await self._line.get("/v3/user/get-funds-and-margin"), datetime.now(UTC))

    async def holdings(self) -> list[Holding]:
        """Shares in the demat account."""
        await self._known_profile()
        find = await self._listing.finder()
        data = await self._line.get("/v2/portfolio/long-term-holdings")
        return parsing.read_holdings(data, find, needs_authorisation=self.may_sell is False)

    async def positions(self) -> Positions:
        """Positions, those on borrowed money included where the account has that product."""
        profile = await self._known_profile()
        find = await self._listing.finder()
        paths = ["/v2/portfolio/short-term-positions"]
        if Product.MTF in profile.products:
            paths.append("/v3/portfolio/mtf-positions")
        net: dict[tuple[object, object], Position] = {}
        day: dict[tuple[object, object], Position] = {}
        for path in paths:
            some_net, some_day = parsing.read_positions(await self._line.get(path), find)
            net.update({one.key: one for one in some_net if one.key not in net})
            day.update({one.key: one for one in some_day if one.key not in day})
        return Positions(tuple(net.values()), tuple(day.values()))

    async def orders(self) -> list[Order]:
        """All orders of the day."""
        find = await self._listing.finder()
        return parsing.read_orders(await self._line.get("/v2/order/retrieve-all"), find, datetime.now(UTC))

    async def order(self, id: BrokerOrderId) -> Order:
        """One order as it is now."""
        find = await self._listing.finder()
        data = await self._line.get("/v2/order/details", [("order_id", id)])
        return parsing.read_order(data, find, datetime.now(UTC))

    async def order_history(self, id: BrokerOrderId) -> list[Order]:
        """The states that one order went through, oldest first."""
        find = await self._listing.finder()
        data = await self._line.get("/v2/order/history", [("order_id", id)])
        return sorted(parsing.read_orders(data, find, datetime.now(UTC)), key=lambda order: order.placed_at)

    async def fills(self) -> list[Fill]:
        """All fills of the day."""
        find = await self._listing.finder()
        data = await self._line.get("/v2/order/trades/get-trades-for-day")
        return parsing.read_fills(data, find, datetime.now(UTC))

    async def order_fills(self, id: BrokerOrderId) -> list[Fill]:
        """The fills of one order."""
        find = await self._listing.finder()
        data = await self._line.get("/v2/order/trades", [("order_id", id)])
        return parsing.read_fills(data, find, datetime.now(UTC))

    async def margin(self, orders: Sequence[OrderRequest]) -> Margin:
        """What these orders together need. Upstox looks at 20 at a time: of more, each group has its own benefit."""
        required = ZERO
        parts: dict[str, Decimal] = {}
        for first in range(0, len(orders), MOST_MARGIN_ROWS):
            rows = [await self._margin_row(order) for order in orders[first : first + MOST_MARGIN_ROWS]]
            some, some_parts = parsing.read_margin(await self._line.post("/v2/charges/margin", {"instruments": rows}))
            required += some
            for name, amount in some_parts.items():
                parts[name] = parts.get(name, ZERO) + amount
        funds = await self.funds()
        return Margin(required, funds.available, tuple((name, amount) for name, amount in parts.items() if amount))

    async def charges(self, orders: Sequence[ChargedOrder]) -> BrokerCharges:
        """What these orders would cost by Upstox's own calculation."""
        total = ZERO
        parts: dict[str, Decimal] = {}
        for order in orders:
            data = await self._line.get("/v2/charges/brokerage", await self._charge_params(order))
            one = parsing.read_charges(data)
            total += one.total
            for name, amount in one.parts:
                parts[name] = parts.get(name, ZERO) + amount
        return BrokerCharges(total, tuple(parts.items()))

    async def _known_profile(self) -> Profile:
        return self._profile or await self.profile()

    async def _margin_row(self, order: OrderRequest) -> dict[str, object]:
        row: dict[str, object] = {
            "instrument_key": (await self._listing.of(order.instrument)).broker_token,
            "quantity": order.quantity,
            "product": PRODUCT_WORDS[order.product],
            "transaction_type": order.side.value,
        }
        if ORDER_TYPE_WORDS[order.order_type] in _PRICED and order.limit_price is not None:
            row["price"] = float(order.limit_price)
        return row

    async def _charge_params(self, order: ChargedOrder) -> list[tuple[str, str]]:
        return [
            ("instrument_token", (await self._listing.of(order.instrument)).broker_token),
            ("quantity", str(order.quantity)),
            ("product", PRODUCT_WORDS[order.product]),
            ("transaction_type", order.side.value),
            ("price", str(float(order.price))),
        ]
