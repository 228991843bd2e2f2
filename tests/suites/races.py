"""What 256 tills do to a ledger at the same moment. Adapters give `url`, a ledger without entries, and `empty_urls`, a few
databases without tables."""

from __future__ import annotations

from collections import Counter

import pytest

from offers.acting import Acting
from offers.book import Line
from offers.database import LedgerError
from offers.desk import Desk
from offers.journal import Journal
from offers.opening import open_chain
from tests.offers.desk_world import AT, PLANNED
from tests.suites.race_world import LATTES, Judge, at_auckland, call, held_and_paid, issued, returning, tally
from tests.suites.racing import N_RACERS, Crew

N_ROUNDS, N_FEW = 200, 5
RACERS, LOSERS = range(N_RACERS), N_RACERS - 1
EXHAUSTED, REACHED = "budget_exhausted", "limit_reached"


@pytest.fixture(scope="module")
def crew(tmp_path_factory):
    crew = Crew(tmp_path_factory.mktemp("crew"))
    yield crew
    crew.leave()


@pytest.fixture
def judged(url):
    """Judges once the race is over: nothing an answer lost, and verify content."""
    judges = []

    def judged(crew):
        judges.append(Judge(url))
        assert (judges[-1].verified(), judges[-1].lost(crew.heard)) == ([], [])
        return judges[-1]

    yield judged
    for judge in judges:
        judge.close()


class RaceSuite:
    @pytest.mark.timeout(600)
    def test_one_coupon_is_paid_once(self, url, crew, judged):
        coupons = issued(url, N_ROUNDS, 100 * N_ROUNDS)
        with crew.at(url):
            for n, (code, _) in enumerate(coupons):
                told = crew.run([call("redeem", code, f"{n}-{racer}") for racer in RACERS])
                assert tally(told) == {"done": 1, "already_redeemed": LOSERS}
        found = judged(crew)
        assert found.spent() == 100 * N_ROUNDS
        refused = Counter((row.order_id.split("-")[0], row.reason) for row in found.entries if row.kind == "refused")
        assert refused == {(str(n), "already_redeemed"): LOSERS for n in range(N_ROUNDS)}

    def test_one_coupon_many_desks(self, url, crew, judged):
        # Threads of one process that share no desk meet in the database only.
        coupons = issued(url, N_FEW, 100 * N_FEW)
        with crew.at(url, n_desks=8):
            for n, (code, _) in enumerate(coupons):
                told = crew.run([call("redeem", code, f"{n}-{racer}") for racer in RACERS])
                assert tally(told) == {"done": 1, "already_redeemed": LOSERS}
        assert judged(crew).spent() == 100 * N_FEW

    # -- the last cents, the last coupon: every racer has a coupon of its own

    @pytest.mark.parametrize(
        ("world", "refusal", "paid"),
        [
            ({"granted": 350}, EXHAUSTED, {"": 3}),
            ({"budget": {"per_store_cents": 250}}, EXHAUSTED, {"soho": 2, "auckland": 2}),
            # Auckland is a day ahead.
            ({"budget": {"per_day_cents": 150}}, EXHAUSTED, {"2025-11-04": 1, "2025-11-05": 1}),
            ({"budget": {"per_user_cents": 399}, "users": 2}, EXHAUSTED, {"r-u000": 3, "r-u001": 3}),
            ({"per_user_day": 2, "users": 2}, REACHED, {"r-u000": 2, "r-u001": 2}),
            ({"per_user": 1, "users": 4}, REACHED, {f"r-u00{n}": 1 for n in range(4)}),
            ({"coupons": 3}, REACHED, {"": 3}),
        ],
        ids=["campaign", "store", "day", "user", "a-users-day", "a-users-all", "coupons"],
    )
    @pytest.mark.parametrize("verbs", [("redeem",), ("hold", "redeem")], ids="+".join)
    def test_the_last_of_a_limit(self, url, crew, judged, world, refusal, paid, verbs):
        world = {"granted": 100_000, "auckland": True, **world}
        with crew.at(url):
            for n in range(2):
                coupons = issued(url, N_RACERS, id=f"{n}r", **world)
                calls = [call(verbs[r % len(verbs)], code, f"{n}-{r}") for r, (code, _) in enumerate(coupons)]
                told = crew.run(at_auckland(calls))
                assert tally(told) == {"done": sum(paid.values()), refusal: N_RACERS - sum(paid.values())}
        found = judged(crew)
        by = {"soho": "store_id", "2025-11-04": "day", "r-u000": "user"}.get(next(iter(paid)))
        assert Counter(found.paid_by(by)) == {key: 2 * times for key, times in paid.items()}
