import asyncio
import heapq
import random
import time

import pytest

from serving import overload
from serving.calls import CALLS
from serving.overload import BEAT_S, LATE_S, LEAST, MOST, MOST_ASIDE, TARGET_S, TURN_S, Load, sheds
from serving.problems import Problem


def turns(load, n, late_s=0.0, took_s=0.0, at_once=0):
    for _ in range(n * int(TURN_S / BEAT_S + 1)):
        load.n = at_once
        load.is_full(may_shed=True)
        load.answered(took_s)
        load.felt(late_s)


def test_in_time_all_are_let_in():
    load = Load()
    assert (load.limit, load.n, load.n_aside, load.late_s, load.took_s) == (MOST, 0, 0, 0.0, 0.0)
    turns(load, 20, LATE_S / 2, TARGET_S / 2, MOST)
    assert not load.is_full(may_shed=True)
    load.n = MOST + 1
    assert load.is_full(may_shed=True)
    assert load.is_full(may_shed=False)


@pytest.mark.parametrize("sign", [{"late_s": 4 * LATE_S}, {"took_s": 4 * TARGET_S}])
def test_lateness_takes_away_and_time_gives_back(sign):
    load = Load()
    turns(load, 3, at_once=200, **sign)
    assert LEAST <= load.limit < 200
    assert load.is_full(may_shed=True)
    assert not load.is_full(may_shed=False), "a till is not refused for that"
    turns(load, 40, at_once=200, **sign)
    assert load.limit == LEAST
    turns(load, 60, at_once=10)
    assert load.limit == MOST


@pytest.mark.parametrize(
    ("late_s", "took_s", "limit"), [(0.05, 0.15, 116), (0.0501, 0.0, 56.8), (0.0, 0.1501, 56.8), (-9.0, 0.0, 116)]
)
def test_up_to_its_targets_it_is_in_time(late_s, took_s, limit):
    load = Load()
    load.limit, load.late_s, load.took_s = 100.0, max(0.0, late_s), took_s
    for n in (70, 10):
        load.n = n
        load.is_full(may_shed=True)
    # The beats of one turn and no more: the limit is reckoned once, from the most there were at once in it.
    for _ in range(int(TURN_S / (BEAT_S + max(0.0, late_s))) + 2):
        load.felt(late_s)
        load.answered(took_s)
    assert load.limit == pytest.approx(limit)
    assert load.late_s == pytest.approx(max(0.0, late_s)), "a beat cannot come before its time"


def test_one_pause_is_no_overload():
    load = Load()
    turns(load, 2, at_once=20)
    load.felt(LATE_S / overload.BEAT_WEIGHT * 0.9)
    turns(load, 2, at_once=20)
    assert load.limit == MOST


def test_a_silence_forgets_how_long_answers_took():
    load = Load()
    turns(load, 10, took_s=10.0, at_once=100)
    assert load.limit < 100
    for _ in range(100 * int(TURN_S / BEAT_S)):
        load.n = 0
        load.felt(0.0)
    assert load.limit == MOST


def test_waiting_for_a_body_is_no_work_and_has_an_end():
    load = Load()
    load.n = 1
    with load.aside():
        assert (load.n, load.n_aside) == (0, 1)
    assert (load.n, load.n_aside) == (1, 0)
    load.n_aside = MOST_ASIDE - 1
    with load.aside(), pytest.raises(Problem) as found, load.aside():
        pass
    assert (load.n, load.n_aside) == (1, MOST_ASIDE - 1)
    assert (found.value.status, found.value.headers) == (429, {"Retry-After": "1"})


class OneServer:
    """One process in virtual time: serves in order of arrival, `serve_s` an answer, `refuse_s` a refusal."""

    def __init__(self, serve_s, refuse_s, seed):
        self.serve_s, self.refuse_s, self.rng = serve_s, refuse_s, random.Random(seed)
        self.load, self.now_s, self.free_s, self.beat_s = Load(), 0.0, 0.0, 0.0
        self.under_way = []

    def rush(self, rate, for_s):
        """(good answers a second, the slowest of the middle 99%, refusals) of Poisson arrivals."""
        end_s, took, n_refused = self.now_s + for_s, [], 0
        while self.now_s < end_s:
            self.now_s += self.rng.expovariate(rate)
            self.settle()
            self.load.n += 1
            start_s = max(self.now_s, self.free_s)
            if self.load.is_full(may_shed=True):
                n_refused += 1
                self.free_s, self.load.n = start_s + self.refuse_s, self.load.n - 1
            else:
                self.free_s = start_s + self.serve_s
                heapq.heappush(self.under_way, (self.free_s, self.now_s))
                took.append(self.free_s - self.now_s)
        return len(took) / for_s, sorted(took)[int(0.99 * len(took))], n_refused

    def settle(self):
        """Beats and answers until now."""
        while True:
            done_s = self.under_way[0][0] if self.under_way else float("inf")
            if min(done_s, self.beat_s) > self.now_s:
                return
            if done_s <= self.beat_s:
                _, came_s = heapq.heappop(self.under_way)
                self.load.n -= 1
                self.load.answered(done_s - came_s)
            else:
                self.load.felt(0.0)
                self.beat_s += BEAT_S


@pytest.mark.parametrize("serve_s", [0.0005, 0.002, 0.005])
@pytest.mark.parametrize("times", [1.5, 2.0, 3.0])
def test_beyond_what_it_can_do_it_still_does_most_of_it(serve_s, times):
    server, peak = OneServer(serve_s, serve_s / 12, seed=7), 1 / serve_s
    calm = server.rush(0.7 * peak, 5)
    assert calm[2] == 0
    goodput, slowest_s, n_refused = server.rush(times * peak, 60)
    assert goodput >= 0.8 * peak
    assert n_refused > 0
    assert slowest_s < 4 * TARGET_S
    # Two seconds to recover.
    server.rush(0.5 * peak, 2)
    goodput, slowest_s, n_refused = server.rush(0.5 * peak, 5)
    assert (n_refused, goodput > 0.45 * peak, slowest_s < TARGET_S) == (0, True, True)


def test_without_a_limit_the_same_server_would_drown(monkeypatch):
    monkeypatch.setattr(overload, "LEAST", MOST)
    server = OneServer(0.005, 0.005 / 12, seed=7)
    assert server.rush(2 / 0.005, 60)[1] > 4 * TARGET_S


def test_the_beat_measures_how_late_the_loop_is():
    async def busy(load):
        load.stop()  # which hadn't begun
        load.start()
        await asyncio.sleep(0.05)
        calm_s = load.late_s
        time.sleep(0.4)
        await asyncio.sleep(0.001)
        load.stop()
        busy_s, load.late_s = load.late_s, 7.0
        await asyncio.sleep(3 * BEAT_S)
        assert load.late_s == 7.0, "it beats no more"
        return calm_s, busy_s

    calm_s, busy_s = asyncio.run(busy(Load()))
    assert busy_s > calm_s
    assert busy_s >= 0.3 / 4


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
    assert 'daypart_problems_total{code="too_many_requests"} 1.0' in world.ask("GET", "/metrics").text
