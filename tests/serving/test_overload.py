import asyncio

import pytest

from serving import overload
from serving.calls import CALLS
from serving.overload import LEAST, MOST, TARGET_S, Load, sheds


def beats(load, late_s, n):
    for _ in range(n):
        load.felt(late_s)


def test_in_time_all_are_let_in():
    load = Load()
    beats(load, TARGET_S / 2, 1000)
    load.n = MOST
    assert not load.is_full(may_shed=True)
    load.n = MOST + 1
    assert load.is_full(may_shed=True)
    assert load.is_full(may_shed=False)


def test_lateness_takes_away_and_time_gives_back():
    load = Load()
    load.n = 200
    beats(load, 4 * TARGET_S, 10)
    assert load.limit < 200
    assert load.is_full(may_shed=True)
    assert not load.is_full(may_shed=False), "a till is not refused for that"
    beats(load, 4 * TARGET_S, 1000)
    assert load.limit == LEAST
    load.n = 10
    beats(load, 0.0, 200)
    assert load.limit == MOST


def test_one_pause_is_no_overload():
    load = Load()
    load.n = 20
    load.felt(TARGET_S * (overload.SMOOTHED - 0.1))
    assert load.limit == MOST
    load.n = 100
    load.felt(10.0)
    assert load.limit == pytest.approx(101 * overload.LESS)


def test_the_beat_measures_how_late_the_loop_is():
    async def busy(load):
        import time

        load.start()
        await asyncio.sleep(0.05)
        calm_s = load.delay_s
        time.sleep(0.4)
        await asyncio.sleep(0.001)
        load.stop()
        return calm_s, load.delay_s

    calm_s, busy_s = asyncio.run(busy(Load()))
    assert busy_s > calm_s
    assert busy_s >= 0.3 / overload.SMOOTHED


def test_what_a_till_does_is_never_shed_for_lateness():
    assert {call.name for call in CALLS if not sheds(call)} == {call.name for call in CALLS if call.needs_key}
    assert "recommendations" in {call.name for call in CALLS if sheds(call)}


def test_over_http_a_full_house_is_a_429_that_says_when_to_come_back(world):
    world.front.load.limit = 0
    answer = world.ask("POST", "/v1/recommendations", "app", json={"user_id": "u00"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "1"
    sale = {"store_id": "s0", "order_id": "o1", "lines": [{"product_id": "p00", "unit_price_cents": 450}]}
    redeemed = world.ask("POST", "/v1/coupons/ABCD/redeem", "pos", json=sale, headers={"Idempotency-Key": "k"})
    assert redeemed.status_code == 200
    assert 'daypart_shed_total{reason="too_many_requests"} 1.0' in world.ask("GET", "/metrics").text
