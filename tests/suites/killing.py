"""What a ledger keeps of calls whose caller was killed, or never got the answer. Adapters give `url`, as for `races`."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from offers.answers import KeyReused
from offers.database import LedgerError
from offers.desk import Desk
from offers.journal import Journal
from offers.tables import answers, entries
from offers.verify import verify
from tests.suites.race_world import LATTES, back, call, issued, redeemed, tally
from tests.suites.races import Racing
from tests.suites.racing import N_PROCESSES, N_RACERS, Call, Crew, Told, call_at, plain

RACERS = range(N_RACERS)
N_KILLED_ROUNDS = 20
MOST_STEPS = 60


class Deaf(Journal):
    """Commits, and then the line is cut."""

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        with super().write() as connection:
            yield connection
        raise LedgerError("cut after the commit")


class Dying(Journal):
    """Is cut off before it can commit."""

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        with super().write() as connection:
            yield connection
            raise LedgerError("cut before the commit")


def one_coupon(url: str, number: int) -> tuple[list[Call], dict[str, int]]:
    coupon = issued(url, 1, 100, id=f"c{number}")[0]
    calls = [call("redeem", coupon.code, f"{number}-{racer}") for racer in RACERS]
    return calls, {"done": 1, "already_redeemed": N_RACERS - 1}


def rounds_of(url: str, n: int) -> list[tuple[list[Call], dict[str, int]]]:
    """Rounds of every kind of race with what must come out of each."""
    found = []
    for number in range(n):
        if number % 4 == 0:
            found.append(one_coupon(url, number))
            continue
        one = issued(url, N_RACERS if number % 4 == 1 else 1, 350, id=f"c{number}")
        coupon = one[0]
        if number % 4 == 1:
            calls = [call("redeem", each.code, f"{number}-{racer}") for racer, each in enumerate(one)]
            wanted = {"done": 3, "budget_exhausted": N_RACERS - 3}
        elif number % 4 == 2:
            redeemed(url, one)
            calls = [back(coupon, f"{racer}") for racer in RACERS]
            wanted = {"done": 1, "released": N_RACERS - 1}
        else:
            redeemed(url, one, units=LATTES)
            calls = [back(coupon, f"{racer}", 1) for racer in RACERS]
            wanted = {"done": LATTES, "released": N_RACERS - LATTES}
        found.append((calls, wanted))
    return found


def all_the_same_again(crew: Crew, rounds: Sequence[Any], told: Sequence[Sequence[Told]]) -> None:
    """Every call of every round is made once more, and every racer hears what it heard."""
    for (calls, _), before in zip(rounds, told, strict=True):
        again = crew.run(calls)
        assert [(one.outcome, one.body) for one in again] == [(one.outcome, one.body) for one in before]
        assert all(one.replay for one in again)


def n_entries(journal: Journal) -> int:
    with journal.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(entries)).scalar_one())


class KillSuite(Racing):
    @pytest.mark.timeout(600)
    def test_killed_at_random_moments(self, url, crew, judged):
        rng, rounds, told = random.Random(4), rounds_of(url, N_KILLED_ROUNDS), []
        with crew.at(url):
            span = 1.0

            def kill_some(crew: Crew) -> None:
                # As late as rounds last on this machine: who gets through halves the span, who doesn't widens it.
                nonlocal span
                for number in rng.sample(range(N_PROCESSES), rng.choice((1, 1, 2))):
                    span *= 1.5 if crew.kill(number, rng.uniform(0, span)) else 0.5

            for calls, wanted in rounds:
                told.append(crew.run(calls, kill_some))
                assert tally(told[-1]) == wanted
            found = judged(crew)
            all_the_same_again(crew, rounds, told)
        assert crew.n_killed >= N_KILLED_ROUNDS / 3, "too few were killed to show anything"
        assert n_entries(found.journal) == len(found.entries)
        assert verify(found.journal) == []

    @pytest.mark.timeout(600)
    def test_killed_at_every_step(self, url, crew, judged):
        # Before and after every statement and commit, of which the last lose answers that stand in the journal.
        rounds, told = [], []
        with crew.at(url):
            for step in range(1, MOST_STEPS + 1):
                n_killed, victim = crew.n_killed, step % N_PROCESSES
                rounds.append(one_coupon(url, step))
                told.append(crew.run(rounds[-1][0], dies_at={victim: step}))
                assert tally(told[-1]) == rounds[-1][1]
                if crew.n_killed == n_killed:
                    break
            found = judged(crew)
            all_the_same_again(crew, rounds, told)
        assert crew.n_killed > 8
        heard = [one for one in crew.heard[: N_RACERS * len(rounds)] if one.replay]
        assert heard, "no answer was lost"
        assert n_entries(found.journal) == len(found.entries)

    @pytest.mark.parametrize("cut", [Deaf, Dying])
    @pytest.mark.parametrize("verb", ["hold", "redeem", "release", "reverse", "token"])
    @pytest.mark.parametrize("allowed", [True, False], ids=["done", "refused"])
    def test_an_answer_that_got_lost_is_the_same_bytes(self, url, verb, allowed, cut):
        coupon, other = issued(url, 2, 10**6)
        whole, cut_off = Desk(Journal(url)), Desk(cut(url))
        before = {"release": "hold", "reverse": "redeem"}.get(verb)
        if before and allowed:
            call_at(whole, call(before, coupon.code, "o1"))
        if not before and not allowed:
            call_at(whole, call("redeem", coupon.code, "o2"))
        asked = call(verb, coupon.code, "o1", key="k")
        n_before = n_entries(whole.journal)
        with pytest.raises(LedgerError, match="cut"):
            call_at(cut_off, asked)
        kept = self.kept(whole.journal)
        assert (n_entries(whole.journal) - n_before, kept is not None) == ((1, True) if cut is Deaf else (0, False))
        answer = call_at(whole, asked)
        assert (answer.ok, answer.replay) == (allowed, cut is Deaf)
        assert plain(answer) == (kept or self.kept(whole.journal))
        again = call_at(Desk(Journal(url)), asked)
        assert (plain(again), again.replay) == (plain(answer), True)
        bodies = [call(verb, other.code, "o1", key="k"), call(verb, coupon.code, "o1", key="k", till_id="t9")]
        # A token has no order.
        bodies += [call(verb, coupon.code, "o9", key="k")] if verb != "token" else []
        for changed in bodies:
            with pytest.raises(KeyReused):
                call_at(whole, changed)
        assert n_entries(whole.journal) == n_before + 1
        assert verify(whole.journal) == []

    def kept(self, journal: Journal) -> str | None:
        with journal.read() as connection:
            body = connection.execute(sa.select(answers.c.body).where(answers.c.key == "k")).scalar()
        return None if body is None else str(body)
