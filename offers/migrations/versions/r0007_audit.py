"""The audit of what administrators do; its rows can be added, never changed or deleted, whoever asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offers.columns import Id, Moment

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    """Add the table and its guard."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        *(sa.Column(name, Id, nullable=False) for name in ("actor", "subject")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("why", "detail")),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("prev_hash", "hash")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit"
                " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )
