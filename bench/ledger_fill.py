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

from bench.ledger_pattern import Pattern, Raw, Rows, pattern, snapshot
from bench.ledger_places import driver_of
from bench.ledger_world import CAMPAIGN_ID, NOW, Broken, issue, redeem
from offers.chain import link_hash, plain_json
from offers.codes import new_code, shown
from offers.desk import Desk
from offers.issued_terms import terms_of
from offers.tables import accounts, coupons, metadata
from offers.writing import answer_digest

CHUNK = 20_000
ACCOUNT = sa.select(accounts).where(accounts.c.campaign_id == CAMPAIGN_ID).with_for_update()


@dataclass(frozen=True)
class Mould:
    """A pattern with its coupon as the ledger reads it, whose terms the issue entry repeats."""

    pattern: Pattern
    coupon: Mapping[str, Any]


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
    seqs = sorted(key[-1] for key in after["entries"].keys() - before["entries"].keys())
    # What stands for an answer in its entry is known by what it is reckoned from.
    ids = [*_ids(coupon, seqs), *(_digest(row) for row in after["answers"].values() if code in row["key"])]
    return Mould(pattern(before, after, ids), coupon), Mould(pattern(before, between, ids), coupon)


def fill(desk: Desk, mould: Mould, n: int, done: Callable[[int], None]) -> list[str]:
    """`n` more coupons of a mould; their codes. `done` is told how many entries that made so far."""
    codes: list[str] = []
    while len(codes) < n:
        codes += _chunk(desk, mould, min(CHUNK, n - len(codes)))
        done(len(codes) * mould.pattern.n_entries)
    return codes


def _chunk(desk: Desk, mould: Mould, n: int) -> list[str]:
    made = mould.pattern
    new: dict[str, list[Raw]] = {table: [] for table in made.cloned}
    codes = [new_code(secrets.token_bytes) for _ in range(n)]
    with desk.journal.write() as connection:
        head = connection.execute(ACCOUNT).one()
        seq, link = head.head_seq, head.head_hash
        first = int(connection.execute(sa.select(sa.func.max(coupons.c.seq))).scalar_one()) + 1
        for number, code in enumerate(codes, first):
            offer_id, decision_id = f"off_{secrets.token_hex(12)}", f"dec_{secrets.token_hex(12)}"
            own = {"offer_id": offer_id, "decision_id": decision_id, "code": code, "user_id": f"user-{code}"}
            ids = _ids(own, range(seq + 1, seq + 1 + made.n_entries))
            answers = made.rows("answers", ids)
            for row in answers:
                row |= {"seq": seq + made.n_entries}
                ids.append(_digest(row))
            of_coupon = {table: answers if table == "answers" else made.rows(table, ids) for table in new}
            of_coupon["coupons"][0]["seq"] = number
            for row in of_coupon["entries"]:
                seq += 1
                row |= {"seq": seq, "prev_hash": link}
                if row["kind"] == "issue":
                    row["detail"] = plain_json(terms_of({**mould.coupon, **own, "seq": number}))
                row["hash"] = link = link_hash(row)
            for table, rows in of_coupon.items():
                new[table] += rows
        for table, rows in new.items():
            _copy(connection, metadata.tables[table], rows)
        _move(connection, made, n)
        end = sa.update(accounts).where(accounts.c.campaign_id == CAMPAIGN_ID)
        connection.execute(end.values(head_seq=seq, head_hash=link))
    return codes


def _ids(coupon: Mapping[str, Any], entry_seqs: Sequence[int]) -> list[str]:
    """Every text by which one coupon's rows are known, in one order. The code stands in its order and its key too."""
    known = [coupon["offer_id"], coupon["decision_id"], coupon["code"], shown(coupon["code"]), coupon["user_id"]]
    return [*known, *(f"{CAMPAIGN_ID}:{seq}" for seq in entry_seqs)]


def _digest(answer: Raw) -> str:
    return answer_digest(answer["key"], answer["body_hash"], bool(answer["ok"]), answer["body"])


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[Raw]) -> None:
    # A column that the database numbers is left to it.
    own = table.autoincrement_column
    names = [name for name in rows[0] if own is None or name != own.name]
    values = (tuple(row[name] for name in names) for row in rows)
    listed, driver = ", ".join(names), driver_of(connection)
    if connection.dialect.name == "sqlite":
        driver.executemany(f"INSERT INTO {table.name} ({listed}) VALUES ({', '.join('?' * len(names))})", values)
        return
    with driver.cursor().copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
        for value in values:
            copy.write_row(value)


def _move(connection: sa.Connection, made: Pattern, n: int) -> None:
    for (name, key, column), by in made.moved.items():
        table = metadata.tables[name]
        where = sa.and_(*(own == value for own, value in zip(table.primary_key.columns, key, strict=True)))
        connection.execute(sa.update(table).where(where).values({column: table.c[column] + n * by}))


def _look(desk: Desk) -> Rows:
    with desk.journal.read() as connection:
        return snapshot(connection)


def _send_events(desk: Desk, now: datetime) -> None:
    """As if everything had been sent: what waits is a few seconds' worth, however long the journal."""
    desk.mark_sent([number for number, _ in desk.pending_events(1000)], now)
