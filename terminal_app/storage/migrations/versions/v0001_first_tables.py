"""The first tables: orders, fills, positions, P&L, notices, paper ledgers, clocks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _row_id() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _exact() -> sa.types.TypeEngine[Any]:
    return sa.Text().with_variant(sa.Numeric(), "postgresql")


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _money(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _exact(), nullable=nullable)


def upgrade() -> None:
    """Make them."""
    _make_orders()
    _make_carried()
    _make_pnl()
    _make_the_rest()


def _make_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", _row_id(), nullable=False),
        _text("book"),
        _text("account"),
        _text("key"),
        sa.Column("client_id", sa.Text()),
        sa.Column("tag", sa.Text()),
        sa.Column("broker_id", sa.Text()),
        _text("instrument"),
        _text("side"),
        _number("quantity"),
        _text("order_type"),
        _text("product"),
        _text("validity"),
        _text("variety"),
        _money("limit_price", nullable=True),
        _money("trigger_price", nullable=True),
        _number("disclosed_quantity"),
        _money("market_protection", nullable=True),
        _text("status"),
        _text("pending"),
        _number("filled_quantity"),
        _money("average_price", nullable=True),
        _text("reason"),
        _number("placed_at"),
        _number("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("book", "account", "key", name="uq_orders"),
    )
    op.create_index("ix_orders_updated_at", "orders", ["updated_at"])
    op.create_table(
        "order_events",
        sa.Column("id", _row_id(), nullable=False),
        _text("book"),
        _text("account"),
        _text("client_id"),
        _number("time"),
        _text("kind"),
        _text("text"),
        sa.PrimaryKeyConstraint("id", name="pk_order_events"),
        sa.ForeignKeyConstraint(
            ["book", "account", "client_id"],
            ["orders.book", "orders.account", "orders.key"],
            name="fk_order_events_orders",
        ),
    )
    op.create_index("ix_order_events_client_id", "order_events", ["client_id"])
    op.create_table(
        "fills",
        sa.Column("id", _row_id(), nullable=False),
        _text("book"),
        _text("account"),
        sa.Column("trading_day", sa.Date(), nullable=False),
        _text("trade_id"),
        _text("broker_order_id"),
        _text("instrument"),
        _text("side"),
        _text("product"),
        _number("quantity"),
        _money("price"),
        _number("filled_at"),
        sa.PrimaryKeyConstraint("id", name="pk_fills"),
        sa.UniqueConstraint("book", "account", "trading_day", "trade_id", "broker_order_id", name="uq_fills"),
    )
    op.create_index("ix_fills_filled_at", "fills", ["filled_at"])


def _make_carried() -> None:
    op.create_table(
        "carried_days",
        sa.Column("id", _row_id(), nullable=False),
        _text("book"),
        _text("account"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_carried_days"),
        sa.UniqueConstraint("book", "account", "day", name="uq_carried_days"),
    )
    op.create_table(
        "carried_positions",
        sa.Column("id", _row_id(), nullable=False),
        sa.Column("carried_day", _row_id(), nullable=False),
        _text("instrument"),
        _text("product"),
        _number("quantity"),
        _money("average_price"),
        _money("realised_pnl"),
        _number("buy_quantity"),
        _money("buy_value"),
        _number("sell_quantity"),
        _money("sell_value"),
        _number("carried_quantity"),
        _money("carried_price"),
        _money("multiplier"),
        sa.PrimaryKeyConstraint("id", name="pk_carried_positions"),
        sa.UniqueConstraint("carried_day", "instrument", "product", name="uq_carried_positions"),
        sa.ForeignKeyConstraint(
            ["carried_day"], ["carried_days.id"], name="fk_carried_positions_carried_days", ondelete="CASCADE"
        ),
    )


def _make_pnl() -> None:
    op.create_table(
        "pnl_points",
        _text("book"),
        _text("account"),
        _number("time"),
        _money("realised"),
        _money("unrealised"),
        sa.PrimaryKeyConstraint("book", "account", "time", name="pk_pnl_points"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pnl_days",
        _text("book"),
        _text("account"),
        sa.Column("day", sa.Date(), nullable=False),
        _number("time"),
        _money("realised"),
        _money("unrealised"),
        sa.PrimaryKeyConstraint("book", "account", "day", name="pk_pnl_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pnl_series",
        sa.Column("id", _row_id(), nullable=False),
        _text("book"),
        _text("account"),
        _text("instrument"),
        _text("product"),
        sa.PrimaryKeyConstraint("id", name="pk_pnl_series"),
        sa.UniqueConstraint("book", "account", "instrument", "product", name="uq_pnl_series"),
    )
    op.create_table(
        "pnl_position_points",
        sa.Column("series", _row_id(), autoincrement=False, nullable=False),
        _number("time"),
        _number("quantity"),
        _money("pnl"),
        sa.PrimaryKeyConstraint("series", "time", name="pk_pnl_position_points"),
        sa.ForeignKeyConstraint(["series"], ["pnl_series.id"], name="fk_pnl_position_points_pnl_series"),
        sqlite_with_rowid=False,
    )


def _make_the_rest() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _row_id(), nullable=False),
        _text("level"),
        _text("title"),
        _text("text"),
        _number("time"),
        _text("topic"),
        sa.Column("account", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_table(
        "paper_states",
        _text("book"),
        _text("account"),
        _text("document"),
        sa.PrimaryKeyConstraint("book", "account", name="pk_paper_states"),
    )
    for table, key in (("paper_orders", "order_id"), ("paper_fills", "fill_id")):
        op.create_table(
            table,
            sa.Column("id", _row_id(), nullable=False),
            _text("book"),
            _text("account"),
            _text(key),
            _text("document"),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
            sa.UniqueConstraint("book", "account", key, name=f"uq_{table}"),
        )
    op.create_table(
        "clocks",
        _text("book"),
        _number("time"),
        sa.PrimaryKeyConstraint("book", name="pk_clocks"),
    )
