"""Many rows in one statement, on both databases: what stands there afterwards, and how many were found."""

import pytest
import sqlalchemy as sa

from offers.bulk import SEEN, among, insert, update
from offers.database import connect, transaction
from offers.tables import answers, sums

ODD = "quote ' \" back \\ percent %s :name 咖啡 {}"


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def connection(request):
    engine = connect(request.getfixturevalue(request.param))
    with transaction(engine, write=True) as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def of(connection, table):
    return [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]


def row(key, cents, scope="store"):
    return {"campaign_id": "c", "scope": scope, "key": key, "spent_cents": cents}


def test_rows_arrive_as_they_are(connection):
    insert(connection, sums, [row(ODD, 2**53 + 1), row("b", -1)])
    assert of(connection, sums) == sorted([("c", "store", ODD, 2**53 + 1), ("c", "store", "b", -1)], key=lambda x: x[2])
    # In another order of columns, with nothing and with a truth value.
    kept = {"ok": True, "key": "k", "body_hash": "h", "at": 5, "body": ODD, "seq": None, "campaign_id": "c"}
    insert(connection, answers, [kept, {**kept, "key": "l", "ok": False, "seq": 7}])
    found = connection.execute(sa.select(answers.c.ok, answers.c.body, answers.c.seq).order_by(answers.c.key)).all()
    assert [tuple(one) for one in found] == [(True, ODD, None), (False, ODD, 7)]


def test_nothing_is_nothing(connection):
    insert(connection, sums, [])
    assert update(connection, sums, []) == 0
    assert of(connection, sums) == []


def test_a_row_is_set_where_it_is_as_it_was_seen(connection):
    insert(connection, sums, [row("a", 1), row("b", 2), row("c", 3)])
    moves = [row("a", 10) | {f"{SEEN}spent_cents": 1}, row("b", 20) | {f"{SEEN}spent_cents": 9}]
    assert update(connection, sums, moves) == 1
    assert update(connection, sums, [row("c", 30, scope="day") | {f"{SEEN}spent_cents": 3}]) == 0
    assert of(connection, sums) == [("c", "store", "a", 10), ("c", "store", "b", 2), ("c", "store", "c", 3)]


@pytest.mark.parametrize(
    ("names", "found"), [([], []), (["a"], ["a"]), ({"b", ODD, "none"}, ["b", ODD]), (["a", "a"], ["a"])]
)
def test_names_are_looked_for_whatever_is_in_them(connection, names, found):
    insert(connection, sums, [row(key, 1) for key in ("a", "b", ODD)])
    find = sa.select(sums.c.key).where(among(connection.dialect.name, sums.c.key, "keys"))
    assert sorted(connection.execute(find, {"keys": names}).scalars()) == sorted(found)
