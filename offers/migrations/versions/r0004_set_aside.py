"""An order's hold ends by itself, whatever a token has set aside; what a till overpaid has units that may come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offers.columns import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column, and what it and `units` hold for coupons as they stand."""
    op.add_column("coupons", sa.Column("order_until", Moment))
    op.execute("UPDATE coupons SET order_until = held_until WHERE state = 'held' AND order_id IS NOT NULL")
    op.execute("UPDATE coupons SET units = 1 WHERE state = 'overpaid'")
