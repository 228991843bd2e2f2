"""The hash chain: how entries are added to a campaign's account, each linked to the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from offers import bulk
from offers.book import Account, Scope, changed
from offers.columns import micros
from offers.commands import Entry
from offers.database import LedgerError
from offers.ledger import spent_by
from offers.tables import accounts, entries

GENESIS = "0" * 64
CHAIN = "-"
"""The account of the whole chain of shops: its grant caps all campaigns (0: no cap), its entries are refusals of codes that
no campaign knows. No campaign can be called so."""
NO_LIMITS = {
    "reserve_cents": 0, "overspend_cents": 0, "max_per_user_day": 1, "hold_s": 1, "grace_s": 0, "token_s": 14_400,
    "sync_s": 86_400, "stopped": False,
    **dict.fromkeys(("per_store_cents", "per_user_cents", "per_day_cents", "max_per_user", "max_coupons", "max_till_skew_s")),
    **dict.fromkeys(("quiet_from", "quiet_until", "version")),
}  # fmt: skip
"""What the chain's account says where nobody has set it: a campaign's limits mean nothing there."""
_NEWER = ("token_id", "day", "units", "reason")
# Columns of later revisions are hashed only where they hold something, so older entries keep their hashes.
_HASHED = tuple(column.name for column in entries.columns if column.name not in ("hash", *_NEWER))
_PLAIN = msgspec.json.Encoder(order="sorted")
_MOVE_HEAD = (
    sa.update(accounts)
    .where(accounts.c.campaign_id == sa.bindparam("of_campaign"), accounts.c.head_seq == sa.bindparam("of_seq"))
    .values({name: sa.bindparam(name) for name in ("head_seq", "head_hash", "spent_cents", "n_used")})
)


@dataclass(frozen=True)
class Stamp:
    """Who did it and what it was about: kept with the entry and covered by its hash. `detail` is JSON values."""

    actor: str = ""
    till_id: str | None = None
    detail: Any = None


@dataclass(frozen=True)
class Head:
    """The locked account row: the money, the chain's last link, and limits that aren't the account's own.

    `scopes`: cents granted per store, user or day of the campaign, where that is limited.
    """

    account: Account
    seq: int
    hash: str
    max_till_skew_s: int | None
    scopes: Mapping[Scope, int] = field(default_factory=dict)


def linked(head: Head, entry: Entry, decision_id: str | None, stamp: Stamp) -> tuple[dict[str, Any], Head]:
    """The entry's row, moments in microseconds, and the head after it; nothing is written."""
    row: dict[str, Any] = {
        **vars(entry),
        "at": micros(entry.at),
        "judged_at": micros(entry.judged_at),
        "held_until": None if entry.held_until is None else micros(entry.held_until),
        "seq": head.seq + 1,
        "decision_id": decision_id,
        "till_id": stamp.till_id,
        "actor": stamp.actor,
        "detail": plain_json(stamp.detail),
        "prev_hash": head.hash,
    }
    row["hash"] = link_hash(row)
    account = head.account
    spent = spent_by(entry)
    if spent:
        account = changed(account, spent_cents=account.spent_cents + spent)
    return row, changed(head, account=account, seq=head.seq + 1, hash=row["hash"])


def append(connection: sa.Connection, head: Head, items: Iterable[tuple[Entry, str | None, Stamp]]) -> Head:
    """Append (entry, decision id, stamp) to the chain, move the account's sums; the new head, still locked."""
    rows, after = [], head
    for entry, decision_id, stamp in items:
        row, after = linked(after, entry, decision_id, stamp)
        rows.append(row)
    if rows:
        bulk.insert(connection, entries, rows)
        move_head(connection, head, after)
    return after


def move_head(connection: sa.Connection, before: Head, after: Head, **terms: Any) -> None:
    """Point the account at the chain's new end and set its sums. LedgerError if someone wrote in between."""
    account = after.account
    told = {"of_campaign": account.campaign_id, "of_seq": before.seq, "head_seq": after.seq, "head_hash": after.hash}
    sums = {"spent_cents": account.spent_cents, "n_used": account.n_used}
    move = _MOVE_HEAD.values(terms) if terms else _MOVE_HEAD
    done = connection.execute(move, told | {name: cents for name, cents in sums.items() if name not in terms})
    if done.rowcount != 1:
        raise LedgerError(f"account of campaign {account.campaign_id} moved under a lock; run daypart verify")


def plain_json(value: Any) -> str:
    """One text for one value: what `detail` holds and hashes are made of."""
    return _PLAIN.encode(value).decode()


def link_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over every column of an entry but its own hash, times as microseconds, in the table's column order."""
    values = [micros(row[name]) if isinstance(row[name], datetime) else row[name] for name in _HASHED]
    newer = {name: row[name] for name in _NEWER if row[name] is not None}
    return hashlib.sha256(plain_json([*values, newer] if newer else values).encode()).hexdigest()
