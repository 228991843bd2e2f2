"""Nothing finds entries by their offer: the index of it cost every entry a page of its own in each commit."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the index."""
    op.drop_index("entries_offer", "entries")
