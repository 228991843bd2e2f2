from datetime import UTC, datetime, timedelta, timezone

import pytest

from offers.claim_forms import BEGIN, CENTS_LIMIT, CODE, END, PAID, PRICE, TEXT
from offers.codes import shown
from tests.offers.token_world import code

NOON = datetime(2025, 11, 4, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("form", "good"),
    [
        (TEXT, "x"),
        (TEXT, "店" * 128),
        (CODE, code(7)),
        (PAID, 1),
        (PAID, CENTS_LIMIT),
        (PRICE, 0),
        (PRICE, CENTS_LIMIT),
    ],
)
def test_both_ends_of_a_range_are_taken(form, good):
    assert form.read(form.write(good)) == good


@pytest.mark.parametrize(
    ("form", "bad"),
    [(TEXT, ""), (TEXT, "店" * 129), (TEXT, "\udfff"), (TEXT, b"x"), (CODE, shown(code(7))), (CODE, code(7).lower()),
     (CODE, "0" * 10**6), (PAID, 0), (PAID, CENTS_LIMIT + 1), (PAID, True), (PAID, 1.0), (PRICE, -1), (PRICE, "1"),
     (END, -1), (END, 253402300800), (END, True), (BEGIN, 0.5)],
)  # fmt: skip
def test_what_is_beyond_is_refused_in_words(form, bad):
    with pytest.raises(ValueError, match=r"^(text|whole|a coupon)"):
        form.read(bad)


@pytest.mark.parametrize(
    ("moment", "begins", "ends"),
    [
        (NOON, NOON, NOON),
        (NOON + TICK, NOON + timedelta(seconds=1), NOON),
        (NOON - TICK, NOON, NOON - timedelta(seconds=1)),
    ],
)
def test_seconds_are_rounded_inwards(moment, begins, ends):
    assert BEGIN.read(BEGIN.write(moment)) == begins
    assert END.read(END.write(moment)) == ends


def test_moments_come_back_in_utc_from_1970_to_9999():
    there = NOON.astimezone(timezone(timedelta(hours=8)))
    assert END.read(END.write(there)) == NOON
    assert END.read(END.write(there)).tzinfo is UTC
    assert END.read(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert END.read(253402300799) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
