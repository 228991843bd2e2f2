"""Issuing: decisions recorded and coupons put into the world, one transaction a batch.

A decision is unique for (campaign, date, user), so planning the same date again issues nothing twice, whoever planned
first and wherever it broke off. Sequence numbers of coupons are given under a lock held until commit: a reader who sees
number n sees every number below it, which is what lets a cursor never skip.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.book import Book, Coupon, Facts
from offers.chain import Stamp, append
from offers.codes import new_code
from offers.commands import Issue, Refusal
from offers.decisions import decided_of, decision_row
from offers.drafts import Decision, Issued, Terms
from offers.journal import read_account, store_of
from offers.ledger import decide
from offers.opening import lock_issuing
from offers.slots import Store, is_open, local_day
from offers.tables import coupons, decisions

Token = Callable[[int], bytes]
"""n to n unguessable bytes: `secrets.token_bytes`."""
TERMS = (
    "product_id",
    "store_id",
    "discount_cents",
    "price_cents",
    "floor_cents",
    "currency",
    "valid_from",
    "valid_until",
)
"""Columns of a coupon that its issue entry repeats, so the chain covers them."""


def issue(
    connection: sa.Connection, campaign_id: str, batch: Sequence[Decision], now: datetime, token: Token
) -> Issued:
    """Record the decisions and issue their coupons as far as the rules allow; one refused is recorded as not sent.

    `batch`: at most a thousand, at most one decision a user and date. Raises LedgerError for an unopened campaign.
    """
    seq = lock_issuing(connection)
    head = read_account(connection, campaign_id, now, lock=True, promises=True)
    decided = decided_of(connection, campaign_id, batch)
    fresh = [decision for decision in batch if (decision.user_id, decision.for_date.isoformat()) not in decided]
    taken = _issued_before(connection, campaign_id, fresh)
    clocks = {name: store_of(connection, name) for name in {d.terms.store_id for d in fresh if d.terms}}
    account, refused = head.account, Counter[str]()
    coupon_rows: list[dict[str, Any]] = []
    decision_rows, links = [], []
    for decision in sorted(fresh, key=lambda decision: (decision.for_date, decision.user_id)):
        decision_id = f"dec_{token(12).hex()}"
        if decision.terms is not None:
            row = _coupon_row(decision, decision.terms, campaign_id, decision_id, clocks, token)
            coupon = _as_coupon(row)
            facts = _facts(row, clocks[coupon.store_id], taken[decision.user_id, row["window_day"]])
            result = decide(Book(coupon, account, facts), Issue(), now)
            if isinstance(result, Refusal):
                refused[result.reason] += 1
                decision = replace(decision, sent_arm=0, reason=result.reason, terms=None)
            else:
                account = replace(account, promised_cents=account.promised_cents + coupon.expected_cents)
                taken[decision.user_id, row["window_day"]] += 1
                links.append((result, decision_id, Stamp("planner", None, terms_of(row))))
                coupon_rows.append({**row, "seq": seq + len(coupon_rows) + 1})
        decision_rows.append(decision_row(decision, decision_id, campaign_id, now))
    append(connection, head, links)
    if coupon_rows:
        lock_issuing(connection, len(coupon_rows))
        connection.execute(sa.insert(coupons), coupon_rows)
    if decision_rows:
        connection.execute(sa.insert(decisions), decision_rows)
    return Issued(len(coupon_rows), len(decision_rows), len(batch) - len(fresh), dict(refused))


def terms_of(row: Any) -> list[Any]:
    """The terms an issue entry repeats, as JSON values; `row` is a mapping with the columns of `coupons`."""
    return [value.timestamp() if isinstance(value, datetime) else value for value in (row[name] for name in TERMS)]


def _issued_before(connection: sa.Connection, campaign_id: str, batch: Iterable[Decision]) -> Counter[tuple[str, str]]:
    """Coupons of the campaign by (user, local day of the window), withdrawn ones left out."""
    users = {d.user_id for d in batch if d.terms}
    mine = (coupons.c.campaign_id == campaign_id) & coupons.c.user_id.in_(users) & (coupons.c.state != "released")
    found = sa.select(coupons.c.user_id, coupons.c.window_day).where(mine)
    return Counter((row.user_id, row.window_day) for row in connection.execute(found))


def _facts(row: dict[str, Any], store: Store | None, user_today: int) -> Facts:
    return Facts(is_open(store, row["valid_from"]) if store else None, None, user_today)


def _as_coupon(row: dict[str, Any]) -> Coupon:
    return Coupon(**{name: row[name] for name in Coupon.__dataclass_fields__})


def _coupon_row(
    decision: Decision, terms: Terms, campaign_id: str, decision_id: str, clocks: dict[str, Store | None], token: Token
) -> dict[str, Any]:
    store = clocks[terms.store_id]
    plain = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    day = local_day(store, terms.valid_from) if store else terms.valid_from.date()
    return {
        **plain,
        "offer_id": f"off_{token(12).hex()}",
        "code": new_code(token),
        "campaign_id": campaign_id,
        "decision_id": decision_id,
        "user_id": decision.user_id,
        "window_day": day.isoformat(),
        "text": json.dumps(dict(terms.text), ensure_ascii=False),
        "state": "issued",
        "order_id": None,
        "held_until": None,
    }
