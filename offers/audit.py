"""The audit: who did what an administrator does, when, to what and why; rows are added, never changed.

Each row carries the hash of the one before it, so an altered, removed or slipped-in row breaks the chain, and the database itself
refuses to change one. As with the journal, who can rewrite all of it can rewrite history: `daypart audit --json` tells the
last hash, to be kept elsewhere.

A row outlives every erasure, so it names no person whom the chain serves: an erasure is told by the number of its receipt, whom
somebody looked at by a keyed hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.chain import GENESIS, plain_json
from offers.columns import Id, Moment, micros

ACTS = {
    "key_created": "an API key was made",
    "key_revoked": "an API key was taken back",
    "key_rotated": "an API key got a successor",
    "campaign_stopped": "a campaign was stopped by its file",
    "campaign_resumed": "a stopped campaign runs again by its file",
    "reserve_released": "new coupons may have some of what a campaign kept back",
    "model_promoted": "a candidate became the version that serves",
    "model_rolled_back": "the version before serves again",
    "link_ruled": "an operator ruled on a link between identities; the subject is its number",
    "user_erased": "a person was erased; the subject is the receipt",
    "person_read": "somebody looked at a person's profile; the subject is a keyed hash of whom",
    "person_exported": "somebody took out everything held of a person; the subject is a keyed hash of whom",
}
"""What is audited, and in words."""
_LOCK = 0x6175646974  # "audit" in ASCII
_SAID = ("seq", "at", "act", "actor", "subject", "why", "detail", "prev_hash")

audit = sa.Table(
    "audit",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("act", sa.String(32), nullable=False),
    sa.Column("actor", Id, nullable=False),
    sa.Column("subject", Id, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)


@dataclass(frozen=True)
class By:
    """Who acts and why. `actor`: an API key's id, `shell:<login>` at the command line, or the part of Daypart that did it."""

    actor: str
    why: str = ""


@dataclass(frozen=True)
class Audited:
    """One row, as `daypart audit` shows it."""

    seq: int
    at: datetime
    act: str
    subject: str
    actor: str
    why: str
    detail: str
    hash: str


def record(connection: sa.Connection, act: str, subject: str, by: By, now: datetime, detail: Any = None) -> None:
    """Add a row within the transaction of the act itself, which writes. ValueError for an act that isn't in ACTS."""
    if act not in ACTS:
        raise ValueError(f"{act!r} is no act of the audit; add it to ACTS")
    if connection.dialect.name == "postgresql":
        # One row after the other, or two of them would follow the same one. SQLite has one writer anyway.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    last = connection.execute(sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    row: dict[str, Any] = {
        "seq": 1 if last is None else last.seq + 1,
        "at": now,
        "act": act,
        "actor": by.actor[:128],
        "subject": subject[:128],
        "why": by.why,
        "detail": plain_json(detail),
        "prev_hash": GENESIS if last is None else last.hash,
    }
    connection.execute(sa.insert(audit).values(**row, hash=_link(row)))


def newest(connection: sa.Connection, limit: int) -> list[Audited]:
    """The last `limit` rows, newest first."""
    rows = connection.execute(sa.select(audit).order_by(audit.c.seq.desc()).limit(limit))
    return [Audited(**{name: getattr(row, name) for name in Audited.__dataclass_fields__}) for row in rows]


def faults(connection: sa.Connection) -> Iterator[str]:
    """What a replay of the chain finds, one plain line each."""
    seq, link = 0, GENESIS
    for row in connection.execute(sa.select(audit).order_by(audit.c.seq).execution_options(yield_per=1000)):
        seq += 1
        if row.seq != seq:
            yield f"audit: row {seq} is missing, {row.seq} follows {seq - 1}"
            seq = row.seq
        if row.prev_hash != link or row.hash != _link(row._mapping):
            yield f"audit: row {row.seq} was altered, or the one before it"
        link = row.hash


def _link(row: Any) -> str:
    values = [micros(row[name]) if isinstance(row[name], datetime) else row[name] for name in _SAID]
    return hashlib.sha256(plain_json(values).encode()).hexdigest()
