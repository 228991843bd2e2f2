from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from training.answers import SCHEMA
from training.untouched import untouched
from training.visit_log import visit_log

DAY, AT = date(2026, 11, 2), datetime(2026, 12, 1, tzinfo=UTC)  # a Monday


def lines(*rows: tuple[str | None, int, int]) -> pl.DataFrame:
    """Sales lines: user, days after DAY, hour."""
    told = [
        (
            user,
            DAY + timedelta(days=n),
            (n % 7) * 24 + hour,
            "soho",
            datetime(2026, 11, 2, hour, tzinfo=UTC) + timedelta(n),
        )
        for user, n, hour in rows
    ]
    names = ["user_id", "day", "hour_of_week", "store_id", "occurred_at"]
    return pl.DataFrame(told, schema=names, orient="row", schema_overrides={"user_id": pl.String})


def answers(*rows: tuple[str, int, float], at: datetime = datetime(2026, 11, 30, tzinfo=UTC)) -> pl.DataFrame:
    """Answered offers at 8: user, days after DAY, chance foretold to come."""
    told = [(u, "latte", DAY + timedelta(days=n), 8, 0.5, 0.1, p, 0.5, False, None, at) for u, n, p in rows]
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def days(found: pl.DataFrame) -> list[tuple[str, int, int]]:
    log = visit_log(found)
    first = DAY.toordinal() - date(1970, 1, 1).toordinal()
    names = (log.users[user] for user in log.user)
    return [(name, int(day) - first, int(hour)) for name, day, hour in zip(names, log.day, log.hour, strict=True)]


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ((), [("ann", 0, 9), ("ann", 1, 10)]),
        ((("ann", 1, 0.0),), [("ann", 0, 9)]),
        ((("ann", 1, 1.0),), [("ann", 0, 9), ("ann", 1, 10)]),
        ((("ann", 3, 1.0),), [("ann", 0, 9), ("ann", 1, 10), ("ann", 3, 8)]),
        ((("ann", 3, 0.0),), [("ann", 0, 9), ("ann", 1, 10)]),
        ((("ann", 1, 0.0), ("ann", 1, 1.0)), [("ann", 0, 9)]),
        ((("nobody", 1, 1.0),), [("ann", 0, 9), ("ann", 1, 10)]),
    ],
)
def test_a_day_with_an_answer_counts_as_it_was_foretold(answered, expected):
    assert days(untouched(lines(("ann", 0, 9), ("ann", 1, 10), (None, 1, 10)), answers(*answered), AT)) == expected


def test_an_answer_not_known_yet_changes_nothing():
    known = answers(("ann", 1, 0.0), at=AT - timedelta(microseconds=1))
    later = answers(("ann", 1, 0.0), at=AT)
    sold = lines(("ann", 0, 9), ("ann", 1, 10))
    assert len(days(untouched(sold, known, AT))) == 1
    assert len(days(untouched(sold, later, AT))) == 2


def test_whoever_comes_by_coupons_alone_keeps_the_rate_that_was_believed():
    users = [f"u{n}" for n in range(100)]
    sold = lines(*((user, n, 8) for user in users for n in range(20)))
    found = days(untouched(sold, answers(*((user, n, 0.3) for user in users for n in range(20))), AT))
    assert abs(len(found) / 2000 - 0.3) < 0.03
    assert found == days(untouched(sold, answers(*((user, n, 0.3) for user in users for n in range(20))), AT))


def test_a_line_in_place_of_none_stands_in_the_users_store_on_the_day():
    found = untouched(lines(("ann", 0, 9)), answers(("ann", 3, 1.0)), AT)
    row = found.filter(pl.col.day == DAY + timedelta(days=3)).row(0, named=True)
    assert (row["store_id"], row["hour_of_week"]) == ("soho", 3 * 24 + 8)
    assert row["occurred_at"] == datetime(2026, 11, 5, 8, tzinfo=UTC)
