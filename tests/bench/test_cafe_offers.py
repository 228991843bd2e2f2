from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from bench.cafe.chain import simulate_response
from bench.cafe.offers import read_offers

EIGHT_IN_NEW_YORK = datetime(2025, 12, 2, 13, tzinfo=UTC)
OFFER = {
    "user_id": "member-000042",
    "product_id": "iced-americano",
    "store_id": "canal-row",
    "discount_cents": 300,
    "valid_from": EIGHT_IN_NEW_YORK,
    "valid_until": EIGHT_IN_NEW_YORK + timedelta(minutes=90),
}


def read(truth, *changes):
    return read_offers(truth, pl.DataFrame([OFFER | change for change in changes]))


def test_windows_are_read_by_the_stores_clock(truth):
    arms, discount, coupon = read(truth, {}, {"user_id": "member-000007", "store_id": "sunset-pier", "coupon_id": "c1"})
    assert arms.member.tolist() == [42, 7]
    assert arms.product.tolist() == [truth.menu.product_ids.index("iced-americano")] * 2
    assert arms.store.tolist() == [0, 2]
    assert arms.day.tolist() == [EIGHT_IN_NEW_YORK.date()] * 2
    assert (arms.start.tolist(), arms.end.tolist()) == ([8, 5], [9.5, 6.5])
    assert discount.tolist() == [300, 300]
    assert coupon.tolist() == ["", "c1"]


def test_midnight_ends_the_day(truth):
    five = datetime(2025, 12, 3, 5, tzinfo=UTC)
    arms, _, _ = read(truth, {"valid_until": five})
    assert arms.end.tolist() == [24]
    with pytest.raises(ValueError, match="not within one day"):
        read(truth, {"valid_until": five + timedelta(seconds=1)})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"user_id": "member-999999"}, "nobody"),
        ({"user_id": "member-42"}, "nobody"),
        ({"user_id": "card:42"}, "nobody"),
        ({"product_id": "tea-cosy"}, "product_id 'tea-cosy'"),
        ({"store_id": "moon"}, "store_id 'moon'"),
        ({"discount_cents": 0}, "no discount"),
        ({"valid_until": EIGHT_IN_NEW_YORK}, "not within one day"),
    ],
)
def test_what_is_no_offer_is_refused_by_row(truth, change, told):
    with pytest.raises(ValueError, match=f"offer row 1: .*{told}"):
        read(truth, {"user_id": "member-000001"}, change)


def test_a_naive_window_is_refused(truth):
    naive = {name: OFFER[name].replace(tzinfo=None) for name in ("valid_from", "valid_until")}
    with pytest.raises(ValueError, match="need a zone"):
        read(truth, naive)


def test_one_offer_a_day(truth):
    later = {
        "valid_from": EIGHT_IN_NEW_YORK + timedelta(hours=4),
        "valid_until": EIGHT_IN_NEW_YORK + timedelta(hours=5),
    }
    with pytest.raises(ValueError, match="row 1: a second offer for member-000042"):
        read(truth, {}, later)
    read(truth, {}, later | {"user_id": "member-000041"})


def test_no_offers_no_events(truth):
    none = pl.DataFrame([OFFER]).clear()
    assert len(simulate_response(truth, none, np.random.default_rng(0))) == 0
