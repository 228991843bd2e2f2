"""Pulling: offers due in a window, page by page, each leased to the scheduler it is handed to.

`offers.cursor` says which offers a pass covers, `offers.sending` whether one may be sent now. A scheduler's own leases don't
hide its offers from it, so an answer that was lost can be asked for again; nobody else gets them until the lease runs out.
Pulls come one after the other, so that two of them don't send one user a message too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from offers import cursor
from offers.answers import Offer, Page
from offers.delivery import offer_of
from offers.due import Due, walk
from offers.journal import Journal
from offers.messages import Messages
from offers.sending import Sending, Verdict, verdict
from offers.tables import accounts, coupons
from offers.text import retold
from offers.till import Stock
from offers.unsent import Units, sendable, withdraw

_LOCK_PULLS = sa.text("SELECT pg_advisory_xact_lock(7161127489)")
_CAMPAIGNS = sa.select(accounts.c.campaign_id, accounts.c.stopped, accounts.c.quiet_from, accounts.c.quiet_until)
_TERMS: dict[str, Any] = {name: sa.bindparam(name) for name in ("leased_to", "leased_at", "wait_until")}
_HAND = sa.update(coupons).where(coupons.c.offer_id.in_(sa.bindparam("offers", expanding=True))).values(_TERMS)
_WAIT = sa.update(coupons).where(coupons.c.offer_id == sa.bindparam("of_offer")).values(_TERMS)


def pull(journal: Journal, due: Due, stock: Stock | None, sending: Sending, now: datetime) -> Page:
    """A page, its offers leased; those of the page that can't be used any more are withdrawn. At most `limit` offers are looked
    at, so a page may hold fewer while `more` is true. Raises CursorError, LedgerError."""
    with journal.read() as connection:
        shelves, place, more = walk(connection, due, now, lock=False)
    if not shelves:
        # Most of the time a scheduler that asks again and again finds nothing, and disturbs nobody.
        until = place.clock(now) + timedelta(seconds=sending.lease_s)
        return Page((), cursor.written(due.window, place), more, until)
    # Stock is asked for before anything is locked: whoever answers may be slow.
    units = {kind: stock(*kind) for kind in set(map(tuple, shelves))} if stock is not None else None
    with journal.write() as connection:
        page, dropped = lease(connection, due, units, sending, now)
    withdraw(journal, dropped, now)
    return page


def lease(
    connection: sa.Connection, due: Due, units: Units | None, sending: Sending, now: datetime
) -> tuple[Page, list[tuple[str, str]]]:
    """A page, and (code, why) of offers to be withdrawn."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_PULLS)
    rows, place, more = walk(connection, due, now, lock=True)
    now = place.clock(now)
    until = now + timedelta(seconds=sending.lease_s)
    offers, waiting, dropped = list[Offer](), list[dict[str, Any]](), list[tuple[str, str]]()
    for row, found in _judged(connection, rows, units, sending, now):
        if found.act == "send":
            offers.append(_told(row, found.at))
            continue
        # What is to be withdrawn waits too: should its withdrawal fail, it comes again.
        wait = found.at if found.act == "wait" else until
        waiting.append({"of_offer": row.offer_id, "leased_to": None, "leased_at": None, "wait_until": wait})
        dropped += [(row.code, found.why)] if found.act == "withdraw" else []
    if offers:
        lease = {"leased_to": due.scheduler, "leased_at": now, "wait_until": until}
        connection.execute(_HAND, {"offers": [offer.offer_id for offer in offers], **lease})
    if waiting:
        connection.execute(_WAIT, waiting)
    return Page(tuple(offers), cursor.written(due.window, place), more, until), dropped


def _judged(
    connection: sa.Connection, rows: Sequence[Any], units: Units | None, sending: Sending, now: datetime
) -> list[tuple[Any, Verdict]]:
    messages = Messages(connection, {row.user_id for row in rows if row.user_id}, now, sending.gap_s)
    names = {row.campaign_id for row in rows}
    found = connection.execute(_CAMPAIGNS.where(accounts.c.campaign_id.in_(names))) if names else ()
    campaigns = {row.campaign_id: row for row in found}
    judged = []
    for row in rows:
        offer = sendable(row, campaigns[row.campaign_id], units)
        said = verdict(offer, messages.others(row.user_id, row.offer_id), sending, now)
        if said.act == "send":
            messages.add(row.user_id, row.offer_id, said.at)
        judged.append((row, said))
    return judged


def _told(row: Any, at: datetime) -> Offer:
    """The offer with its words as of the message's moment."""
    offer = offer_of(row)
    words = retold(offer.text, offer.valid_from, offer.send_at, at)
    return offer if words == offer.text else replace(offer, text=words)
