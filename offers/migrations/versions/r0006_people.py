"""Identities, what links them, and the audit of it: the tables of `people.tables`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add three tables; the last is only ever added to."""
    op.create_table(
        "identities",
        sa.Column("number", _SERIAL, primary_key=True),
        sa.Column("reference", sa.String(128), unique=True),
        *_numbers("first_us", "person"),
        *(sa.Column(name, sa.String(128)) for name in ("store_id", "order_id")),
    )
    op.create_index("identities_person", "identities", ["person"])
    op.create_table(
        "identity_links",
        sa.Column("number", _SERIAL, primary_key=True),
        *_numbers("left_number", "right_number"),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("evidence", sa.String(128), nullable=False),
        *_numbers("seen_us", "taken_us"),
        *(sa.Column(name, sa.String(16), nullable=False) for name in ("verdict", "ruling")),
        sa.UniqueConstraint("left_number", "right_number", "source", "evidence", "seen_us", name="identity_links_once"),
    )
    op.create_index("identity_links_right", "identity_links", ["right_number"])
    op.create_index("identity_links_verdict", "identity_links", ["verdict", "number"])
    op.create_table(
        "identity_audit",
        sa.Column("seq", _SERIAL, primary_key=True),
        *_numbers("at_us"),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("link_number", "from_person", "to_person")),
        sa.Column("members", sa.Text),
        sa.Column("detail", sa.String(200)),
    )
    _append_only(op.get_bind().dialect.name)


def _append_only(dialect: str) -> None:
    if dialect == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER identity_audit_no_{act.lower()} BEFORE {act} ON identity_audit"
                " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION identity_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER identity_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON identity_audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION identity_audit_append_only()"
    )


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]
