"""The hash chain: how entries are added to a campaign's account, each linked to the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.book import Account
from offers.columns import micros
from offers.commands import Entry
from offers.database import LedgerError
from offers.ledger import spent_by
from offers.tables import accounts, entries

GENESIS = "0" * 64
_ENTRY_FIELDS = tuple(column.name for column in entries.columns if column.name != "hash")


@dataclass(frozen=True)
class Stamp:
    """Who did it and what it was about: kept with the entry and covered by its hash. `detail` is JSON values."""

    actor: str = ""
    till_id: str | None = None
    detail: Any = None


@dataclass(frozen=True)
class Head:
    """The locked account row: the money, and the chain's last link."""

    account: Account
    seq: int
    hash: str
    max_till_skew_s: int | None


def append(connection: sa.Connection, head: Head, items: Iterable[tuple[Entry, str | None, Stamp]]) -> Head:
    """Append (entry, decision id, stamp) to the chain, move the account's sums; the new head, still locked."""
    rows, spent, seq, link = [], 0, head.seq, head.hash
    for entry, decision_id, stamp in items:
        seq += 1
        spent += spent_by(entry)
        row = {
            **{name: getattr(entry, name) for name in Entry.__dataclass_fields__},
            "seq": seq,
            "decision_id": decision_id,
            "till_id": stamp.till_id,
            "actor": stamp.actor,
            "detail": plain_json(stamp.detail),
            "prev_hash": link,
        }
        link = link_hash(row)
        rows.append({**row, "hash": link})
    account = replace(head.account, spent_cents=head.account.spent_cents + spent)
    if rows:
        connection.execute(sa.insert(entries), rows)
        move_head(connection, head, account.campaign_id, seq, link, spent_cents=account.spent_cents)
    return replace(head, account=account, seq=seq, hash=link)


def move_head(connection: sa.Connection, head: Head, campaign_id: str, seq: int, link: str, **sums: Any) -> None:
    """Point the account at the chain's new end and set sums. LedgerError if someone wrote in between."""
    done = connection.execute(
        sa.update(accounts)
        .where(accounts.c.campaign_id == campaign_id, accounts.c.head_seq == head.seq)
        .values(head_seq=seq, head_hash=link, **sums)
    )
    if done.rowcount != 1:
        raise LedgerError(f"account of campaign {campaign_id} moved under a lock; run daypart verify")


def plain_json(value: Any) -> str:
    """One text for one value: what `detail` holds and hashes are made of."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def link_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over every column of an entry but its own hash, times as microseconds, in the table's column order."""
    values = [micros(row[name]) if isinstance(row[name], datetime) else row[name] for name in _ENTRY_FIELDS]
    return hashlib.sha256(plain_json(values).encode()).hexdigest()
