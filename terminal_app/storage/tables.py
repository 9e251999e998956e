"""The tables as the newest revision leaves them. A test holds them against the migrations.

``book`` separates real trading, practice and each replay; account ids are the same in every book. How values are
stored: ``columns``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from terminal_app.domain.enums import OrderPending, OrderStatus, OrderType, Product, Side, Validity, Variety
from terminal_app.domain.messages import NoticeLevel
from terminal_app.domain.order import OrderEventKind
from terminal_app.storage.columns import ROW_ID, Exact, InstrumentText, Moment, Named

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

ORDERS = Table(
    "orders",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("book", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("key", Text, nullable=False),  # our id; for an order placed elsewhere the day and the broker's id
    Column("client_id", Text),
    Column("tag", Text),
    Column("broker_id", Text),
    Column("instrument", InstrumentText, nullable=False),
    Column("side", Named(Side), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("order_type", Named(OrderType), nullable=False),
    Column("product", Named(Product), nullable=False),
    Column("validity", Named(Validity), nullable=False),
    Column("variety", Named(Variety), nullable=False),
    Column("limit_price", Exact),
    Column("trigger_price", Exact),
    Column("disclosed_quantity", BigInteger, nullable=False),
    Column("market_protection", Exact),
    Column("status", Named(OrderStatus), nullable=False),
    Column("pending", Named(OrderPending), nullable=False),
    Column("filled_quantity", BigInteger, nullable=False),
    Column("average_price", Exact),
    Column("reason", Text, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("validity_minutes", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("book", "account", "key"),
    Index(None, "updated_at"),
)

ORDER_EVENTS = Table(
    "order_events",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("book", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("time", Moment, nullable=False),
    Column("kind", Named(OrderEventKind), nullable=False),
    Column("text", Text, nullable=False),
    ForeignKeyConstraint(["book", "account", "client_id"], ["orders.book", "orders.account", "orders.key"]),
    Index(None, "client_id"),
)

FILLS = Table(
    "fills",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("book", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("trading_day", Date, nullable=False),
    Column("trade_id", Text, nullable=False),
    Column("broker_order_id", Text, nullable=False),
    Column("instrument", InstrumentText, nullable=False),
    Column("side", Named(Side), nullable=False),
    Column("product", Named(Product), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("price", Exact, nullable=False),
    Column("filled_at", Moment, nullable=False),
    UniqueConstraint("book", "account", "trading_day", "trade_id", "broker_order_id"),
    Index(None, "filled_at"),
)

CARRIED_DAYS = Table(  # tells a day that began with nothing from one that was not saved
    "carried_days",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("book", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("day", Date, nullable=False),
    UniqueConstraint("book", "account", "day"),
)

CARRIED_POSITIONS = Table(
    "carried_positions",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("carried_day", ROW_ID, ForeignKey("carried_days.id", ondelete="CASCADE"), nullable=False),
    Column("instrument", InstrumentText, nullable=False),
    Column("product", Named(Product), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("average_price", Exact, nullable=False),
    Column("realised_pnl", Exact, nullable=False),
    Column("buy_quantity", BigInteger, nullable=False),
    Column("buy_value", Exact, nullable=False),
    Column("sell_quantity", BigInteger, nullable=False),
    Column("sell_value", Exact, nullable=False),
    Column("carried_quantity", BigInteger, nullable=False),
    Column("carried_price", Exact, nullable=False),
    Column("multiplier", Exact, nullable=False),
    UniqueConstraint("carried_day", "instrument", "product"),
)

PNL_POINTS = Table(
    "pnl_points",
    METADATA,
    Column("book", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("time", Moment, primary_key=True, autoincrement=False),
    Column("realised", Exact, nullable=False),
    Column("unrealised", Exact, nullable=False),
    sqlite_with_rowid=False,
)

PNL_DAYS = Table(  # the last point of each day, so that a calendar of years reads hundreds of rows and not millions
    "pnl_days",
    METADATA,
    Column("book", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("time", Moment, nullable=False),
    Column("realised", Exact, nullable=False),
    Column("unrealised", Exact, nullable=False),
    sqlite_with_rowid=False,
)

PNL_SERIES = Table(  # a position's name once, so that its many points stay small
    "pnl_series",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("book", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("instrument", InstrumentText, nullable=False),
    Column("product", Named(Product), nullable=False),
    UniqueConstraint("book", "account", "instrument", "product"),
)

PNL_POSITION_POINTS = Table(
    "pnl_position_points",
    METADATA,
    Column("series", ROW_ID, ForeignKey("pnl_series.id"), primary_key=True, autoincrement=False),
    Column("time", Moment, primary_key=True, autoincrement=False),
    Column("quantity", BigInteger, nullable=False),
    Column("pnl", Exact, nullable=False),
    sqlite_with_rowid=False,
)

NOTICES = Table(
    "notices",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("level", Named(NoticeLevel), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("time", Moment, nullable=False),
    Column("topic", Text, nullable=False),
    Column("account", Text),
)

PAPER_STATES = Table(
    "paper_states",
    METADATA,
    Column("book", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

PAPER_ORDERS = Table(
    "paper_orders",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("book", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("book", "account", "order_id"),
)

PAPER_FILLS = Table(
    "paper_fills",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("book", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("fill_id", Text, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("book", "account", "fill_id"),
)

CLOCKS = Table(
    "clocks",
    METADATA,
    Column("book", Text, primary_key=True),
    Column("time", Moment, nullable=False),
)
