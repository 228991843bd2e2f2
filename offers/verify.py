"""Replaying the journal: every entry hashed and followed again, and what is stored compared with what must be.

An altered, missing or added entry breaks its campaign's chain; an altered sum or coupon differs from the replay. The
chain's last hash stands in the account only: who can rewrite both can rewrite history, so note it elsewhere too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from offers.book import Coupon
from offers.chain import GENESIS, link_hash, plain_json
from offers.commands import Entry
from offers.issuing import terms_of
from offers.journal import Journal, coupon_of
from offers.ledger import follow, spent_by
from offers.tables import accounts, coupons, entries

_FROM = {
    "hold": ("issued", "held"),
    "redeem": ("issued", "held"),
    "release": ("issued", "held"),
    "reverse": ("redeemed",),
}


def verify(journal: Journal) -> list[str]:
    """Every difference found, one plain line each; empty when the journal is whole. Raises LedgerError."""
    with journal.read() as connection:
        found: list[str] = []
        known = connection.execute(sa.select(accounts).order_by(accounts.c.campaign_id)).all()
        for account in known:
            try:
                found.extend(_verify_campaign(connection, account))
            except (TypeError, ValueError, OverflowError) as error:
                # SQLite keeps whatever is written into a column, so a value may not be of its kind any more.
                found.append(f"campaign {account.campaign_id}: a stored value can't be read ({error})")
        names = [account.campaign_id for account in known]
        for table in (entries, coupons):
            lost = sa.select(table.c.campaign_id).where(table.c.campaign_id.not_in(names)).distinct()
            found += [f"{table.name}: campaign {row.campaign_id} has no account" for row in connection.execute(lost)]
        return found


def _verify_campaign(connection: sa.Connection, account: Any) -> Iterator[str]:
    name = f"campaign {account.campaign_id}"
    seq, link, granted, spent = 0, GENESIS, 0, 0
    stored = {
        row.offer_id: row
        for row in connection.execute(sa.select(coupons).where(coupons.c.campaign_id == account.campaign_id))
    }
    replayed: dict[str, Coupon] = {}
    chain = sa.select(entries).where(entries.c.campaign_id == account.campaign_id).order_by(entries.c.seq)
    for row in connection.execute(chain):
        where, seq = f"{name}, entry {row.seq}", seq + 1
        if row.seq != seq:
            yield f"{where}: expected number {seq}; an entry is missing or was added"
            seq = row.seq
        if row.prev_hash != link or link_hash(dict(row._mapping)) != row.hash:
            yield f"{where}: the hash doesn't match; it was altered or its neighbour was"
        link = row.hash
        entry = Entry(**{field: getattr(row, field) for field in Entry.__dataclass_fields__})
        granted += entry.amount_cents if entry.kind == "grant" else 0
        spent += spent_by(entry)
        if entry.kind == "redeem" and spent > granted:
            yield f"{where}: {spent} cents spent of {granted} granted"
        if entry.kind != "grant":
            yield from (f"{where}: {fault}" for fault in _follow(replayed, stored, entry, row.detail))
    for field, value in (("head_seq", seq), ("head_hash", link), ("granted_cents", granted), ("spent_cents", spent)):
        if getattr(account, field) != value:
            yield f"{name}: {field} is {getattr(account, field)}, the entries say {value}"
    yield from (f"{name}, {fault}" for fault in _compare(replayed, stored))


def _follow(replayed: dict[str, Coupon], stored: dict[str, Any], entry: Entry, detail: str) -> Iterator[str]:
    offer_id = entry.offer_id or ""
    if offer_id not in stored:
        yield f"offer {offer_id} has no coupon"
        return
    if entry.kind == "issue":
        if offer_id in replayed:
            yield f"offer {offer_id} is issued twice"
        if detail != plain_json(terms_of(stored[offer_id]._mapping)):
            yield f"offer {offer_id}: the coupon's terms aren't those it was issued under"
        replayed[offer_id] = follow(coupon_of(stored[offer_id]), entry)
        return
    before = replayed.get(offer_id)
    if before is None or before.state not in _FROM.get(entry.kind, ()):
        yield f"offer {offer_id}: {entry.kind} of a coupon that is {before.state if before else 'not issued'}"
    replayed[offer_id] = follow(before or coupon_of(stored[offer_id]), entry)


def _compare(replayed: dict[str, Coupon], stored: dict[str, Any]) -> Iterator[str]:
    for offer_id in sorted(stored.keys() - replayed.keys()):
        yield f"offer {offer_id}: a coupon without an issue entry"
    for offer_id, coupon in sorted(replayed.items()):
        row = stored[offer_id]
        for field in ("state", "order_id", "held_until"):
            if getattr(row, field) != getattr(coupon, field):
                yield f"offer {offer_id}: {field} is {getattr(row, field)}, the entries say {getattr(coupon, field)}"
