"""Budgets by scope, partial returns, tokens for tills without network, refusals in the journal."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from offers.columns import Id, Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns and tables, and what they hold for coupons that were redeemed before."""
    _add("accounts", *(_cents(name) for name in ("released_cents", "overspend_cents", "n_used")))
    _add("accounts", *(sa.Column(f"per_{scope}_cents", sa.BigInteger) for scope in ("store", "user", "day")))
    _add("accounts", *(sa.Column(name, sa.Integer) for name in ("max_per_user", "max_coupons")))
    for name, seconds in (("grace_s", "0"), ("token_s", "14400"), ("sync_s", "86400")):
        _add("accounts", sa.Column(name, sa.Integer, nullable=False, server_default=seconds))
    _add("stores", sa.Column("closed_days", sa.Text, nullable=False, server_default=""))
    _add("coupons", sa.Column("token_id", Id))
    for name in ("units", "returned"):
        _add("coupons", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.create_index("coupons_order", "coupons", ["order_id"])
    # Holds are few among many coupons: an index of them alone isn't touched when a coupon is paid.
    op.drop_index("coupons_held", "coupons")
    held = sa.text("state = 'held'")
    op.create_index("coupons_held", "coupons", ["campaign_id", "held_until"], sqlite_where=held, postgresql_where=held)
    day, reason = sa.Column("day", sa.String(10)), sa.Column("reason", sa.String(32))
    _add("entries", sa.Column("token_id", Id), day, sa.Column("units", sa.Integer), reason)
    _add("answers", sa.Column("campaign_id", Id), sa.Column("seq", sa.BigInteger))
    _add("decisions", sa.Column("entry_seq", sa.BigInteger))
    _tables()
    _fill()


def _tables() -> None:
    keys = [sa.Column(name, kind, primary_key=True) for name, kind in _SUMS]
    op.create_table("sums", *keys, sa.Column("spent_cents", sa.BigInteger, nullable=False))
    op.create_table(
        "leases",
        sa.Column("lease_id", Id, primary_key=True),
        *(sa.Column(name, Id, nullable=False) for name in ("store_id", "till_id")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("cents", "paid_cents")),
        *(sa.Column(name, Moment, nullable=False) for name in ("issued_at", "expires_at")),
        sa.Column("closed_at", Moment),
    )
    op.create_index("leases_open", "leases", ["store_id", "closed_at"])


_SUMS = (("campaign_id", Id), ("scope", sa.String(16)), ("key", Id))


def _fill() -> None:
    op.execute("UPDATE coupons SET units = 1 WHERE state IN ('redeemed', 'reversed')")
    op.execute("UPDATE coupons SET returned = 1 WHERE state = 'reversed'")
    op.execute("UPDATE coupons SET used_day = NULL WHERE state IN ('issued', 'released')")
    used = "FROM coupons WHERE coupons.campaign_id = accounts.campaign_id AND state = 'redeemed'"
    op.execute(f"UPDATE accounts SET n_used = (SELECT count(*) {used})")
    for scope, column in (("store", "store_id"), ("day", "used_day")):
        op.execute(
            "INSERT INTO sums (campaign_id, scope, key, spent_cents)"
            f" SELECT campaign_id, '{scope}', {column}, sum(discount_cents) FROM coupons"
            f" WHERE state = 'redeemed' AND {column} IS NOT NULL GROUP BY campaign_id, {column}"
        )
    # The chain's own account: its grant is the budget above all campaigns (0: none), its chain the refusals of unknown codes.
    op.execute(
        "INSERT INTO accounts (campaign_id, granted_cents, reserve_cents, spent_cents, max_per_user_day, hold_s,"
        f" stopped, head_seq, head_hash) VALUES ('-', 0, 0, 0, 1, 1, {_false()}, 0, '{'0' * 64}')"
    )


def _false() -> str:
    return "0" if op.get_bind().dialect.name == "sqlite" else "FALSE"


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _cents(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
