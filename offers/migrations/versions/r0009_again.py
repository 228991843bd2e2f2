"""A date may be decided again for a user whom money or stock left without an offer: decisions are numbered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add a column, and take it into what may stand once; SQLite copies the table."""
    with op.batch_alter_table("decisions") as table:
        table.add_column(sa.Column("again", sa.Integer, nullable=False, server_default="0"))
        table.drop_constraint("decisions_once", type_="unique")
        table.create_unique_constraint("decisions_once", ["campaign_id", "for_date", "user_id", "again"])
