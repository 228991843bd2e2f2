import numpy as np
import pytest

from bench import offers_plan
from bench.plan_crowd import Crowd
from bench.plan_instances import KINDS, instances, optimum, relaxation
from offers.allotment import allot
from offers.knapsack import Arrays
from tests.offers.knapsack_world import best_of_all, block, budgets


def test_a_crowd_is_the_same_each_time_in_blocks_and_in_memory():
    crowd = Crowd(9_000, seed=4, n_arms=5, n_stores=3)
    one, two = list(crowd.blocks()), list(crowd.blocks())
    assert [block.first_user for block in one] == [0, 4_000, 8_000]
    whole = crowd.in_memory().whole
    for name in ("value", "cost", "store"):
        assert np.array_equal(np.concatenate([getattr(b, name) for b in one]), getattr(whole, name))
        assert np.array_equal(getattr(one[1], name), getattr(two[1], name))
    assert (whole.cost >= 1).all()
    assert whole.store.max() == 2


def test_streamed_and_in_memory_are_planned_alike():
    crowd = Crowd(9_000, n_arms=5, n_stores=3)
    given = crowd.budgets(0.3)
    assert np.array_equal(allot(crowd, given).arm, allot(crowd.in_memory(), given).arm)


def test_budgets_are_a_share_of_what_is_wished():
    crowd = Crowd(5_000, n_arms=5, n_stores=3)
    poor, rich = crowd.budgets(0.1), crowd.budgets(0.2)
    assert rich.campaign_cents == pytest.approx(2 * poor.campaign_cents, abs=2)
    assert (rich.store_cents > poor.store_cents).all()


def test_every_kind_of_instance_comes():
    found = list(instances(len(KINDS), (5, 9), 3))
    assert tuple(kind for kind, _, _ in found) == KINDS
    assert all(5 <= source.n_users <= 9 for _, source, _ in found)


def test_highs_answers_what_trying_everything_does():
    users = [[(5.0, 4, 0, 0, 0), (4.0, 3, 0, -1, 1)], [(6.0, 4, 0, 0, 0)], [(2.0, 1, -1, -1, 0)]]
    source, given = Arrays(block(users, cap=2)), budgets(9, [8], [1])
    assert optimum(source.whole, given) == pytest.approx(best_of_all(source, given)) == 12.0
    one = Arrays(block([[(5.0, 4)], [(6.0, 4)]]))
    assert relaxation(one.whole, budgets(6)) == pytest.approx(8.5)
    assert optimum(block([[]]), budgets(6)) == 0.0


def test_rows_say_what_was_reached(monkeypatch):
    monkeypatch.setattr("offers.polishing.EFFORT", 1e6)
    monkeypatch.setattr("offers.neighbourhoods.LOCAL_EFFORT", 1e6)
    monkeypatch.setattr(offers_plan, "SMALL", 6)
    monkeypatch.setattr(offers_plan, "MIDDLE", 1)
    monkeypatch.setattr(offers_plan, "LARGE", 1)
    found = offers_plan.beside_highs()
    assert [row["met"] for row in found] == [True] * 5
    assert found[1]["value"] == 6
    assert offers_plan.ratio_row(300, 1)["against_value"] > 0


def test_a_plan_at_fault_is_no_figure(monkeypatch):
    monkeypatch.setattr(offers_plan, "faults", lambda *given: ["store 0: 2 used of 1"])
    with pytest.raises(RuntimeError, match="store 0"):
        offers_plan.audited(Arrays(block([[(1.0, 1)]])), budgets(1))
