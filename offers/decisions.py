"""Decision records: what was weighed for every considered user, sent or not, once a campaign, date and user; again where money
or stock had left them without an offer (`offers.pacing`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import astuple
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from offers.drafts import Arm, Decision
from offers.tables import decisions


def decided_users(connection: sa.Connection, campaign_id: str, for_date: date) -> set[str]:
    """Users for whom the date was decided before."""
    mine = (decisions.c.campaign_id == campaign_id) & (decisions.c.for_date == for_date.isoformat())
    found = sa.select(decisions.c.user_id).where(mine, decisions.c.user_id.is_not(None))
    return set(connection.execute(found).scalars())


def decision_of(connection: sa.Connection, campaign_id: str, for_date: date, user_id: str) -> dict[str, Any] | None:
    """The record of one user's last decision, arms read back as values; None when the date wasn't decided for them."""
    mine = (decisions.c.campaign_id == campaign_id) & (decisions.c.for_date == for_date.isoformat())
    theirs = sa.select(decisions).where(mine, decisions.c.user_id == user_id)
    row = connection.execute(theirs.order_by(decisions.c.again.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return {**row._mapping, "arms": [Arm(*values) for values in json.loads(row.arms)]}


def decided_of(connection: sa.Connection, campaign_id: str, batch: Iterable[Decision]) -> dict[tuple[str, str], int]:
    """(user, date) of those decisions of the batch that were made before, to the last one's `again`."""
    users, days = {d.user_id for d in batch}, {d.for_date.isoformat() for d in batch}
    key = (decisions.c.user_id, decisions.c.for_date)
    found = sa.select(*key, sa.func.max(decisions.c.again).label("last")).where(
        decisions.c.campaign_id == campaign_id, decisions.c.for_date.in_(days), decisions.c.user_id.in_(users)
    )
    return {(row.user_id, row.for_date): row.last for row in connection.execute(found.group_by(*key))}


_PLAIN = ("planned_arm", "sent_arm", "propensity", "holdout", "reason", "model_version", "feature_version")
"""Columns that a decision has as they are."""
_DIGESTED = ("decision_id", "for_date", "arms", *_PLAIN)
_NEWER = ("campaign_version", "again")
# Columns of later revisions are digested only where they hold something, so older digests stay as they are.


def digest_of(rows: Collection[Any]) -> str:
    """SHA-256 over a batch of decisions, mappings with the columns of `decisions`, but for their users: an erasure may reach
    those. It stands in the batch's entry, so that no share of a holdout is mended afterwards."""
    newer = ([*_DIGESTED, *(name for name in _NEWER if row[name])] for row in rows)
    told = sorted([row[name] for name in names] for row, names in zip(rows, newer, strict=True))
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def decision_row(decision: Decision, decision_id: str, campaign_id: str, now: datetime) -> dict[str, Any]:
    """The decision as a row of `decisions`."""
    arms = [list(astuple(arm)) for arm in decision.arms]
    return {
        **{name: getattr(decision, name) for name in ("user_id", *_PLAIN, *_NEWER)},
        "decision_id": decision_id,
        "campaign_id": campaign_id,
        "for_date": decision.for_date.isoformat(),
        "arms": json.dumps(arms),
        "made_at": now,
    }
