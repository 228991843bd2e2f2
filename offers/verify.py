"""Replaying the journal: every entry hashed and followed again, and what is stored compared with what must be.

An altered, missing or added entry breaks its campaign's chain; an altered sum, limit, coupon, answer or waiting event differs
from the replay. The chain's last hash stands in the account only: who can rewrite both can rewrite history, so note it
elsewhere too (`daypart verify --json` tells every head).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.audit import faults
from offers.chain import CHAIN
from offers.journal import Journal
from offers.replay import Replay
from offers.replay_rest import compare_rest
from offers.replay_vouched import unvouched
from offers.tables import accounts, answers, coupons, decisions, entries, outbox, sums

# SQLite keeps whatever is written into a column, so a value may not be of its kind any more.
_UNREADABLE = (TypeError, ValueError, OverflowError, AttributeError, LookupError)


def verify(journal: Journal) -> list[str]:
    """Every difference found, one plain line each; empty when the journal is whole. Raises LedgerError."""
    with journal.read() as connection:
        found: list[str] = []
        whole = _Whole()
        known = connection.execute(sa.select(accounts).order_by(accounts.c.campaign_id)).all()
        for account in known:
            try:
                found.extend(_verify_campaign(connection, account, whole))
            except _UNREADABLE as error:
                found.append(f"campaign {account.campaign_id}: a stored value can't be read ({error})")
        if connection.dialect.name == "sqlite":
            # Sums are read through indexes, which must say what the rows say.
            checked = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            found += [f"the file: {line}" for line in checked if line != "ok"]
        names = [account.campaign_id for account in known]
        for table in (entries, coupons, sums):
            lost = sa.select(table.c.campaign_id).where(table.c.campaign_id.not_in(names)).distinct()
            found += [f"{table.name}: campaign {row.campaign_id} has no account" for row in connection.execute(lost)]
        try:
            found += [*_orphans(connection), *whole.faults(), *compare_rest(connection, whole.said)]
            found += [*unvouched(connection, whole.said, is_old=whole.is_old), *faults(connection)]
        except _UNREADABLE as error:
            found.append(f"a stored value can't be read ({error})")
        return found


def heads(journal: Journal) -> dict[str, dict[str, Any]]:
    """The end of every campaign's chain: number and hash of its last entry. Kept elsewhere, it proves what came before."""
    with journal.read() as connection:
        found = sa.select(accounts.c.campaign_id, accounts.c.head_seq, accounts.c.head_hash)
        return {row.campaign_id: {"seq": row.head_seq, "hash": row.head_hash} for row in connection.execute(found)}


class _Whole:
    """What the chains leave for those checks that need all of them."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.is_old = False
        self._cap = 0
        self._latest: list[datetime] = []
        self._taken: list[tuple[datetime | None, int]] = []

    def take(self, replay: Replay) -> None:
        """Keep what a chain followed to its end says."""
        self.said += replay.said
        self.is_old |= replay.is_old
        self._taken += replay.money.taken.taken()
        self._latest += [replay.latest] if replay.latest else []
        if replay.account.campaign_id == CHAIN:
            self._cap = replay.money.granted_cents

    def faults(self) -> Iterator[str]:
        """What all campaigns have spent and hold after the last entry stays within their cap (0: none). Entries of two
        chains have no order but their clocks', so no moment before can be judged."""
        taken = sum(cents for end, cents in self._taken if end is None or end > max(self._latest))
        if self._cap and taken > self._cap:
            yield f"all campaigns: {taken} cents spent and held of {self._cap}"


def _verify_campaign(connection: sa.Connection, account: Any, whole: _Whole) -> Iterator[str]:
    mine = coupons.c.campaign_id == account.campaign_id
    stored = {row.offer_id: row for row in connection.execute(sa.select(coupons).where(mine))}
    kept = {
        row.seq: row
        for row in connection.execute(
            sa.select(answers).where(answers.c.campaign_id == account.campaign_id, answers.c.seq.is_not(None))
        )
    }
    of_campaign = outbox.c.offer_id.in_(sa.select(coupons.c.offer_id).where(mine))
    events = [
        (row.offer_id, row.event, row.made_at) for row in connection.execute(sa.select(outbox).where(of_campaign))
    ]
    replay = Replay(account, stored, kept, events)
    chain = sa.select(entries).where(entries.c.campaign_id == account.campaign_id).order_by(entries.c.seq)
    for row in connection.execute(chain.execution_options(yield_per=1000)):
        yield from replay.take(row)
    whole.take(replay)
    of_account = sa.select(sums).where(sums.c.campaign_id == account.campaign_id)
    yield from replay.end({(row.scope, row.key): row.spent_cents for row in connection.execute(of_account)})


def _orphans(connection: sa.Connection) -> Iterator[str]:
    """Rows whose other half says something else: a coupon and its decision name one user, an answer its entry."""
    both = sa.select(coupons.c.offer_id, decisions.c.decision_id).select_from(
        coupons.outerjoin(decisions, decisions.c.decision_id == coupons.c.decision_id)
    )
    same = (coupons.c.user_id == decisions.c.user_id) | (coupons.c.user_id.is_(None) & decisions.c.user_id.is_(None))
    apart = decisions.c.decision_id.is_(None) | sa.not_(sa.func.coalesce(same, sa.false()))
    for row in connection.execute(both.where(apart)):
        what = "another user than its decision" if row.decision_id else "a decision that isn't there"
        yield f"offer {row.offer_id}: the coupon names {what}"
    lost = answers.outerjoin(
        entries, (entries.c.campaign_id == answers.c.campaign_id) & (entries.c.seq == answers.c.seq)
    )
    alone = sa.select(answers.c.key).select_from(lost).where(answers.c.seq.is_not(None), entries.c.seq.is_(None))
    for row in connection.execute(alone):
        yield f"answer of key {row.key}: its entry isn't there"
    at = sa.select(outbox.c.id, outbox.c.offer_id).where(outbox.c.offer_id.not_in(sa.select(coupons.c.offer_id)))
    yield from (f"outbox row {row.id}: offer {row.offer_id} has no coupon" for row in connection.execute(at))
