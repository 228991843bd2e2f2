"""Pulling: offers due in a window, page by page, each leased to the scheduler it is handed to.

`offers.cursor` says which offers a pass covers, `offers.sending` whether one may be sent now. A scheduler's own leases don't
hide its offers from it, so an answer that was lost can be asked for again; nobody else gets them until the lease runs out.
Pulls come one after the other, so that two of them don't send one user a message too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from offers import cursor
from offers.answers import Offer, Page
from offers.cursor import Place
from offers.delivery import OFFERS, offer_of
from offers.journal import Journal
from offers.messages import Messages
from offers.sending import Sending, Verdict, verdict
from offers.tables import accounts, counters, coupons
from offers.text import retold
from offers.till import Stock
from offers.unsent import Units, sendable, withdraw

_LOCK_PULLS = sa.text("SELECT pg_advisory_xact_lock(7161127489)")
_LAST = sa.select(counters.c.value).where(counters.c.name == "offers")
_CAMPAIGNS = sa.select(accounts.c.campaign_id, accounts.c.stopped, accounts.c.quiet_from, accounts.c.quiet_until)
_MINE = coupons.c.offer_id == sa.bindparam("of_offer")
_LEASED: dict[str, Any] = {name: sa.bindparam(name) for name in ("leased_to", "leased_at", "wait_until")}
_LEASE = sa.update(coupons).where(_MINE).values(_LEASED)


@dataclass(frozen=True)
class Due:
    """What is asked for: offers with `from_` <= send_at < `to`, at most `limit`, by one scheduler."""

    from_: datetime
    to: datetime
    limit: int
    cursor: str | None = None
    scheduler: str = ""

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Half-open."""
        return self.from_, self.to


def pull(journal: Journal, due: Due, stock: Stock | None, sending: Sending, now: datetime) -> Page:
    """A page, its offers leased; those of the page that can't be used any more are withdrawn. At most `limit` offers are looked
    at, so a page may hold fewer while `more` is true. Raises CursorError, LedgerError."""
    units = None
    if stock is not None:
        # Asked before anything is locked: whoever answers may be slow.
        with journal.read() as connection:
            rows, _, _ = _walk(connection, due, now, lock=False)
        units = {kind: stock(*kind) for kind in {(row.store_id, row.product_id) for row in rows}}
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
    rows, place, more = _walk(connection, due, now, lock=True)
    now = place.clock(now)
    until = now + timedelta(seconds=sending.lease_s)
    moves, offers, dropped = [], list[Offer](), []
    for row, found in _judged(connection, rows, units, sending, now):
        move = {"of_offer": row.offer_id, "leased_to": None, "leased_at": None, "wait_until": until}
        if found.act == "send":
            move |= {"leased_to": due.scheduler, "leased_at": now}
            offers.append(_told(row, found.at))
        elif found.act == "wait":
            move["wait_until"] = found.at
        else:
            # It waits too: should its withdrawal fail, it comes again.
            dropped.append((row.code, found.why))
        moves.append(move)
    if moves:
        connection.execute(_LEASE, moves)
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


def _walk(connection: sa.Connection, due: Due, now: datetime, *, lock: bool) -> tuple[Sequence[Any], Place, bool]:
    """(offers of one pass in order, the place behind them, whether there are more to look at)."""
    place = cursor.read(due.cursor, due.window)
    last = int(connection.execute(_LAST).scalar_one())
    if not place.begun:
        place = place.begin(last, now)
    rows = _offers(connection, due, place, lock)
    if len(rows) >= due.limit:
        return rows, place.after(rows[-1].send_at, rows[-1].seq), True
    return rows, place.end(), last > place.high


def _offers(connection: sa.Connection, due: Due, place: Place, lock: bool) -> Sequence[Any]:
    wait, mine = coupons.c.wait_until, coupons.c.leased_to == due.scheduler
    since, until = cursor.moment_of(place.since), cursor.moment_of(place.until)
    fresh = (coupons.c.seq > place.low) & (wait.is_(None) | (wait <= until) | mine)
    again = (wait > since) & (wait <= until) | (mine & (coupons.c.leased_at > until))
    raw = sa.type_coerce(coupons.c.send_at, sa.BigInteger)
    # Compared as a pair, which the index on (send_at, seq) answers without walking what was seen already.
    after = sa.tuple_(raw, coupons.c.seq) > sa.tuple_(place.at, place.seq)
    query = (
        OFFERS.where(coupons.c.send_at >= due.from_, coupons.c.send_at < due.to, coupons.c.seq <= place.high, after)
        .where(coupons.c.delivery.is_(None), coupons.c.state.in_(("issued", "held")), fresh | again)
        .order_by(coupons.c.send_at, coupons.c.seq)
        .limit(due.limit)
    )
    return connection.execute(query.with_for_update(of=coupons) if lock else query).all()


def _told(row: Any, at: datetime) -> Offer:
    """The offer with its words as of the message's moment."""
    offer = offer_of(row)
    return replace(offer, text=retold(offer.text, offer.valid_from, offer.send_at, at))
