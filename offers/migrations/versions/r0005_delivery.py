"""Offers leased to the scheduler that sends them, coupons of other kinds, a campaign's quiet time and version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offers.columns import Id, Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add columns; the index of due offers holds those alone that nobody has acknowledged."""
    op.add_column("coupons", sa.Column("leased_to", Id))
    for name in ("leased_at", "wait_until"):
        op.add_column("coupons", sa.Column(name, Moment))
    for name, default in (("min_quantity", "1"), ("points", "0")):
        op.add_column("coupons", sa.Column(name, sa.Integer, nullable=False, server_default=default))
    for name in ("quiet_from", "quiet_until"):
        op.add_column("accounts", sa.Column(name, sa.Integer))
    op.add_column("accounts", sa.Column("version", sa.String(64)))
    op.add_column("decisions", sa.Column("campaign_version", sa.String(64)))
    op.drop_index("coupons_due", "coupons")
    untold = sa.text("delivery IS NULL")
    op.create_index("coupons_due", "coupons", ["send_at", "seq"], sqlite_where=untold, postgresql_where=untold)
