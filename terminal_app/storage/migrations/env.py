"""Alembic's environment: runs revisions on the connection that the storage thread hands in, inside its transaction."""

from __future__ import annotations

from alembic import context

from terminal_app.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
