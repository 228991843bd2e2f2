"""The first tables; entries can be added, never changed or deleted, whoever asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offers.columns import Id, Moment, Serial

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Build everything."""
    _money()
    _coupons()
    _decisions()
    _entries()
    _answers()
    _append_only(op.get_bind().dialect.name)


def _money() -> None:
    op.create_table(
        "accounts",
        sa.Column("campaign_id", Id, primary_key=True),
        *_cents("granted_cents", "reserve_cents", "spent_cents"),
        sa.Column("max_per_user_day", sa.Integer, nullable=False),
        sa.Column("hold_s", sa.Integer, nullable=False),
        sa.Column("max_till_skew_s", sa.Integer),
        sa.Column("stopped", sa.Boolean, nullable=False),
        sa.Column("head_seq", sa.BigInteger, nullable=False),
        sa.Column("head_hash", sa.String(64), nullable=False),
    )
    clock = [sa.Column(name, sa.Integer) for name in ("opens", "closes")]
    zone = sa.Column("timezone", sa.String(64), nullable=False)
    op.create_table("stores", sa.Column("store_id", Id, primary_key=True), zone, *clock)
    name = sa.Column("name", sa.String(32), primary_key=True)
    op.create_table("counters", name, sa.Column("value", sa.BigInteger, nullable=False))
    op.execute("INSERT INTO counters (name, value) VALUES ('offers', 0)")


def _coupons() -> None:
    op.create_table(
        "coupons",
        sa.Column("offer_id", Id, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False, unique=True),
        sa.Column("code", sa.String(32), nullable=False, unique=True),
        *_ids("campaign_id", "decision_id"),
        sa.Column("user_id", Id),
        *_ids("product_id", "store_id"),
        *_cents("discount_cents", "price_cents", "floor_cents", "expected_cents"),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        *(sa.Column(name, Moment, nullable=False) for name in ("send_at", "valid_from", "valid_until")),
        sa.Column("window_day", sa.String(10), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("order_id", Id),
        sa.Column("held_until", Moment),
        sa.Column("used_day", sa.String(10)),
        sa.Column("delivery", sa.String(16)),
        sa.Column("delivered_at", Moment),
    )
    op.create_index("coupons_due", "coupons", ["send_at", "seq"])
    op.create_index("coupons_user", "coupons", ["user_id", "campaign_id"])
    op.create_index("coupons_open", "coupons", ["campaign_id", "state", "valid_until"])
    op.create_index("coupons_held", "coupons", ["campaign_id", "state", "held_until"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", Id, primary_key=True),
        *_ids("campaign_id"),
        sa.Column("for_date", sa.String(10), nullable=False),
        sa.Column("user_id", Id),
        sa.Column("arms", sa.Text, nullable=False),
        sa.Column("planned_arm", sa.Integer, nullable=False),
        sa.Column("sent_arm", sa.Integer, nullable=False),
        sa.Column("propensity", sa.Float, nullable=False),
        sa.Column("holdout", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(64)),
        *_ids("model_version", "feature_version"),
        sa.Column("made_at", Moment, nullable=False),
        sa.UniqueConstraint("campaign_id", "for_date", "user_id", name="decisions_once"),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("campaign_id", Id, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        *(sa.Column(name, Id) for name in ("offer_id", "decision_id", "order_id", "store_id", "till_id", "actor")),
        *_cents("amount_cents"),
        *(sa.Column(name, Moment, nullable=False) for name in ("at", "judged_at")),
        sa.Column("held_until", Moment),
        sa.Column("detail", sa.Text, nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("prev_hash", "hash")),
    )
    op.create_index("entries_offer", "entries", ["offer_id"])


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", Serial, primary_key=True),
        sa.Column("offer_id", Id, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("sent_at", Moment),
    )
    waiting = sa.text("sent_at IS NULL")
    op.create_index("outbox_waiting", "outbox", ["id"], sqlite_where=waiting, postgresql_where=waiting)


def _append_only(dialect: str) -> None:
    if dialect == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER entries_no_{act.lower()} BEFORE {act} ON entries"
                " BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'entries are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION entries_append_only()"
    )


def _ids(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, Id, nullable=False) for name in names]


def _cents(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]
