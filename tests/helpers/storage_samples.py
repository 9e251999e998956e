"""Orders, fills and events for storage tests, with every field set to something of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import OrderPending, OrderStatus, OrderType, Product, Side, Validity, Variety
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientOrderId, ClientTag, InstrumentId, TradeId
from terminal_app.domain.order import Order, OrderEvent, OrderEventKind, OrderRequest

ACCOUNT = AccountId("paper-1")
OTHER = AccountId("paper-2")
BOOK = "practice"
MORNING = at_ist(2026, 11, 23, 9, 20) + timedelta(microseconds=123457)
OPTION = InstrumentId.parse("NSE:NIFTY:2026-11-24:24512.5:CE")
SHARE = InstrumentId.parse("NSE:RELIANCE:EQ")


def request(**changes: Any) -> OrderRequest:
    """A request that uses every field."""
    fields: dict[str, Any] = {
        "instrument": OPTION,
        "side": Side.SELL,
        "quantity": 150,
        "order_type": OrderType.SL,
        "product": Product.CARRY,
        "validity": Validity.IOC,
        "limit_price": Decimal("118.40"),
        "trigger_price": Decimal("118.450"),
        "disclosed_quantity": 75,
        "market_protection": Decimal("1.5"),
        "variety": Variety.ICEBERG,
    }
    return OrderRequest(**(fields | changes))


def order(client_id: str | None = "c-1", broker_id: str | None = None, **changes: Any) -> Order:
    """An order with every field set; ``changes`` replace fields."""
    fields: dict[str, Any] = {
        "request": request(),
        "status": OrderStatus.PARTIALLY_FILLED,
        "placed_at": MORNING,
        "updated_at": MORNING + timedelta(microseconds=1),
        "client_id": None if client_id is None else ClientOrderId(client_id),
        "tag": None if client_id is None else ClientTag("BH7Q2M4K19"),
        "broker_id": None if broker_id is None else BrokerOrderId(broker_id),
        "pending": OrderPending.MODIFY,
        "filled_quantity": 50,
        "average_price": Decimal("118.4333333333333333333333333"),
        "reason": "RMS: „Ärger“ 🛑 'quoted'",
    }
    return Order(**(fields | changes))


def event(
    client_id: str = "c-1",
    kind: OrderEventKind = OrderEventKind.INTENT,
    text: str = "written",
    time: datetime = MORNING,
) -> OrderEvent:
    """One hop."""
    return OrderEvent(ClientOrderId(client_id), time, kind, text)


def fill(trade_id: str = "t-1", broker_id: str = "b-1", **changes: Any) -> Fill:
    """A fill; ``changes`` replace fields."""
    fields: dict[str, Any] = {
        "trade_id": TradeId(trade_id),
        "broker_order_id": BrokerOrderId(broker_id),
        "instrument": OPTION,
        "side": Side.SELL,
        "product": Product.CARRY,
        "quantity": 50,
        "price": Decimal("118.40"),
        "filled_at": MORNING,
    }
    return Fill(**(fields | changes))
