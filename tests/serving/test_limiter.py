"""Workers are limiters over one purse. Their calls are counted, whatever becomes of the store in between."""

import asyncio
import logging
import threading

import pytest

from serving.keys import ApiKey
from serving.limiter import CLOSED_S, Limiter, PurseGone
from serving.problems import Problem
from serving.rate import Bucket, Rate
from tests.serving.fakes import Clock

KEY, OTHER, ADMIN = (ApiKey(f"{scope}-{n}", scope, None, None) for n, scope in enumerate(("app", "app", "admin")))
RATE = Rate(per_s=40, burst=10)


class SharedPurse:
    """Buckets in memory, with a switch for a store that is gone."""

    def __init__(self, clock):
        self.clock, self.buckets, self.gone, self.n_asked = clock, {}, False, 0
        self.slow = None

    def take(self, key_id, rate, wanted):
        self.n_asked += 1
        if self.slow is not None:
            self.slow.wait()
        if self.gone:
            raise PurseGone("connection refused")
        return self.buckets.setdefault(key_id, Bucket(rate, self.clock())).take(wanted, self.clock())


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.fixture
def purse(clock):
    return SharedPurse(clock)


@pytest.fixture
def workers(clock, purse):
    found = [Limiter({"app": RATE}, purse, clock) for _ in range(3)]
    yield found
    for one in found:
        one.close()


async def n_let_in(limiters, key, n_calls):
    """How many of the calls, dealt out in turn, were let in; and the last refusal."""
    n, last = 0, None
    for k in range(n_calls):
        try:
            await limiters[k % len(limiters)].spend(key)
            n += 1
        except Problem as problem:
            last = problem
    return n, last


def test_all_workers_together_keep_to_the_burst_and_the_rate(workers, clock):
    async def run():
        n, refused = await n_let_in(workers, KEY, 60)
        assert (n, refused.status, refused.code) == (RATE.burst, 429, "rate_limited")
        total = n
        for _ in range(40):
            clock.now_s += 0.1
            total += (await n_let_in(workers, KEY, 60))[0]
        return total

    total = asyncio.run(run())
    assert RATE.burst + 4 * RATE.per_s - len(workers) * 2 * RATE.handful <= total <= RATE.burst + 4 * RATE.per_s


def test_calls_that_come_together_are_counted_as_well(workers):
    async def run():
        calls = [one.spend(KEY) for one in workers for _ in range(20)]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(run())
    assert sum(answer is None for answer in answers) == RATE.burst
    assert all(answer is None or answer.status == 429 for answer in answers)


def test_a_refused_key_is_told_when_and_asks_nobody_until_then(workers, clock, purse):
    async def run():
        await n_let_in(workers[:1], KEY, RATE.burst)
        _, refused = await n_let_in(workers[:1], KEY, 1)
        assert refused.headers["Retry-After"] == "1"
        n_asked = purse.n_asked
        for _ in range(2):
            assert (await n_let_in(workers[:1], KEY, 100))[0] == 0
            clock.now_s += 0.4 / RATE.per_s
        assert purse.n_asked == n_asked
        clock.now_s += 0.21 / RATE.per_s
        assert (await n_let_in(workers[:1], KEY, 5))[0] == 1

    asyncio.run(run())


def test_keys_are_counted_apart_and_scopes_without_a_rate_not_at_all(workers, purse):
    async def run():
        assert (await n_let_in(workers, KEY, 30))[0] == RATE.burst
        assert (await n_let_in(workers, OTHER, 30))[0] == RATE.burst
        assert (await n_let_in(workers, ADMIN, 100))[0] == 100

    asyncio.run(run())
    assert set(purse.buckets) == {KEY.key_id, OTHER.key_id}


def test_a_worker_asks_once_a_handful(clock, purse):
    async def run(limiter):
        await n_let_in([limiter], KEY, 400)

    limiter = Limiter({"app": Rate(per_s=1000, burst=1000)}, purse, clock)
    asyncio.run(run(limiter))
    limiter.close()
    assert 400 / 50 <= purse.n_asked <= 400 / 50 + 2


def test_without_the_store_each_worker_counts_alone_and_says_so_once(workers, clock, purse, caplog):
    async def run():
        purse.gone = True
        assert (await n_let_in(workers, KEY, 90))[0] == len(workers) * RATE.burst
        assert purse.n_asked == len(workers)
        clock.now_s += CLOSED_S
        assert (await n_let_in(workers, KEY, 30))[0] == 30
        purse.gone = False
        clock.now_s += CLOSED_S
        # Whatever they had counted alone is forgotten, but for what they hold in hand.
        return (await n_let_in(workers, KEY, 90))[0]

    with caplog.at_level(logging.WARNING, "daypart.serving"):
        n_after = asyncio.run(run())
    assert RATE.burst <= n_after <= RATE.burst + len(workers) * 2 * RATE.handful
    assert caplog.text.count("counted per worker: connection refused") == len(workers)
    assert caplog.text.count("rate limits are counted over all workers again") == len(workers)


def test_keys_that_wait_behind_a_silent_store_do_not_sit_out_a_silence_each(workers, purse):
    async def run():
        purse.gone = True
        many = [ApiKey(f"app-{n}", "app", None, None) for n in range(50)]
        await asyncio.gather(*(workers[0].spend(key) for key in many))

    asyncio.run(run())
    assert purse.n_asked == 1


def test_one_slow_answer_is_waited_for_by_all_and_a_client_that_leaves_ends_it_for_nobody(workers, purse):
    async def run():
        purse.slow = threading.Event()
        waiting = [asyncio.ensure_future(workers[0].spend(KEY)) for _ in range(5)]
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        await asyncio.sleep(0.01)
        purse.slow.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert answers[1:] == [None] * 4

    asyncio.run(run())


class Told:
    """A purse that says what it is told to, and counts."""

    def __init__(self, *answers):
        self.answers, self.n_asked = list(answers), 0

    def take(self, key_id, rate, wanted):
        self.n_asked += 1
        assert self.n_asked < 20, "it asks for ever"
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if found is None:
            raise PurseGone("connection refused")
        return found


def lone(clock, rate, *answers):
    purse = Told(*answers)
    return Limiter({"app": rate}, purse, clock), purse


def test_a_purse_that_has_nothing_and_no_wait_is_not_asked_for_ever(clock):
    limiter, purse = lone(clock, RATE, (0, 0.0))
    assert asyncio.run(n_let_in([limiter], KEY, 1))[0] == 0
    assert purse.n_asked == 1
    limiter.close()


def test_a_handful_is_fetched_when_half_of_one_is_left_and_not_while_refused(clock):
    rate = Rate(per_s=1000, burst=1000)
    limiter, purse = lone(clock, rate, (rate.handful, 0.0), (0, 9.0))

    async def spend(n):
        for _ in range(n):
            await limiter.spend(KEY)
            for _ in range(5):
                await asyncio.sleep(0.001)
        return purse.n_asked

    async def run():
        half = rate.handful - rate.handful // 2
        return await spend(half - 1), await spend(1), await spend(3)

    assert asyncio.run(run()) == (1, 2, 2)
    limiter.close()


def test_a_store_that_goes_twice_is_told_twice_and_counted_afresh(clock, caplog):
    rate = Rate(per_s=1, burst=4)
    limiter, _ = lone(clock, rate, None, (1, 0.0), None)

    async def run():
        found = []
        for _ in range(3):
            found.append((await n_let_in([limiter], KEY, 20))[0])
            clock.now_s += CLOSED_S
        return found

    with caplog.at_level(logging.WARNING, "daypart.serving"):
        first, _, _ = asyncio.run(run())
    assert first == rate.burst
    assert caplog.text.count("counted per worker") == 2
    limiter.close()
