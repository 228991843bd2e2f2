"""The world of the ledger's yardsticks: one campaign, one store that never closes, one coupon a user, a latte each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from offers.answers import Answer, Ask
from offers.book import Line
from offers.campaign import Budget, Campaign, Depth, Limits, Send
from offers.desk import Desk
from offers.drafts import NOTHING, Arm, Decision, Terms
from offers.journal import Journal
from offers.slots import Store
from offers.tables import coupons
from offers.verify import verify

CAMPAIGN_ID, STORE_ID, PRODUCT_ID = "bench", "bench-store", "latte"
STORE = Store(STORE_ID, "UTC")
PRICE_CENTS, DISCOUNT_CENTS, FLOOR_CENTS, EXPECTED_CENTS = 450, 100, 300, 10
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
"""The moment of whatever isn't asked over HTTP."""
BATCH = 1000
"""Most decisions that the desk issues at once."""


class Broken(Exception):
    """A measured redemption was refused, or the journal isn't whole afterwards: no figure is worth that."""


def open_desk(url: str, now: datetime = NOW) -> Desk:
    """A desk on `url` with the campaign open, and money without end."""
    desk = Desk(Journal(url))
    open_campaign(desk, CAMPAIGN_ID, 10**11, now)
    return desk


def open_campaign(desk: Desk, campaign_id: str, granted_cents: int, now: datetime = NOW) -> None:
    """A campaign without a reserve, what is granted can be promised; and without a quiet time."""
    budget = Budget(granted_cents=granted_cents, reserve_share=0.0)
    depth, limits = Depth(ladder_cents=(DISCOUNT_CENTS,)), Limits(per_user_day=1000)
    always = Send(quiet_from="00:00", quiet_until="00:00")
    desk.open(Campaign(id=campaign_id, budget=budget, depth=depth, limits=limits, send=always), [STORE], now)


def decision(user_id: str, now: datetime = NOW) -> Decision:
    """One coupon for the user, good from an hour before `now` to a day after."""
    terms = Terms(
        product_id=PRODUCT_ID, store_id=STORE_ID, discount_cents=DISCOUNT_CENTS, price_cents=PRICE_CENTS,
        floor_cents=FLOOR_CENTS, expected_cents=EXPECTED_CENTS, currency="USD", send_at=now - timedelta(hours=2),
        valid_from=now - timedelta(hours=1), valid_until=now + timedelta(days=1), text={"en": "Latte −$1.00"},
    )  # fmt: skip
    arms = (NOTHING, Arm(PRODUCT_ID, DISCOUNT_CENTS, 0.2, 5.0, float(EXPECTED_CENTS)))
    return Decision(user_id, now.date(), arms, 1, 1, 0.95, model_version="bench", feature_version="bench", terms=terms)


def issue(desk: Desk, users: Sequence[str], now: datetime = NOW, campaign_id: str = CAMPAIGN_ID) -> list[str]:
    """A coupon for every user, through the desk; their codes in the order of the users."""
    for start in range(0, len(users), BATCH):
        batch = [decision(user, now) for user in users[start : start + BATCH]]
        issued = desk.issue(campaign_id, batch, now)
        if issued.n_issued != len(batch):
            raise Broken(f"{issued.n_issued} of {len(batch)} coupons were issued: {dict(issued.refused)}")
    find = sa.select(coupons.c.user_id, coupons.c.code).where(coupons.c.campaign_id == campaign_id)
    with desk.journal.read() as connection:
        known = dict(connection.execute(find).tuples().all())
    return [known[user] for user in users]


def ask(order_id: str) -> Ask:
    """A latte at the till of the store."""
    return Ask(STORE_ID, order_id, (Line(PRODUCT_ID, 1, PRICE_CENTS),), till_id="till-1", actor="bench")


def redeem(desk: Desk, code: str, now: datetime = NOW) -> None:
    """Redeem under an order and a key of its own. Raises Broken when it is refused."""
    _paid(code, desk.redeem(code, ask(f"order-{code}"), f"key-{code}", now))


async def redeem_later(desk: Desk, code: str) -> None:
    """The same from an event loop."""
    _paid(code, await desk.begin("redeem", code, ask(f"order-{code}"), f"key-{code}", NOW))


def _paid(code: str, answer: Answer) -> None:
    if not answer.ok:
        raise Broken(f"coupon {code} was refused: {answer.body['reason']}, {answer.body['detail']}")


def close_whole(desk: Desk) -> None:
    """Close the journal. Raises Broken unless it verifies."""
    faults = verify(desk.journal)
    desk.journal.close()
    if faults:
        raise Broken(f"{len(faults)} differences in the journal after the run, the first: {faults[0]}")
