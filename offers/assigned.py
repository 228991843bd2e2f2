"""Who was decided for a campaign, on which side of the holdout, and what the campaign gave away: the ledger's half of a lift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from offers.ledger import REASONS as REFUSALS
from offers.tables import coupons, decisions, entries


class Assigned(NamedTuple):
    """A user's first decision: on which side of the holdout it put them, and when. Nobody changes sides afterwards.

    The holdout is one for all campaigns, so what a person did before `untouched`, their first decision in any of them, is the
    last that says nothing of offers.
    """

    user_id: str
    held: bool
    start: datetime
    untouched: datetime


@dataclass(frozen=True)
class Given:
    """What a campaign's redeemed coupons took off, what came back taken out, and how often they were redeemed."""

    cents: int
    n_redeemed: int
    product_ids: frozenset[str]
    """Products it issued coupons for."""
    redeemers: tuple[tuple[str, str], ...]
    """(user_id, their moves: times and cents in order) of all who redeemed or took back, but for the erased."""


def assigned(
    connection: sa.Connection, campaign_id: str, before: datetime, planned_only: bool = False
) -> Iterator[Assigned]:
    """Everybody decided before the moment, in no order; `planned_only`: by the first decision that meant an offer for them,
    sent or held out. Users who were erased are not there."""
    mine = (decisions.c.campaign_id == campaign_id) & (decisions.c.made_at < before) & decisions.c.user_id.is_not(None)
    if planned_only:
        mine &= decisions.c.planned_arm > 0
    order = (decisions.c.made_at, decisions.c.decision_id)
    nth = sa.func.row_number().over(partition_by=decisions.c.user_id, order_by=order).label("nth")
    ranked = sa.select(decisions.c.user_id, decisions.c.holdout, decisions.c.made_at, nth).where(mine).subquery()
    ever = sa.select(decisions.c.user_id, sa.func.min(decisions.c.made_at).label("at")).group_by(decisions.c.user_id)
    first = ever.subquery()
    found = sa.select(ranked, first.c.at).join(first, first.c.user_id == ranked.c.user_id).where(ranked.c.nth == 1)
    for row in connection.execute(found):
        yield Assigned(row.user_id, row.holdout, row.made_at, row.at)


def logged(connection: sa.Connection, campaign_id: str, before: datetime) -> Iterator[sa.Row[Any]]:
    """user_id, for_date, made_at, arms (JSON), sent_arm and propensity of the last decision of every user and date made before
    the moment, in their order. Those whose offer the rules refused are left out: nobody drew that they should be sent nothing."""
    columns = ("user_id", "for_date", "made_at", "arms", "sent_arm", "propensity", "reason")
    mine = (decisions.c.campaign_id == campaign_id) & (decisions.c.made_at < before) & decisions.c.user_id.is_not(None)
    key = (decisions.c.user_id, decisions.c.for_date)
    nth = sa.func.row_number().over(partition_by=key, order_by=decisions.c.again.desc()).label("nth")
    last = sa.select(*(decisions.c[name] for name in columns), nth).where(mine).subquery()
    drawn = last.c.reason.is_(None) | last.c.reason.not_in(REFUSALS)
    found = sa.select(*(last.c[name] for name in columns[:-1])).where(last.c.nth == 1, drawn)
    yield from connection.execute(found.order_by(last.c.user_id, last.c.for_date))


def n_erased(connection: sa.Connection, campaign_id: str) -> int:
    """Decisions of which nobody knows any more whose they were: their users asked to be forgotten."""
    mine = (decisions.c.campaign_id == campaign_id) & decisions.c.user_id.is_(None)
    return int(connection.execute(sa.select(sa.func.count()).select_from(decisions).where(mine)).scalar_one())


def given(connection: sa.Connection, campaign_id: str, before: datetime) -> Given:
    """From the entries recorded before the moment: redemptions, less what was taken back, whole or in part."""
    mine = (entries.c.campaign_id == campaign_id) & (entries.c.at < before)
    sums = sa.select(entries.c.kind, sa.func.sum(entries.c.amount_cents).label("cents"), sa.func.count().label("n"))
    moved = {
        row.kind: row
        for row in connection.execute(
            sums.where(mine, entries.c.kind.in_(("redeem", "reverse"))).group_by(entries.c.kind)
        )
    }
    cents = {kind: int(row.cents) for kind, row in moved.items()}
    products = sa.select(coupons.c.product_id).where(coupons.c.campaign_id == campaign_id).distinct()
    return Given(
        cents.get("redeem", 0) - cents.get("reverse", 0),
        int(moved["redeem"].n) if "redeem" in moved else 0,
        frozenset(connection.execute(products).scalars()),
        _redeemers(connection, mine),
    )


def _redeemers(connection: sa.Connection, mine: sa.ColumnElement[bool]) -> tuple[tuple[str, str], ...]:
    kinds = ("redeem", "reverse")
    found = sa.select(coupons.c.user_id, entries.c.kind, entries.c.amount_cents, entries.c.seq).where(
        mine, entries.c.kind.in_(kinds), coupons.c.offer_id == entries.c.offer_id, coupons.c.user_id.is_not(None)
    )
    moves: dict[str, list[str]] = {}
    for row in connection.execute(found.order_by(entries.c.seq)):
        moves.setdefault(row.user_id, []).append(f"{row.seq} {row.kind} {row.amount_cents}")
    return tuple((user, " ".join(each)) for user, each in moves.items())
