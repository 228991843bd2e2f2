"""Days that explore: paid from their share, in an order of chance, with propensities that frequencies keep to."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from offers.candidates import Candidate
from offers.deciding import decision_of
from offers.drafts import NOTHING, Arm
from offers.means import Means
from offers.spending import spend
from offers.trying import tried
from tests.offers.plan_world import KNOWN, TUESDAY, campaign

ARMS = (NOTHING, Arm("p", 100, 0.5, 9.0, 5.0), Arm("q", 100, 0.5, -3.0, 4.0))
TRIES = (0.25, 0.25, 0.5)


def rng(seed=0):
    return np.random.default_rng(seed)


def candidate(user, drawn=None, holdout=False, **changes):
    """The plan may take p only; chance may take q too."""
    made = Candidate(user, "s0", KNOWN, holdout, arms=ARMS, n_planned=1, tries=TRIES, drawn=drawn)
    return replace(made, **changes)


def test_chance_has_its_way_and_the_plan_what_is_left():
    crowd = [candidate("a", 2), candidate("b", 0), candidate("c"), candidate("d", 2, holdout=True)]
    found = tried(crowd, Means(1000, {"s0": 500}, {("s0", "q"): 3}), 0.5, rng())
    assert found.arm == [2, 0, None, 2]
    assert (found.cost_cents, found.value_cents) == (4, -3.0)
    assert (found.left.cents, found.left.store_cents, found.left.units) == (996, {"s0": 496}, {("s0", "q"): 2})
    spent = spend(crowd, Means(1000), 0.5, rng())
    assert spent.planned == [2, 0, 1, 2]
    assert spent.choice.arm.tolist() == [0, 0, 1, 0]


def test_no_share_and_no_order_explore_nothing():
    crowd = [candidate("a", 2), candidate("b", 0)]
    assert spend(crowd, Means(1000), 0.0, rng()).planned == [1, 1]
    assert spend(crowd, Means(1000), 0.5).planned == [1, 1]
    assert spend(crowd, Means(1000), 0.5).chance == [1.0, 1.0]


@pytest.mark.parametrize(("cents", "n"), [(82, 10), (81, 9), (10, 1), (9, 0)])
def test_trying_ends_with_its_share_of_the_money(cents, n):
    # q costs 4 and p 5: as long as either could be paid, whoever comes next may try.
    crowd = [candidate(f"u{k}", 2) for k in range(20)]
    found = tried(crowd, Means(cents), 0.5, rng())
    assert sum(arm is not None for arm in found.arm) == n == sum(found.open)
    assert found.cost_cents == 4 * n
    # Whom chance could not reach was planned for sure.
    spent = spend(crowd, Means(cents), 0.5, rng())
    closed = [chance for chance, is_open in zip(spent.chance, found.open, strict=True) if not is_open]
    assert set(closed) <= {1.0}


def test_who_is_weighed_again_tries_nothing_and_ends_nothing():
    dear = (NOTHING, Arm("p", 900, 0.5, 99.0, 400.0), ARMS[2])
    crowd = [candidate("a", again=1, arms=dear), candidate("b", 2), candidate("c", again=1, tries=())]
    # Money for one small try; theirs was this morning, and chance could have had its way then.
    found = tried(crowd, Means(10), 0.5, rng())
    assert (found.arm, found.open) == ([None, 2, None], [True, True, False])
    assert tried(crowd, Means(2), 0.5, rng()).open == [True, False, False]
    spent = spend([candidate("a", again=1)], Means(5), 0.5, rng())
    assert (spent.planned, spent.chance) == ([1], [0.5 + 0.5 * TRIES[1]])


def test_a_shelf_or_a_stores_purse_ends_it_for_that_store_only():
    crowd = [candidate(f"u{k}", 2, store_id=f"s{k % 2}") for k in range(40)]

    def n_tried(means):
        found = tried(crowd, means, 0.5, rng())
        return [
            [arm for arm, one in zip(found.arm, crowd, strict=True) if one.store_id == s].count(2) for s in ("s0", "s1")
        ]

    assert n_tried(Means(1000, {}, {("s0", "q"): 3})) == [3, 20]
    assert n_tried(Means(1000, {"s0": 24})) == [2, 20]
    assert n_tried(Means(1000, {"s0": 26})) == [3, 20]
    # Empty from the start it spares who drew it, and nobody else.
    assert n_tried(Means(1000, {}, {("s0", "q"): 0})) == [0, 20]


@pytest.mark.parametrize(
    "means", [Means(150), Means(10**6, {"s0": 150}), Means(10**6, {}, {("s0", "p"): 2, ("s0", "q"): 2})]
)
def test_what_is_logged_holds_where_money_or_shelves_are_short(means):
    """Many plans of a small world: how often each arm is sent beside the sum of what was logged of it."""
    share, sent, logged = 0.3, np.zeros(3), np.zeros(3)
    draws = rng(4)
    for seed in range(400):
        coins = draws.random(40) < share
        crowd = [candidate(f"u{k}", int(draws.choice(3, p=TRIES)) if coin else None) for k, coin in enumerate(coins)]
        spent = spend(crowd, means, share, rng(seed))
        for place, (one, arm) in enumerate(zip(crowd, spent.planned, strict=True)):
            sent[arm] += 1
            may = share if spent.tried.open[place] else 0.0
            greedy = spent.choice.arm[place] if spent.tried.arm[place] is None else 1
            logged += np.array([(1 - may) * (a == greedy) + may * one.tries[a] for a in range(3)])
    # Arm q is sent by chance alone.
    assert sent[2] == pytest.approx(logged[2], rel=0.1)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_order_is_of_chance(share):
    crowd = [candidate(f"u{k}", 2) for k in range(20)]
    for explore in (lambda *given: tried(*given).arm, lambda *given: spend(*given).planned):
        first = [explore(crowd, Means(int(20 / share)), share, rng(seed)).index(2) for seed in range(30)]
        assert len(set(first)) > 5


def test_what_is_logged_is_how_often_it_happens(monkeypatch):
    """Many days of one user beside the record: every arm sent about as often as its propensity says."""
    share, holdout, n = 0.4, 0.2, 20_000
    draws, held = rng(1), rng(2).random(n) < holdout
    crowd = [
        candidate(f"u{k}", int(draws.choice(3, p=TRIES)) if draws.random() < share else None, bool(held[k]))
        for k in range(n)
    ]
    spent = spend(crowd, Means(10**9), share, rng(3))
    monkeypatch.setattr("offers.deciding._terms", lambda *given: None)
    made = campaign(plan=campaign().plan.__class__(holdout_share=holdout))
    logged: dict[int, set[float]] = {}
    sent: Counter[int] = Counter()
    for person, arm, chance, refused in zip(crowd, *spent.rows, strict=True):
        decision = decision_of(person, arm, made, None, TUESDAY, "USD", "m1", chance, refused)
        logged.setdefault(decision.sent_arm, set()).add(round(decision.propensity, 12))
        sent[decision.sent_arm] += 1
    assert {arm: len(values) for arm, values in logged.items()} == {0: 1, 1: 1, 2: 1}
    for arm, values in logged.items():
        assert sent[arm] / n == pytest.approx(values.pop(), abs=0.012)


def test_the_reason_of_a_day_drawn_to_get_nothing():
    made = decision_of(candidate("a", 0), 0, campaign(), None, TUESDAY, "USD", "m1", 0.1)
    assert (made.reason, made.terms) == ("explored", None)
    poor = decision_of(candidate("a"), 0, campaign(), None, TUESDAY, "USD", "m1", 1.0, "stock")
    assert poor.reason == "stock"
