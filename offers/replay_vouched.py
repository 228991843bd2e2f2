"""Rows that no entry vouches for. What the first revision wrote had no entry of its own, so a journal that it began may hold
some; in any other each is told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa

from offers.chain import CHAIN
from offers.tables import accounts, answers, counters, decisions, entries, stores

_ACTS = ("hold", "redeem", "release", "reverse")
"""Acts of the first revision."""


def unvouched(connection: sa.Connection, said: Collection[Any], *, is_old: bool) -> Iterator[str]:
    """Faults as plain lines. `said`: rows of entries of the kind terms, of every campaign; `is_old`: the journal was begun by
    the first revision."""
    for row in connection.execute(sa.select(answers).where(answers.c.seq.is_(None))):
        if not (is_old and _was_answered(connection, row)):
            yield f"answer of key {row.key}: no entry vouches for it"
    twice = sa.select(answers.c.campaign_id, answers.c.seq).where(answers.c.seq.is_not(None))
    twice = twice.group_by(answers.c.campaign_id, answers.c.seq).having(sa.func.count() > 1)
    for campaign_id, seq in connection.execute(twice):
        yield f"campaign {campaign_id}, entry {seq}: it has more than one answer"
    odd = sa.select(counters.c.name).where(counters.c.name != "offers")
    yield from (f"counters: nothing is counted as {name}" for name in connection.execute(odd).scalars())
    silent = sa.select(accounts.c.campaign_id).where(accounts.c.head_seq == 0, accounts.c.campaign_id != CHAIN)
    yield from (f"campaign {name}: no entry opened it" for name in connection.execute(silent).scalars())
    if is_old:
        return
    told = {row.store_id for row in said if row.kind == "terms" and row.store_id is not None}
    kept = set(connection.execute(sa.select(stores.c.store_id)).scalars())
    yield from (f"store {store_id}: no entry says it is one" for store_id in sorted(kept - told))
    alone = sa.select(decisions.c.decision_id).where(decisions.c.entry_seq.is_(None))
    yield from (f"decision {name}: no entry vouches for it" for name in connection.execute(alone).scalars())


def _was_answered(connection: sa.Connection, row: Any) -> bool:
    """Whether an answer of the first revision leads from an entry of it; a refusal of that revision had none."""
    body = json.loads(row.body)
    if not row.ok:
        return "reason" in body
    campaign_id, _, seq = str(body.get("entry_id")).rpartition(":")
    if not seq.isdigit():
        return False
    at = (entries.c.campaign_id == campaign_id) & (entries.c.seq == int(seq))
    entry = connection.execute(sa.select(entries).where(at)).one_or_none()
    if entry is None or entry.kind not in _ACTS or not isinstance(json.loads(entry.detail), list):
        return False
    wanted = (entry.kind, entry.amount_cents, entry.offer_id, entry.order_id or None, entry.at)
    told = (*(body.get(name) for name in ("kind", "discount_cents", "offer_id", "order_id")), row.at)
    return wanted == told
