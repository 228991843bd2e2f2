from dataclasses import replace

import numpy as np
import pytest

from offers.allotment import allot
from offers.knapsack import Arrays, Budgets, part
from offers.pacing import repace, reprice
from offers.plan_check import faults
from tests.offers.knapsack_world import block, budgets, crowd, random_question


def day(source, given, hours=10, cut=None):
    """Serve everybody in so many batches; (arms, value, what is left); cut: (hour, budgets as they are from then on)."""
    n, arms, value, left, prices = source.n_users, [], 0.0, given, None
    edges = np.linspace(0, n, hours + 1).astype(int)
    for hour in range(hours):
        if cut is not None and hour == cut[0]:
            left = cut[1](left)
        waiting = replace(part(source.whole, edges[hour], n), first_user=0)
        now = replace(part(source.whole, edges[hour], edges[hour + 1]), first_user=0)
        paced = repace(now, Arrays(waiting), left, prices)
        arms.append(paced.arm)
        value, left, prices = value + paced.value_cents, paced.left, paced.prices
    return np.concatenate(arms), value, left


def test_a_day_paced_earns_nearly_what_a_plan_of_it_would():
    source, given = crowd(3_000)
    choice, (arms, value, left) = allot(source, given), day(source, given)
    assert 0.97 * choice.bound_cents < value <= choice.bound_cents
    cost = source.whole.cost[(np.arange(3_000) * 8 + arms - 1)[arms > 0]].sum()
    assert cost == given.campaign_cents - left.campaign_cents
    assert (left.limits >= 0).all()


def test_a_price_keeps_money_back_for_those_who_earn_more_later():
    users = [[(5.0, 10)]] * 20 + [[(20.0, 10)]] * 20
    source = Arrays(block(users))
    arms, value, _ = day(source, budgets(200), hours=4)
    assert arms.tolist() == [0] * 20 + [1] * 20
    assert value == 400.0


def test_a_budget_cut_or_raised_by_noon_is_followed():
    source, given = crowd(2_000)
    half = (5, lambda left: replace(left, campaign_cents=left.campaign_cents // 2))
    more = (5, lambda left: Budgets(left.campaign_cents * 2, left.store_cents * 2, left.stock))
    cut, plain, raised = (day(source, given, cut=change)[1] for change in (half, None, more))
    assert cut < plain < raised
    nothing = day(source, given, cut=(5, lambda left: replace(left, campaign_cents=0)))
    assert (nothing[0][1_000:] == 0).all()
    assert nothing[0][:1_000].any()


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_hour_every_limit_is_kept(seed):
    source, given = random_question(seed, 12, 4)
    paced = repace(source.whole, source, given)
    used = given.limits - paced.left.limits
    choice = allot(source, given)
    made = replace(
        choice, arm=paced.arm, value_cents=paced.value_cents, cost_cents=int(used[0]), used=used, exact=False
    )
    assert faults(source, given, made) == []


def test_what_sells_out_isnt_offered_on():
    users = [[(9.0, 1, -1, 0), (2.0, 1)]] * 4
    paced = repace(block(users), Arrays(block(users)), budgets(99, stock=[2]), np.array([0.0, 0.0, 0.0]))
    assert sorted(paced.arm.tolist()) == [1, 1, 2, 2]
    assert paced.left.stock.tolist() == [0]


def test_nobody_waits():
    empty = block([])
    assert reprice(Arrays(empty), budgets(9)).tolist() == [0.0, 0.0]
    assert repace(empty, Arrays(empty), budgets(9)).arm.tolist() == []


def test_prices_of_the_last_call_lead_to_the_same_prices():
    source, given = crowd(2_000)
    cold = reprice(source, given)
    warm = reprice(source, given, cold)
    assert np.allclose(cold, warm, atol=0.02)
