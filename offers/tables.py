"""The journal's tables (SQLAlchemy Core). Migrations build them; a test holds the two together.

No entry, answer or outbox row names a person: users stand in `coupons` and `decisions` only, where an erasure can
reach them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy import text as sql

from offers.columns import Id, Moment, Serial

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("granted_cents", BigInteger, nullable=False),
    Column("reserve_cents", BigInteger, nullable=False),
    Column("spent_cents", BigInteger, nullable=False),
    Column("max_per_user_day", Integer, nullable=False),
    Column("hold_s", Integer, nullable=False),
    Column("max_till_skew_s", Integer),
    Column("stopped", Boolean, nullable=False),
    Column("head_seq", BigInteger, nullable=False),
    Column("head_hash", String(64), nullable=False),
)
stores = Table(
    "stores",
    metadata,
    Column("store_id", Id, primary_key=True),
    Column("timezone", String(64), nullable=False),
    Column("opens", Integer),
    Column("closes", Integer),
)
coupons = Table(
    "coupons",
    metadata,
    Column("offer_id", Id, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("code", String(32), nullable=False, unique=True),
    Column("campaign_id", Id, nullable=False),
    Column("decision_id", Id, nullable=False),
    Column("user_id", Id),
    Column("product_id", Id, nullable=False),
    Column("store_id", Id, nullable=False),
    Column("discount_cents", BigInteger, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("floor_cents", BigInteger, nullable=False),
    Column("expected_cents", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("text", Text, nullable=False),
    Column("send_at", Moment, nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_until", Moment, nullable=False),
    Column("window_day", String(10), nullable=False),
    Column("state", String(16), nullable=False),
    Column("order_id", Id),
    Column("held_until", Moment),
    Column("used_day", String(10)),
    Column("delivery", String(16)),
    Column("delivered_at", Moment),
    Index("coupons_due", "send_at", "seq"),
    Index("coupons_user", "user_id", "campaign_id"),
    Index("coupons_open", "campaign_id", "state", "valid_until"),
    Index("coupons_held", "campaign_id", "state", "held_until"),
)
decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Id, primary_key=True),
    Column("campaign_id", Id, nullable=False),
    Column("for_date", String(10), nullable=False),
    Column("user_id", Id),
    Column("arms", Text, nullable=False),
    Column("planned_arm", Integer, nullable=False),
    Column("sent_arm", Integer, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("holdout", Boolean, nullable=False),
    Column("reason", String(64)),
    Column("model_version", String(128), nullable=False),
    Column("feature_version", String(128), nullable=False),
    Column("made_at", Moment, nullable=False),
    Unique("campaign_id", "for_date", "user_id", name="decisions_once"),
)
entries = Table(
    "entries",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("offer_id", Id),
    Column("decision_id", Id),
    Column("order_id", Id),
    Column("store_id", Id),
    Column("till_id", Id),
    Column("actor", Id),
    Column("amount_cents", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("judged_at", Moment, nullable=False),
    Column("held_until", Moment),
    Column("detail", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("entries_offer", "offer_id"),
)
answers = Table(
    "answers",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("offer_id", Id, nullable=False),
    Column("event", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Index("outbox_waiting", "id", sqlite_where=sql("sent_at IS NULL"), postgresql_where=sql("sent_at IS NULL")),
)
counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
