"""The tables of this room in the ledger's database, built by migration 0006; a test holds the two together.

A person is a number here and everywhere but in `identities`: what erasure takes out of that one table is nowhere else, and
the audit stays whole. Moments are microseconds from 1970 in UTC.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

METADATA = MetaData()
# SQLite numbers rows by itself only in a column of type INTEGER.
_SERIAL = BigInteger().with_variant(Integer, "sqlite")

IDENTITIES = Table(
    "identities",
    METADATA,
    Column("number", _SERIAL, primary_key=True),
    # A reference (`card-…`) or an id of the merchant; null once erased.
    Column("reference", String(128), unique=True),
    Column("first_us", BigInteger, nullable=False),
    # The number of the identity that names the person; its own when alone.
    Column("person", BigInteger, nullable=False),
    # Of a receipt: where the lines of its ticket are found in the lake.
    Column("store_id", String(128)),
    Column("order_id", String(128)),
    Index("identities_person", "person"),
)
LINKS = Table(
    "identity_links",
    METADATA,
    Column("number", _SERIAL, primary_key=True),
    Column("left_number", BigInteger, nullable=False),
    Column("right_number", BigInteger, nullable=False),
    Column("source", String(16), nullable=False),
    Column("evidence", String(128), nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    # Grows with the number.
    Column("taken_us", BigInteger, nullable=False),
    # See `people.evidence`: VERDICTS and RULINGS.
    Column("verdict", String(16), nullable=False),
    Column("ruling", String(16), nullable=False),
    UniqueConstraint("left_number", "right_number", "source", "evidence", "seen_us", name="identity_links_once"),
    Index("identity_links_right", "right_number"),
    Index("identity_links_verdict", "verdict", "number"),
)
AUDIT = Table(
    "identity_audit",
    METADATA,
    Column("seq", _SERIAL, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("act", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("link_number", BigInteger),
    Column("from_person", BigInteger),
    Column("to_person", BigInteger),
    Column("members", Text),
    Column("detail", String(200)),
)
ERASURES = Table(
    "erasures",
    METADATA,
    Column("erasure_id", String(32), primary_key=True),
    Column("asked_us", BigInteger, nullable=False),
    # Null until every store was gone through.
    Column("done_us", BigInteger),
    Column("actor", String(64), nullable=False),
    # What was found to remove, by store, as JSON.
    Column("counts", Text, nullable=False),
)
TARGETS = Table(
    "erasure_targets",
    METADATA,
    # Whom an erasure is about; its rows go when it is done.
    Column("erasure_id", String(32), primary_key=True),
    Column("reference", String(128), primary_key=True),
)
TOMBSTONES = Table(
    "tombstones",
    METADATA,
    # A keyed hash of a reference, which says nothing without the secret and can't be turned back with it.
    Column("mark", String(32), primary_key=True),
    Column("erased_us", BigInteger, nullable=False),
    # Since when they are somebody again, by a consent of their own.
    Column("returned_us", BigInteger),
)
CONSENT = Table(
    "consent",
    METADATA,
    Column("seq", _SERIAL, primary_key=True),
    # Null once erased.
    Column("reference", String(128)),
    Column("purpose", String(16), nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Index("consent_reference", "reference", "purpose"),
)
