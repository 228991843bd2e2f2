"""Offers that nobody has sent yet: as the rules of sending see them, and swept of those that can't be used any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.acts import Act
from offers.answers import Answer, Ask
from offers.delivery import OFFERS
from offers.group import MOST
from offers.journal import Journal
from offers.sending import Sendable, lost
from offers.slots import Store
from offers.tables import accounts, coupons
from offers.till import Stock, carry_out

ACTOR = "system"
BATCH = 1000
Units = Mapping[tuple[str, str], int | None]
"""(store, product) to units in stock, None when unknown."""


def sendable(row: Any, campaign: Any, units: Units | None) -> Sendable:
    """A row of `delivery.OFFERS` and its campaign's account as the rules see them."""
    store = Store(row.store_id, row.timezone, row.opens, row.closes, row.closed_days) if row.timezone else None
    quiet = None if campaign.quiet_from is None else (campaign.quiet_from, campaign.quiet_until)
    held = row.held_until if row.state == "held" else None
    in_stock = units.get((row.store_id, row.product_id)) if units else None
    return Sendable(row.send_at, row.valid_from, row.valid_until, held, store, quiet, campaign.stopped, in_stock)


def withdraw(journal: Journal, found: Sequence[tuple[str, str]], now: datetime) -> Counter[str]:
    """Withdraw coupons, (code, why) each, many in a transaction; how many by reason. One used meanwhile stays as it is."""
    done = Counter[str]()
    for start in range(0, len(found), MOST):
        part = found[start : start + MOST]
        acts = [Act("withdraw", code, Ask(actor=ACTOR), None, now, why=why) for code, why in part]
        told = zip(part, carry_out(journal, acts, None), strict=True)
        done.update(why for (_, why), answer in told if isinstance(answer, Answer) and answer.ok)
    return done


def sweep(journal: Journal, stock: Stock | None, now: datetime) -> Counter[str]:
    """Withdraw every offer that nobody has sent and nobody can use: sold out, store closed, window over, campaign stopped.

    What has been sent, or may be by the scheduler it is leased to, stays: its user was promised something, and the till asks for
    stock again. How many were withdrawn, by reason.
    """
    done, last = Counter[str](), 0
    free = (coupons.c.state == "issued") & (coupons.c.leased_to.is_(None) | (coupons.c.wait_until <= now))
    while True:
        unsent = (coupons.c.seq > last) & coupons.c.delivery.is_(None) & free
        page = OFFERS.where(unsent).order_by(coupons.c.seq).limit(BATCH)
        with journal.read() as connection:
            rows = connection.execute(page).all()
            campaigns = {row.campaign_id: row for row in connection.execute(sa.select(accounts))}
        if not rows:
            return done
        last = rows[-1].seq
        kinds = {(row.store_id, row.product_id) for row in rows}
        units = {kind: stock(*kind) for kind in kinds} if stock else None
        whys = [(row.code, lost(sendable(row, campaigns[row.campaign_id], units), now)) for row in rows]
        done += withdraw(journal, [(code, why) for code, why in whys if why is not None], now)
