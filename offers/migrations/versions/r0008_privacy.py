"""Erasures under way and done, tombstones, consent: the tables of `people.tables`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add four tables."""
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.String(32), primary_key=True),
        sa.Column("asked_us", sa.BigInteger, nullable=False),
        sa.Column("done_us", sa.BigInteger),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
    )
    keys = (("erasure_id", 32), ("reference", 128))
    op.create_table("erasure_targets", *(sa.Column(name, sa.String(size), primary_key=True) for name, size in keys))
    op.create_table(
        "tombstones",
        sa.Column("mark", sa.String(32), primary_key=True),
        sa.Column("erased_us", sa.BigInteger, nullable=False),
        sa.Column("returned_us", sa.BigInteger),
    )
    op.create_table(
        "consent",
        sa.Column("seq", _SERIAL, primary_key=True),
        sa.Column("reference", sa.String(128)),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("granted", sa.Boolean, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
    )
    op.create_index("consent_reference", "consent", ["reference", "purpose"])
