import pytest

from serving.keys import SCOPES
from serving.rate import Bucket, Rate, rates_of
from settings import Settings


def test_a_bucket_is_full_at_first_and_fills_again_to_its_brim():
    bucket = Bucket(Rate(per_s=4, burst=3), 100.0)
    assert bucket.take(2, 100.0) == (2, 0.0)
    assert bucket.take(2, 100.0) == (1, 0.0)
    assert bucket.take(1, 100.0) == (0, 0.25)
    assert bucket.take(1, 100.125) == (0, 0.125)
    assert bucket.take(1, 100.25) == (1, 0.0)
    assert bucket.take(9, 1000.0) == (3, 0.0)


def test_a_clock_that_steps_back_gives_nothing():
    bucket = Bucket(Rate(per_s=10, burst=1), 100.0)
    assert bucket.take(1, 100.0)[0] == 1
    assert bucket.take(1, 50.0)[0] == 0


@pytest.mark.parametrize(
    ("rate", "handful"), [(Rate(1, 1), 1), (Rate(39, 80), 1), (Rate(40, 80), 2), (Rate(2000, 4), 4)]
)
def test_a_handful_is_a_twentieth_of_a_second(rate, handful):
    assert rate.handful == handful


def test_the_setting_is_read_by_scope_and_zero_is_no_limit():
    assert rates_of("") == {}
    assert rates_of("app=0/5 pos=3/0") == {"pos": Rate(3, 1)}
    assert set(rates_of(Settings().rate_limits)) == set(SCOPES)
