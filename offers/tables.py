"""The journal's tables (SQLAlchemy Core). Migrations build them; a test holds the two together.

No entry, answer or outbox row names a person: users stand in `coupons` and `decisions` only, where erasure reaches them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy import text as sql

from offers.columns import Id, Moment, Serial, cents, counts, ids, moments

metadata = MetaData()
_SECONDS = (("grace_s", "0"), ("token_s", "14400"), ("sync_s", "86400"))
_UNITS = (("units", "0"), ("returned", "0"), ("points", "0"), ("min_quantity", "1"))
_HELD, _UNTOLD = sql("state = 'held'"), sql("delivery IS NULL")

accounts = Table(
    "accounts",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    *cents("granted_cents", "reserve_cents", "spent_cents"),
    *counts("0", "released_cents", "overspend_cents", "n_used", kind=BigInteger),
    *(Column(name, BigInteger) for name in ("per_store_cents", "per_user_cents", "per_day_cents")),
    Column("max_per_user_day", Integer, nullable=False),
    *(Column(name, Integer) for name in ("max_per_user", "max_coupons", "max_till_skew_s")),
    *(Column(name, Integer) for name in ("quiet_from", "quiet_until")),
    Column("version", String(64)),
    Column("hold_s", Integer, nullable=False),
    *(column for name, default in _SECONDS for column in counts(default, name)),
    Column("stopped", Boolean, nullable=False),
    Column("head_seq", BigInteger, nullable=False),
    Column("head_hash", String(64), nullable=False),
)
sums = Table(
    "sums",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("scope", String(16), primary_key=True),
    Column("key", Id, primary_key=True),
    *cents("spent_cents"),
)
stores = Table(
    "stores",
    metadata,
    Column("store_id", Id, primary_key=True),
    Column("timezone", String(64), nullable=False),
    Column("opens", Integer),
    Column("closes", Integer),
    Column("closed_days", Text, nullable=False, server_default=""),
)
coupons = Table(
    "coupons",
    metadata,
    Column("offer_id", Id, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("code", String(32), nullable=False, unique=True),
    *ids("campaign_id", "decision_id"),
    Column("user_id", Id),
    *ids("product_id", "store_id"),
    *cents("discount_cents", "price_cents", "floor_cents", "expected_cents"),
    Column("currency", String(3), nullable=False),
    Column("text", Text, nullable=False),
    *moments("send_at", "valid_from", "valid_until"),
    Column("window_day", String(10), nullable=False),
    Column("state", String(16), nullable=False),
    *(Column(name, Id) for name in ("order_id", "token_id", "leased_to")),
    *(Column(name, Moment) for name in ("held_until", "order_until", "delivered_at", "leased_at", "wait_until")),
    Column("used_day", String(10)),
    *(column for name, default in _UNITS for column in counts(default, name)),
    Column("delivery", String(16)),
    Index("coupons_due", "send_at", "seq", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    Index("coupons_user", "user_id", "campaign_id"),
    Index("coupons_open", "campaign_id", "state", "valid_until"),
    Index("coupons_held", "campaign_id", "held_until", sqlite_where=_HELD, postgresql_where=_HELD),
    Index("coupons_order", "order_id"),
)
decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Id, primary_key=True),
    *ids("campaign_id"),
    Column("for_date", String(10), nullable=False),
    Column("user_id", Id),
    Column("arms", Text, nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("planned_arm", "sent_arm")),
    Column("propensity", Float, nullable=False),
    Column("holdout", Boolean, nullable=False),
    *(Column(name, String(64)) for name in ("reason", "campaign_version")),
    *ids("model_version", "feature_version"),
    *moments("made_at"),
    Column("entry_seq", BigInteger),
    *counts("0", "again"),
    Unique("campaign_id", "for_date", "user_id", "again", name="decisions_once"),
)
entries = Table(
    "entries",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    *(Column(name, Id) for name in ("offer_id", "decision_id", "order_id", "store_id", "till_id", "actor")),
    *cents("amount_cents"),
    *moments("at", "judged_at"),
    Column("held_until", Moment),
    Column("detail", Text, nullable=False),
    *(Column(name, String(64), nullable=False) for name in ("prev_hash", "hash")),
    Column("token_id", Id),
    Column("day", String(10)),
    Column("units", Integer),
    Column("reason", String(32)),
)
answers = Table(
    "answers",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("campaign_id", Id),
    Column("seq", BigInteger),
)
leases = Table(
    "leases",
    metadata,
    Column("lease_id", Id, primary_key=True),
    *ids("store_id", "till_id"),
    *cents("cents", "paid_cents"),
    *moments("issued_at", "expires_at"),
    Column("closed_at", Moment),
    Index("leases_open", "store_id", "closed_at"),
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
