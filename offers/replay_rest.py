"""What entries about no coupon say, beside the tables: stores' clocks, leases of tills, batches of decisions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from offers.decisions import digest_of
from offers.tables import counters, coupons, decisions, leases, stores


def compare_rest(connection: sa.Connection, said: Sequence[Any]) -> Iterator[str]:
    """Faults as plain lines. `said`: rows of entries of the kinds terms, lease and decide, of every campaign."""
    clocks = {row.store_id: json.loads(row.detail) for row in said if row.kind == "terms" and row.store_id is not None}
    yield from _stores(connection, clocks)
    yield from _leases(connection, {row.token_id: row for row in said if row.kind == "lease"})
    yield from _decisions(connection, [row for row in said if row.kind == "decide"])
    given = connection.execute(sa.select(counters.c.value).where(counters.c.name == "offers")).scalar()
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(coupons.c.seq), 0))).scalar()
    if given != last:
        yield f"counters: the last number given to a coupon is {given}, the coupons say {last}"


def _stores(connection: sa.Connection, clocks: dict[str, Any]) -> Iterator[str]:
    """Stores that an older revision wrote have no entry until their tables change."""
    stored = {row.store_id: dict(row._mapping) for row in connection.execute(sa.select(stores))}
    for store_id, told in sorted(clocks.items()):
        if stored.get(store_id) != told:
            yield f"store {store_id}: its clock isn't the one the entries say"


def _leases(connection: sa.Connection, lent: dict[str, Any]) -> Iterator[str]:
    stored = {row.lease_id: row for row in connection.execute(sa.select(leases))}
    for lease_id in sorted(stored.keys() | lent.keys()):
        row, entry = stored.get(lease_id), lent.get(lease_id)
        if row is None or entry is None:
            yield f"lease {lease_id}: {'not stored' if row is None else 'no entry says it was lent'}"
        elif (row.store_id, row.till_id, row.cents, row.expires_at) != (
            entry.store_id, entry.till_id, entry.amount_cents, entry.held_until,
        ):  # fmt: skip
            yield f"lease {lease_id}: it isn't what its entry says"


def _decisions(connection: sa.Connection, batches: Sequence[Any]) -> Iterator[str]:
    wanted = {(row.campaign_id, row.seq): json.loads(row.detail)["decisions"] for row in batches}
    found: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
    kept = sa.select(decisions).where(decisions.c.entry_seq.is_not(None))
    for row in connection.execute(kept.execution_options(yield_per=1000)):
        found[row.campaign_id, row.entry_seq].append(row._mapping)
    for campaign_id, seq in sorted(wanted.keys() | found.keys()):
        if wanted.get((campaign_id, seq)) != digest_of(found[campaign_id, seq]):
            yield f"campaign {campaign_id}, entry {seq}: the decisions recorded there aren't those that were made"
