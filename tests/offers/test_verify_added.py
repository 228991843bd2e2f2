"""A row that somebody added is told as long as the journal doesn't vouch for it."""

import json

import pytest
import sqlalchemy as sa

from offers.desk import open_desk
from offers.replay_vouched import unvouched
from offers.tables import answers, entries
from offers.verify import verify
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision


@pytest.fixture
def desk(sqlite_url):
    desk = open_desk(sqlite_url)
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", "bob")], PLANNED)
    assert desk.redeem(code_of(desk), ask(), "key", AT).ok
    assert desk.withdraw(desk.wallet("bob", PLANNED)[0].offer_id, "operator", AT).ok
    yield desk
    desk.journal.close()


ANSWER = "INSERT INTO answers (key, body_hash, ok, body, at, campaign_id, seq) VALUES ('x', '00', 1, '{}', 0, %s)"
COPY = "INSERT INTO answers SELECT '%s', body_hash, ok, body, at, campaign_id, seq FROM answers"
SAME = (
    "for_date, arms, planned_arm, sent_arm, propensity, holdout, model_version, feature_version, made_at, campaign_id"
)
DECIDED = f"INSERT INTO decisions (decision_id, user_id, {SAME}) SELECT 'dec_x', 'eve', {SAME} FROM decisions LIMIT 1"
ADDED = [
    (ANSWER % "NULL, NULL", "answer of key x: no entry vouches for it"),
    (ANSWER % "'zzz', NULL", "answer of key x: no entry vouches for it"),
    (ANSWER % "'c', NULL", "answer of key x: no entry vouches for it"),
    (ANSWER % "NULL, 1", "answer of key x: its entry isn't there"),
    (ANSWER % "'c', 1", "campaign c: the answer to entry 1 belongs to no such entry"),
    # Before and after the true one, in the order of keys: whichever is read last.
    (COPY % "aaa", "campaign c, entry {redeem}: it has more than one answer"),
    (COPY % "zzz", "campaign c, entry {redeem}: it has more than one answer"),
    ("INSERT INTO stores VALUES ('fake', 'UTC', NULL, NULL, '')", "store fake: no entry says it is one"),
    ("INSERT INTO counters VALUES ('other', 5)", "counters: nothing is counted as other"),
    (DECIDED, "decision dec_x: no entry vouches for it"),
]


@pytest.mark.parametrize(("statement", "told"), ADDED, ids=[f"{n}" for n in range(len(ADDED))])
def test_an_added_row_is_told(desk, statement, told):
    assert verify(desk.journal) == []
    with desk.journal.write() as connection:
        connection.exec_driver_sql(statement)
        redeem = connection.execute(sa.select(entries.c.seq).where(entries.c.kind == "redeem")).scalar_one()
    assert told.format(redeem=redeem) in verify(desk.journal)


def test_an_account_that_no_entry_opened_is_told(desk):
    with desk.journal.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO accounts (campaign_id, granted_cents, reserve_cents, spent_cents, max_per_user_day, hold_s,"
            f" stopped, head_seq, head_hash) VALUES ('evil', 0, 0, 0, 1, 300, 0, 0, '{'0' * 64}')"
        )
    assert verify(desk.journal) == ["campaign evil: no entry opened it"]


def old_answer(ok=True, at=AT, **changes):
    """An answer of the first revision to the entry made below."""
    body = {"entry_id": "old:1", "kind": "redeem", "offer_id": "off_1", "order_id": "o1", "discount_cents": 100}
    return {"key": "k", "body_hash": "", "ok": ok, "body": json.dumps({**body, **changes}), "at": at}


@pytest.mark.parametrize(
    ("answer", "is_vouched"),
    [
        (old_answer(), True),
        (old_answer(ok=False, reason="expired"), True),
        (old_answer(ok=False), False),
        (old_answer(discount_cents=44_000), False),
        (old_answer(kind="reverse"), False),
        (old_answer(at=PLANNED), False),
        (old_answer(entry_id="old:2"), False),
        (old_answer(entry_id=None), False),
    ],
)
def test_an_answer_of_the_first_revision_needs_an_entry_of_it(desk, answer, is_vouched):
    row = {"campaign_id": "old", "seq": 1, "kind": "redeem", "offer_id": "off_1", "order_id": "o1", "amount_cents": 100}
    rest = {"at": AT, "judged_at": AT, "detail": "[]", "prev_hash": "", "hash": "", "actor": "k1"}
    with desk.journal.write() as connection:
        connection.execute(sa.insert(entries).values(**row, **rest))
        connection.execute(sa.insert(answers).values(**answer))
    with desk.journal.read() as connection:
        told = ["answer of key k: no entry vouches for it"]
        assert list(unvouched(connection, [], is_old=True)) == ([] if is_vouched else told)
        assert told[0] in list(unvouched(connection, [], is_old=False))
