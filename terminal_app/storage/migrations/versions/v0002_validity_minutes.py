"""Orders keep for how many minutes they are valid, where a broker offers that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column: no order before had such a validity."""
    column: sa.Column[int] = sa.Column("validity_minutes", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("orders", column)
