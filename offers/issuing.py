"""Issuing: decisions recorded and coupons put into the world, one transaction a batch.

A decision is unique for (campaign, date, user, how often it was made before), so planning the same date again issues nothing
twice, whoever planned first and wherever it broke off. Sequence numbers of coupons are given under a lock held until commit: a
reader who sees number n sees every number below it, which is what lets a cursor never skip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.book import Coupon
from offers.chain import Head, Stamp, append
from offers.commands import Entry, Issue, Refusal
from offers.database import LedgerError
from offers.decisions import decided_of, decision_row, digest_of
from offers.drafts import Decision, Issued
from offers.issued_terms import Token, coupon_row, terms_of
from offers.journal import COUPON_FIELDS, read_heads, read_stores
from offers.ledger import decide
from offers.opening import lock_issuing
from offers.promising import Promising
from offers.tables import coupons, decisions


def issue(
    connection: sa.Connection, campaign_id: str, batch: Sequence[Decision], now: datetime, token: Token
) -> Issued:
    """Record the decisions and issue their coupons as far as the rules allow; one refused is recorded as not sent.

    `batch`: at most a thousand, at most one decision a user and date. Raises LedgerError for an unopened campaign.
    """
    seq = lock_issuing(connection)
    heads = read_heads(connection, [campaign_id], lock=True)
    if campaign_id not in heads:
        raise LedgerError(f"campaign {campaign_id} has no account; plan it once to open it")
    decided = decided_of(connection, campaign_id, batch)
    fresh = [d for d in batch if decided.get((d.user_id, d.for_date.isoformat()), -1) < d.again]
    promising = Promising(connection, heads, campaign_id, {d.user_id for d in fresh if d.terms}, now)
    stores = read_stores(connection, {d.terms.store_id for d in fresh if d.terms})
    refused = Counter[str]()
    coupon_rows: list[dict[str, Any]] = []
    decision_rows: list[dict[str, Any]] = []
    links: list[tuple[Entry, str | None, Stamp]] = []
    for decision in sorted(fresh, key=lambda decision: (decision.for_date, decision.user_id)):
        decision_id = f"dec_{token(12).hex()}"
        if decision.terms is not None:
            row = coupon_row(decision, decision.terms, campaign_id, decision_id, stores, token)
            row["seq"] = seq + len(coupon_rows) + 1
            coupon = Coupon(**{name: row[name] for name in COUPON_FIELDS})
            result = decide(promising.book(coupon, row["window_day"], stores.get(coupon.store_id)), Issue(), now)
            if isinstance(result, Refusal):
                refused[result.reason] += 1
                decision = replace(decision, sent_arm=0, reason=result.reason, terms=None)
            else:
                promising.promise(coupon, row["window_day"])
                links.append((result, decision_id, Stamp("planner", None, terms_of(row))))
                coupon_rows.append(row)
        decision_rows.append(decision_row(decision, decision_id, campaign_id, now))
    _keep(connection, heads[campaign_id], links, coupon_rows, decision_rows, now)
    return Issued(len(coupon_rows), len(decision_rows), len(batch) - len(fresh), dict(refused))


def _keep(
    connection: sa.Connection,
    head: Head,
    links: list[tuple[Entry, str | None, Stamp]],
    coupon_rows: list[dict[str, Any]],
    decision_rows: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Write a batch: its issue entries, then the entry that seals its decisions."""
    if decision_rows:
        said = Entry("decide", None, head.account.campaign_id, None, None, 0, now, now)
        links.append((said, None, Stamp("planner", None, {"decisions": digest_of(decision_rows)})))
    head = append(connection, head, links)
    if coupon_rows:
        lock_issuing(connection, len(coupon_rows))
        connection.execute(sa.insert(coupons), coupon_rows)
    if decision_rows:
        connection.execute(sa.insert(decisions), [{**row, "entry_seq": head.seq} for row in decision_rows])
