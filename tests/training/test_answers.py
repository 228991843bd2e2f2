"""The lake's table of answers: written whole or not at all, and read as known at a moment."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from tests.training.answered import answers
from training.answers import FILE, SCHEMA, known_answers, read_answers, write_answers
from training.parts import DataError

TICK = timedelta(microseconds=1)
DAY = date(2025, 9, 1)
OVER = datetime(2025, 9, 2, tzinfo=UTC)
NOBODY = pl.DataFrame(schema={"user_id": pl.String, "day": pl.Date})


def row(**changes):
    plain = {
        "user_id": "ann", "product_id": "latte", "day": DAY, "hour": 8, "share": 0.2, "p_buy": 0.1, "p_come": 0.3, "fit": 0.4,
        "redeemed": False, "reversed_at": None, "answered_at": OVER,
    }  # fmt: skip
    return {**plain, **changes}


def table(*rows):
    return pl.DataFrame(list(rows), schema=SCHEMA)


def said(rows, bought=NOBODY, at=OVER + TICK):
    return [(r["bought"], r["came"]) for r in known_answers(rows, bought, at).iter_rows(named=True)]


def test_written_in_batches_and_read_back(tmp_path):
    rows = answers(5, 4).drop("seen")
    assert write_answers(tmp_path, (rows.slice(n, 7) for n in range(0, 20, 7))) == 20
    assert read_answers(tmp_path).equals(rows)
    assert write_answers(tmp_path, [rows.head(3)]) == 3
    assert read_answers(tmp_path).equals(rows.head(3))
    assert write_answers(tmp_path, []) == 0
    assert read_answers(tmp_path).schema == SCHEMA
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_lake_without_the_table_holds_no_answer(tmp_path):
    assert read_answers(tmp_path).is_empty()
    assert read_answers(tmp_path).schema == SCHEMA


def test_what_breaks_off_leaves_what_was(tmp_path):
    rows = answers(2, 2).drop("seen")
    write_answers(tmp_path, [rows])

    def broken():
        yield rows.head(1)
        raise OSError("the disk is full")

    with pytest.raises(DataError, match=r"answers.parquet: cannot be written .*disk is full.*free disk space"):
        write_answers(tmp_path, broken())
    assert read_answers(tmp_path).equals(rows)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("held", [b"PAR1 nothing here PAR1", b"PAR1 cut"])
def test_a_damaged_table_is_a_plain_fault_that_a_refresh_mends(tmp_path, held):
    (tmp_path / FILE).write_bytes(held)
    with pytest.raises(DataError, match=r"answers.parquet: is damaged .*; run `daypart features`$"):
        read_answers(tmp_path)
    write_answers(tmp_path, [])
    assert read_answers(tmp_path).is_empty()


def test_an_answer_is_known_strictly_after_its_moment():
    assert said(table(row()), at=OVER) == []
    assert said(table(row()), at=OVER + TICK) == [(False, False)]


@pytest.mark.parametrize(
    ("who", "day", "came"),
    [
        ("ann", DAY, True),
        ("ann", DAY - timedelta(days=1), False),
        ("ann", DAY + timedelta(days=1), False),
        ("bob", DAY, False),
        (None, DAY, False),
    ],
)
def test_who_bought_anything_that_day_came(who, day, came):
    lines = pl.DataFrame([(who, day)] * 2, schema=NOBODY.schema, orient="row")
    assert said(table(row()), lines) == [(False, came)]


def test_who_used_the_coupon_came_though_no_till_told_whose_purchase_it_was():
    assert said(table(row(redeemed=True))) == [(True, True)]


def test_what_was_given_back_was_bought_until_then():
    back = OVER + timedelta(days=3)
    rows = table(row(redeemed=True, reversed_at=back))
    assert said(rows, at=back) == [(True, True)]
    assert said(rows, at=back + TICK) == [(False, False)]


def test_oldest_first_and_ties_by_user_day_hour_and_product():
    later = row(answered_at=OVER + timedelta(days=1), user_id="aaa")
    rows = table(later, row(user_id="bob"), row(hour=9), row(product_id="tea"), row())
    known = known_answers(rows, NOBODY, OVER + timedelta(days=2))
    assert known.select("user_id", "hour", "product_id").rows() == [
        ("ann", 8, "latte"), ("ann", 8, "tea"), ("ann", 9, "latte"), ("bob", 8, "latte"), ("aaa", 8, "latte"),
    ]  # fmt: skip
    assert set(known.columns) == set(SCHEMA) - {"redeemed", "reversed_at"} | {"bought", "came"}


def test_coded_sales_are_sales():
    lines = pl.DataFrame([("ann", DAY)], schema={"user_id": pl.Enum(["ann"]), "day": pl.Date}, orient="row")
    assert said(table(row()), lines) == [(False, True)]
