"""A journal of any size, as the desk would have left it: filled in bulk, chained by the ledger's own hashes, and verifiable.

One coupon is issued and redeemed through the desk; its rows are then repeated under other ids (see `bench.ledger_pattern`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bench.ledger_pattern import Pattern, Raw, Rows, copy_rows, pattern, snapshot
from bench.ledger_world import CAMPAIGN_ID, NOW, Broken, issue, redeem
from offers.chain import link_hash, plain_json
from offers.codes import new_code, shown
from offers.decisions import digest_of
from offers.desk import Desk
from offers.issued_terms import terms_of
from offers.tables import accounts, coupons, decisions, metadata
from offers.writing import answer_digest

CHUNK = 20_000
ACCOUNT = sa.select(accounts).where(accounts.c.campaign_id == CAMPAIGN_ID).with_for_update()
# Columns that tell the number of an entry.
_NUMBERS = {"entries": "seq", "answers": "seq", "decisions": "entry_seq"}


@dataclass(frozen=True)
class Mould:
    """A pattern, and its coupon and decision as the ledger reads them: entries hold digests of those."""

    pattern: Pattern
    coupon: Mapping[str, Any]
    decision: Mapping[str, Any]

    @property
    def seqs(self) -> list[int]:
        """The numbers of the pattern's entries."""
        return [row["seq"] for row in self.pattern.cloned["entries"]]


def moulds(desk: Desk, now: datetime = NOW) -> tuple[Mould, Mould]:
    """What a coupon leaves behind that was redeemed, and what one that is still open and good at `now`."""
    # The day's first opens the day's own rows; from the second on they are only added to.
    redeem(desk, issue(desk, ["first"], now)[0], now)
    _send_events(desk, now)
    before = _look(desk)
    (code,) = issue(desk, ["pattern"], now)
    between = _look(desk)
    redeem(desk, code, now)
    _send_events(desk, now)
    after = _look(desk)
    if any(link_hash(row) != row["hash"] for row in after["entries"].values()):
        raise Broken("the driver's own values hash to something else than the ledger's; mend the fill")
    with desk.journal.read() as connection:
        coupon = dict(connection.execute(sa.select(coupons).where(coupons.c.code == code)).mappings().one())
        mine = decisions.c.decision_id == coupon["decision_id"]
        decision = dict(connection.execute(sa.select(decisions).where(mine)).mappings().one())
    told = [row for row in after["answers"].values() if code in row["key"]]
    ids = _ids(coupon, decision, sorted(key[-1] for key in after["entries"].keys() - before["entries"].keys()), told)
    whole, still_open = pattern(before, after, ids), pattern(before, between, ids)
    return Mould(whole, coupon, decision), Mould(still_open, coupon, decision)


def fill(desk: Desk, mould: Mould, n: int, done: Callable[[int], None]) -> list[str]:
    """`n` more coupons of a mould; their codes. `done` is told how many are made."""
    codes: list[str] = []
    while len(codes) < n:
        codes += _chunk(desk, mould, min(CHUNK, n - len(codes)))
        done(len(codes))
    return codes


def _chunk(desk: Desk, mould: Mould, n: int) -> list[str]:
    codes = [new_code(secrets.token_bytes) for _ in range(n)]
    new: dict[str, list[Raw]] = {table: [] for table in mould.pattern.cloned}
    with desk.journal.write() as connection:
        head = connection.execute(ACCOUNT).one()
        seq, link = head.head_seq, head.head_hash
        first = int(connection.execute(sa.select(sa.func.max(coupons.c.seq))).scalar_one()) + 1
        for number, code in enumerate(codes, first):
            of_coupon, link = _coupon(mould, code, number, seq, link)
            seq += mould.pattern.n_entries
            for table, rows in of_coupon.items():
                new[table] += rows
        for table, rows in new.items():
            copy_rows(connection, metadata.tables[table], rows)
        mould.pattern.move(connection, n)
        end = sa.update(accounts).where(accounts.c.campaign_id == CAMPAIGN_ID)
        connection.execute(end.values(head_seq=seq, head_hash=link))
    return codes


def _coupon(mould: Mould, code: str, number: int, seq: int, link: str) -> tuple[dict[str, list[Raw]], str]:
    """One more coupon's rows by table, after entry `seq` whose hash is `link`, and the hash of its last entry."""
    fresh = {"offer_id": f"off_{secrets.token_hex(12)}", "decision_id": f"dec_{secrets.token_hex(12)}"}
    coupon = {**mould.coupon, **fresh, "code": code, "user_id": f"user-{code}", "seq": number}
    decision = {**mould.decision, "decision_id": fresh["decision_id"]}
    seqs = range(seq + 1, seq + 1 + mould.pattern.n_entries)
    told = mould.pattern.rows("answers", _ids(coupon, decision, seqs, ()))
    ids = _ids(coupon, decision, seqs, told)
    found = {table: told if table == "answers" else mould.pattern.rows(table, ids) for table in mould.pattern.cloned}
    for table, column in _NUMBERS.items():
        for row in found.get(table, ()):
            row[column] += seq + 1 - mould.seqs[0]
    found["coupons"][0]["seq"] = number
    for row in found["entries"]:
        row["prev_hash"] = link
        if row["kind"] == "issue":
            row["detail"] = plain_json(terms_of(coupon))
        row["hash"] = link = link_hash(row)
    return found, link


def _ids(coupon: Mapping[str, Any], decision: Mapping[str, Any], seqs: Sequence[int], told: Sequence[Raw]) -> list[str]:
    """Every text by which one coupon's rows are known, in one order; its code stands in its order and its key too.

    The last ones stand for its answers (`told`), when there are any yet.
    """
    known = [coupon["offer_id"], coupon["decision_id"], coupon["code"], shown(coupon["code"]), coupon["user_id"]]
    digests = [answer_digest(row["key"], row["body_hash"], bool(row["ok"]), row["body"]) for row in told]
    return [*known, digest_of([decision]), *(f"{CAMPAIGN_ID}:{seq}" for seq in seqs), *digests]


def _look(desk: Desk) -> Rows:
    with desk.journal.read() as connection:
        return snapshot(connection)


def _send_events(desk: Desk, now: datetime) -> None:
    """As if everything had been sent: what waits is a few seconds' worth, however long the journal."""
    desk.mark_sent([number for number, _ in desk.pending_events(1000)], now)
