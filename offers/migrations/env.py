"""Alembic's door: `offers.database.upgrade` hands over an open transaction; nothing is read from files."""

from __future__ import annotations

from alembic import context

from offers.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
