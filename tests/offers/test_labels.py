import itertools

import numpy as np
import pytest

from offers.label_steps import Effort, Run
from offers.labels import search
from offers.neighbourhoods import explored, taken_by
from offers.options import options_of
from offers.polishing import polished
from offers.prices import find_prices
from offers.repair import left_over, repaired
from offers.screening import every_row
from tests.offers.knapsack_world import block, budgets, crowd, random_question


def question(seed, n_users=6):
    source, given = random_question(seed, n_users, 3)
    rows = every_row(source.whole, given)
    return rows, given, find_prices(rows, given.limits) if len(rows) else None


def best_short(options, room, prices):
    """Regrets and unused price of the best plan, by trying all."""
    ways = [range(low, high) for low, high in itertools.pairwise(options.indptr.tolist())]
    found = []
    for plan in itertools.product(*ways):
        left = room - options.use[list(plan)].sum(axis=0)
        if (left >= 0).all():
            found.append(float(options.regret[list(plan)].sum() + left @ prices))
    return min(found, default=None)


@pytest.mark.parametrize("seed", range(60))
def test_the_search_finds_the_best_or_tells_that_there_is_none(seed):
    rows, given, priced = question(seed)
    if priced is None:
        return
    options = options_of(rows, priced.prices, 20.0)
    best = best_short(options, given.limits, priced.prices)
    for within, there in ((best, True), (best - 1e-6, False)):
        effort = Effort(1e9)
        found = search(options, given.limits, priced.prices, within + 1e-9, 10**6, effort)
        assert not effort.cut
        assert (found is not None) is there
    found = search(options, given.limits, priced.prices, best + 1.0, 10**6, Effort(1e9))
    left = given.limits - options.use[found].sum(axis=0)
    assert (left >= 0).all()
    assert options.regret[found].sum() + left @ priced.prices == pytest.approx(best)


def test_a_search_that_gives_labels_up_says_so():
    source, given = crowd(60)
    rows = every_row(source.whole, given)
    priced = find_prices(rows, given.limits)
    options = options_of(rows, priced.prices, 30.0)
    for effort, width in ((Effort(1e9), 2), (Effort(50.0), 10**6)):
        search(options, given.limits, priced.prices, 30.0, width, effort)
        assert effort.cut


def test_options_with_too_much_regret_are_none():
    given = budgets(99)
    rows = every_row(block([[(5.0, 1), (4.0, 1)], [(3.0, 1, -1, -1, 0), (2.0, 1, -1, -1, 1)]], cap=2), given)
    prices = np.zeros(2)
    assert [len(options_of(rows, prices, within).arms) for within in (0.0, 1.0, 3.0, 9.0)] == [3, 4, 6, 7]
    # A coupled user chooses among combinations of at most the cap.
    day = [[(5.0, 1, -1, -1, slot) for slot in range(3)]]
    coupled = options_of(every_row(block(day, cap=2), given), prices, 99.0)
    assert (len(coupled), sorted(map(len, coupled.arms))) == (1, [0, 1, 1, 1, 2, 2, 2])
    few, old = coupled.only(np.array([0]), coupled.regret == 0)
    assert (len(few.arms), old.tolist()) == (3, [0, 1, 2])


def test_too_many_options_are_not_looked_at(monkeypatch):
    monkeypatch.setattr("offers.options.MOST_OPTIONS", 5)
    day = [[(5.0, 1, -1, -1, slot) for slot in range(3)]] * 2
    assert options_of(every_row(block(day, cap=2), budgets(99)), np.zeros(2), 99.0) is None


def test_dominated_labels_are_dropped():
    use, regret = np.array([[0], [4], [0], [4], [2]]), np.array([4.0, 0.0, 4.0, 0.0, 9.0])
    run = Run(use, regret, np.array([0, 2, 5]), np.array([8]), np.array([1.0]), 100.0, 100)
    used, regrets, picked = run.labels(np.zeros(1, int), np.zeros(1, int), 0, Effort(1e6))
    # Closed at the end: what is left unused has its price.
    assert regrets.min() == 0.0
    assert picked[int(np.argmin(regrets))].tolist() == [1, 3]
    assert (used == 8).all()


@pytest.mark.parametrize("seed", range(3))
def test_polishing_never_loses_and_wins_where_it_looks_everywhere(seed, monkeypatch):
    monkeypatch.setattr("offers.polishing.EFFORT", 3e6)
    monkeypatch.setattr("offers.neighbourhoods.LOCAL_EFFORT", 3e6)
    source, given = crowd(150, seed, share=0.1)
    rows = every_row(source.whole, given)
    priced = find_prices(rows, given.limits)
    rough = repaired(rows, given.limits, priced.prices)
    value = rows.value[rough[rough >= 0]].sum()
    for prove in (True, False):
        pick, _ = polished(rows, given.limits, priced.prices, priced.bound, rough, 0, prove)
        assert (left_over(rows, pick, given.limits) >= 0).all()
        better = rows.value[pick[pick >= 0]].sum()
        assert value <= better <= priced.bound
        assert value < better or not prove


def test_a_budget_that_costs_cannot_use_up_is_cut_before_the_proof():
    given = budgets(20)
    rows = every_row(block([[(3.0, 7)]] * 9), given)
    priced = find_prices(rows, given.limits)
    pick = repaired(rows, given.limits, priced.prices)
    assert (pick >= 0).sum() == 2
    assert priced.bound > 8.5
    assert polished(rows, given.limits, priced.prices, priced.bound, pick, 0, True)[1]


def test_neighbourhoods_only_ever_better_a_plan_within_the_limits():
    source, given = crowd(80, 5, share=0.2)
    rows = every_row(source.whole, given)
    priced = find_prices(rows, given.limits)
    pick = repaired(rows, given.limits, priced.prices)
    options = options_of(rows, priced.prices, 60.0)
    before = taken_by(options, pick)
    assert {arm for option in before for arm in options.arms[option]} == set(pick[pick >= 0].tolist())
    after = explored(options, given.limits, priced.prices, before, np.random.default_rng(0))
    lefts = [given.limits - options.use[taken].sum(axis=0) for taken in (before, after)]
    assert (lefts[1] >= 0).all()
    shorts = [options.regret[t].sum() + left @ priced.prices for t, left in zip((before, after), lefts, strict=True)]
    assert shorts[1] < shorts[0]
