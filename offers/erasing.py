"""Erasing a person from the journal: coupons and decisions are nobody's from now on, and every sum stays.

No entry names a person, so no chain changes: `verify` asks only that a coupon and its decision name the same one, or nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from offers.database import plain_errors
from offers.journal import Journal
from offers.tables import coupons, decisions
from offers.unsent import withdraw

_ASKED = 5000
ERASED, NO_CONSENT = "erased", "no_consent"
"""Why an offer was withdrawn, as its entry says."""


def withdraw_open(journal: Journal, user_ids: Sequence[str], why: str, now: datetime) -> int:
    """Withdraw every coupon of theirs that was not used, sent or not; how many. One under a till's hold stays its order's."""
    codes, wanted = list[str](), sa.select(coupons.c.code).where(coupons.c.state.in_(("issued", "held")))
    with journal.read() as connection:
        for at in range(0, len(user_ids), _ASKED):
            some = coupons.c.user_id.in_(user_ids[at : at + _ASKED])
            codes += connection.execute(wanted.where(some).order_by(coupons.c.seq)).scalars()
    return sum(withdraw(journal, [(code, why) for code in codes], now).values())


def empty_log(engine: sa.Engine) -> None:
    """Bring SQLite's write-ahead log into the file and empty it, so that what was erased isn't read from there. Where somebody
    reads at the moment, the next one does it. Raises LedgerError."""
    if engine.dialect.name == "sqlite":
        with plain_errors(engine.url), engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def make_old_nobodys(connection: sa.Connection, before: date) -> int:
    """Take the name off decisions for days before this one, and off their coupons; how many decisions."""
    old = (decisions.c.for_date < before.isoformat()) & decisions.c.user_id.is_not(None)
    theirs = coupons.c.decision_id.in_(sa.select(decisions.c.decision_id).where(old))
    connection.execute(sa.update(coupons).where(theirs).values(user_id=None))
    return connection.execute(sa.update(decisions).where(old).values(user_id=None)).rowcount


def make_nobodys(connection: sa.Connection, user_ids: Sequence[str]) -> dict[str, int]:
    """Take the name off coupons and decisions; how many of each."""
    found = {}
    for table in (coupons, decisions):
        named = sa.update(table).where(table.c.user_id.in_(user_ids)).values(user_id=None)
        found[table.name] = connection.execute(named).rowcount
    return found
