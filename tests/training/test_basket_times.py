"""Every way of writing a time in a column, and what is no time at all."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl
import pytest

from training.basket_times import moments
from training.errors import TrainingError

HERE, DAY = Path("events.csv"), datetime(2025, 3, 2, tzinfo=UTC)
NUMBER = (date(2025, 3, 2) - date(1970, 1, 1)).days


def read(values, dtype=None):
    return moments(HERE, pl.Series(values, dtype=dtype)).dt.convert_time_zone("UTC").to_list()


@pytest.mark.parametrize(
    "column",
    [[NUMBER], [float(NUMBER)], [str(NUMBER)], [f"{NUMBER}.0"], [f" {NUMBER} "], ["2025-03-02 00:00"], ["2025-03-02T00:00:00Z"]],
    ids=["int", "float", "text", "gapped text", "padded text", "minutes", "rfc 3339"],
)  # fmt: skip
def test_days_as_numbers_or_texts(column):
    assert read(column) == [DAY]


def test_gaps_in_a_column_of_day_numbers_are_gaps_only():
    assert read([float(NUMBER), None, float("nan")]) == [DAY, None, None]
    assert read([str(NUMBER), "soon", None]) == [DAY, None, None], "one bad cell does not spoil the column"
    assert read([None, None], pl.Null) == [None, None]


def test_a_number_among_dates_is_no_date():
    assert read([str(NUMBER), "2025-03-02"]) == [None, DAY]


@pytest.mark.parametrize("column", [[-1], [100_000], [1.5], [1e12], ["1700000000"], ["-3"], [2**63 - 1], ["9" * 40]])
def test_numbers_that_are_no_days_are_refused_not_guessed(column):
    if column == ["9" * 40]:
        assert read(column) == [None], "no number a machine holds: a cell that cannot be read"
        return
    with pytest.raises(TrainingError, match=r"events.csv: occurred_at holds numbers that are no day numbers"):
        read(column)


def test_times_that_no_shop_has_seen_are_no_times():
    assert read(["0001-01-01", "9999-12-31", "1799-12-31", "2300-01-01", "1800-01-01"]) == [
        None, None, None, None, datetime(1800, 1, 1, tzinfo=UTC)
    ]  # fmt: skip
    assert read([date(1, 1, 1), date(2025, 3, 2)]) == [None, DAY]


def test_a_night_with_two_half_past_ones_keeps_both():
    utc = [datetime(2025, 11, 2, hour, 30, tzinfo=UTC) for hour in (5, 6)]
    assert read(["2025-11-02T01:30:00-04:00", "2025-11-02T01:30:00-05:00"]) == utc
    local = pl.Series(utc).dt.convert_time_zone("America/New_York")
    told = moments(HERE, local)
    assert told.dtype == pl.Datetime("us", "America/New_York")
    assert told.dt.convert_time_zone("UTC").to_list() == utc


@pytest.mark.parametrize("values", [[time(8)], [[DAY]], [b"x"], [True]])
def test_what_is_no_time_says_its_type(values):
    with pytest.raises(TrainingError, match="occurred_at is of type"):
        read(values)
