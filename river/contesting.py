"""Receipts that were claimed, beside the lake: a ticket whose lines name another is theirs, and the claim waits for a ruling.

Nobody's lines ever moved by such a claim (`training.persons`): those that name somebody stay theirs. But a person would be known
by a receipt that isn't theirs, and what names nobody on it would be counted as theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk


def contest_claims(settings: Settings, desk: Desk, now: datetime) -> int:
    """Take the lake's word on whose each claimed ticket is, as evidence of the purchase; how many claims it is news to.

    Raises LedgerError, DataError.
    """
    import polars as pl

    from people.directory import claimed, names_of
    from people.evidence import link
    from people.identity import receipt
    from people.registry import take
    from people.secret import References
    from people.telling import micros
    from training.lake import read_events
    from training.parts import parts

    with desk.journal.read() as connection:
        claims = claimed(connection)
    if not claims or not parts(settings.lake):
        return 0
    tickets = pl.DataFrame(claims, dict.fromkeys(("store_id", "order_id", "claimer"), pl.String), orient="row")
    columns = ("store_id", "order_id", "user_id", "event_id", "occurred_at")
    lines = read_events(settings.lake, types=["purchase"], columns=columns).join(tickets.lazy(), on=columns[:2])
    rows = lines.filter(pl.col.user_id.is_not_null()).sort("occurred_at", "event_id").collect()
    references, told = References(settings.identity_secret), {}
    with desk.journal.write() as connection:
        for store_id, order_id, owner, event_id, at, claimer in rows.iter_rows():
            reference = references.of(receipt(store_id, order_id))
            if reference not in told and owner not in names_of(connection, claimer):
                told[reference] = link(reference, owner, "event", event_id, micros(at))
        return take(connection, told.values(), "features", micros(now))
