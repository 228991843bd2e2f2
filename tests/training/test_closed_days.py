import polars as pl
import pytest

from offers.closed_days import closed_days_of
from training.closed_days import closed_days_in

GOOD = [
    "monday tuesday wednesday thursday friday saturday sunday",
    "2026-12-25",
    "sunday 2026-12-25",
    "2028-02-29 monday monday",
    " ".join(["2026-12-25"] * 91),
]
BAD = ["", " ", "Sunday", "sun", "sundays", "sunday  monday", "sunday\tmonday", "sunday,monday", " sunday", "2026-02-29",
       "20261225", "2026-W52-5", "2026-1-5", "25.12.2026", "2026-12-25T00:00", "sunday\u00a0monday", "٢٠٢٦-12-25",
       " ".join(["2026-12-25"] * 92)]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_closed_days(text):
    assert closed_days_in(pl.Series([text, None, text])) == {text}
    # Whatever goes into the lake can be read where offers are planned.
    assert closed_days_of(text)


@pytest.mark.parametrize("text", BAD)
def test_what_names_no_closed_days(text):
    assert closed_days_in(pl.Series([text])) == frozenset()


def test_a_column_of_dates_is_text_of_dates():
    assert closed_days_in(pl.Series(["2026-12-25"]).str.to_date()) == {"2026-12-25"}
    assert closed_days_in(pl.Series([None, None])) == frozenset()
