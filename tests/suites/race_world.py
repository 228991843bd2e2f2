"""What is raced for: campaigns with a coupon a user, the calls that tills make on them, and the judge who reads the journal
afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from offers.book import Line
from offers.desk import Desk
from offers.journal import Journal
from offers.slots import Store
from offers.tables import answers, coupons, entries
from offers.verify import verify
from tests.offers.desk_world import AT, DAY, PLANNED, SOHO, ask, campaign, decision
from tests.suites.racing import Call, Told, insist

# At the moment of the races it is Tuesday in New York and Wednesday in Auckland.
AUCKLAND = Store("auckland", "Pacific/Auckland")
ACTS = ("hold", "redeem", "release", "reverse", "token", "overpay", "refused")
LATTES = 37
"""Units in a partial return: 100 cents don't divide by them."""


def issued(
    url: str,
    n: int,
    granted: int,
    *,
    id: str = "c",
    users: int | None = None,
    auckland: bool = False,
    budget: dict[str, int] | None = None,
    **limits: Any,
) -> list[Any]:
    """Rows of `n` coupons of 100 cents in a campaign of their own, one a user or shared by `users`.

    `auckland`: every other one is for the store there. Limits hold from after the issue, which would keep to them too.
    """
    journal = Journal(url)
    desk = Desk(journal)
    wide = msgspec.structs.replace(campaign(granted, reserve=0, per_user_day=1000), id=id)
    desk.open(wide, [SOHO, AUCKLAND], PLANNED)
    stores = (SOHO, AUCKLAND) if auckland else (SOHO,)
    batch = [
        decision(
            f"u{number % (users or n):03d}",
            DAY + timedelta(days=number // (users or n)),
            store_id=stores[number % len(stores)].store_id,
            expected_cents=0,
        )
        for number in range(n)
    ]
    assert desk.issue(id, batch, PLANNED).n_issued == n
    limited = campaign(granted, reserve=0, **{"per_user_day": 1000, **limits})
    limited = msgspec.structs.replace(limited, id=id, budget=msgspec.structs.replace(limited.budget, **budget or {}))
    desk.open(limited, [SOHO, AUCKLAND], PLANNED)
    with journal.read() as connection:
        found = sa.select(coupons).where(coupons.c.campaign_id == id).order_by(coupons.c.seq)
        rows = connection.execute(found).all()
    journal.close()
    return list(rows)


def call(verb: str, code: str, order_id: str, **told: Any) -> Call:
    """A call of a till, whose key is the order's unless `key` is told."""
    key = told.pop("key", f"{verb} {order_id}")
    if verb == "settle":
        # A sale is its own key.
        key = f"settle:{code}:{order_id}"
    if verb == "withdraw":
        key = None
    return Call(verb, code, ask(order_id=order_id, **told), key)


def redeemed(url: str, coupons: Sequence[Any], units: int = 1) -> Sequence[Any]:
    """The coupons, each redeemed by an order of so many lattes that is called like its offer."""
    journal = Journal(url)
    desk = Desk(journal)
    for coupon in coupons:
        sale = ask(order_id=coupon.offer_id, lines=(Line("latte", units),))
        assert desk.redeem(coupon.code, sale, f"sold {coupon.code}", AT).ok
    journal.close()
    return coupons


def back(coupon: Any, key: str, units: int | None = None) -> Call:
    """Bring lattes of a redeemed coupon's order back: so many, or whatever is left."""
    lines = None if units is None else (Line("latte", units),)
    return call("reverse", coupon.code, coupon.offer_id, key=f"back {coupon.code} {key}", lines=lines)


def tally(told: Iterable[Told]) -> dict[str, int]:
    """How often each outcome was told."""
    return dict(Counter(one.outcome for one in told))


class Judge:
    """Reads the journal after a race."""

    def __init__(self, url: str) -> None:
        self.journal = Journal(url)
        with self.journal.read() as connection:
            chain = sa.select(entries).order_by(entries.c.campaign_id, entries.c.seq)
            self.entries = connection.execute(chain).all()
            self.answers = {row.key: row for row in connection.execute(sa.select(answers))}
        self._entry = {(row.campaign_id, row.seq): row for row in self.entries}

    def close(self) -> None:
        self.journal.close()

    def verified(self) -> list[str]:
        """What verify finds."""
        return verify(self.journal)

    def ask_again(self, again: Call) -> tuple[str, str | None]:
        """A call made once more, alone: its outcome and its bytes."""
        outcome, body, *_ = insist(Desk(self.journal), again, True)
        return outcome, body

    def spent(self) -> int:
        """Cents the entries have paid and not taken back."""
        return sum({"redeem": 1, "reverse": -1}.get(row.kind, 0) * row.amount_cents for row in self.entries)

    def cents(self, kind: str) -> int:
        """Cents of all entries of a kind."""
        return sum(row.amount_cents for row in self.entries if row.kind == kind)

    def taken_by(self, column: str) -> Counter[Any]:
        """Redemptions and holds by a column of their coupons or entries, or all together."""
        both = sa.select(coupons.c.user_id, coupons.c.offer_id)
        with self.journal.read() as connection:
            users = {row.offer_id: row.user_id for row in connection.execute(both)}
        taken = [row for row in self.entries if row.kind in ("hold", "redeem")]
        return Counter(users[row.offer_id] if column == "user_id" else getattr(row, column, column) for row in taken)

    def of(self, offer_id: str) -> list[Any]:
        """The entries of an offer that changed something, in order."""
        return [row for row in self.entries if row.offer_id == offer_id and row.kind not in ("issue", "refused")]

    def lost(self, heard: Sequence[Told]) -> list[str]:
        """Answers that a racer got and the journal doesn't know as such, and entries whose answer nobody ever got."""
        faults = []
        told = [one for one in heard if one.key is not None and one.body is not None]
        for one in told:
            row = self.answers.get(one.key)
            if row is None or row.body != one.body or row.ok != (one.outcome == "done"):
                faults.append(f"{one}: the journal keeps {row}")
                continue
            entry, body = self._entry[row.campaign_id, row.seq], json.loads(row.body)
            said = body["kind"] if row.ok else "refused"
            if entry.kind != said or (not row.ok and entry.reason != one.outcome):
                faults.append(f"{one}: its entry is {entry}")
            if row.ok and body["entry_id"] != f"{row.campaign_id}:{row.seq}":
                faults.append(f"{one}: another entry's answer")
        # What `redeemed` sold before the race, racers needn't have heard of.
        unheard = {key for key in self.answers if not key.startswith("sold ")} - {one.key for one in told}
        answered = {(row.campaign_id, row.seq) for row in self.answers.values()}
        acts = [row for row in self.entries if row.kind in ACTS]
        silent = [row for row in acts if (row.campaign_id, row.seq) not in answered and "withdraw" not in row.detail]
        return (
            faults + [f"nobody heard of {key}" for key in sorted(unheard)] + [f"no answer to {row}" for row in silent]
        )


def held_and_paid(chain: Sequence[Any]) -> int:
    """How often an offer's entries pay it. AssertionError when what one order holds is another's."""
    holder, paid = None, 0
    for row in chain:
        free = (None,) if row.kind in ("hold", "redeem") else ()
        if row.kind in ("hold", "redeem", "release"):
            assert holder in (*free, row.order_id), f"{row.kind} by {row.order_id}, held by {holder}"
        holder = row.order_id if row.kind == "hold" else None
        paid += row.kind == "redeem"
    return paid
