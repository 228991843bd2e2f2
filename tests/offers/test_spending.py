from dataclasses import replace

import numpy as np
import pytest

from offers.campaign import Budget, Prior, Products
from offers.candidates import Candidate
from offers.desk import Desk
from offers.drafts import NOTHING, Arm
from offers.errors import PlanError
from offers.journal import Journal
from offers.market import read_market
from offers.means import Means, read_means
from offers.plan import plan
from offers.spending import spend
from tests.offers.plan_world import KNOWN, NOW, TUESDAY, campaign, ranker, write


def candidate(user, *arms, store="s0", holdout=False):
    """arms: (product, value, cost)."""
    made = (NOTHING, *(Arm(product, 100, 0.5, value, cost) for product, value, cost in arms))
    return Candidate(user, store, KNOWN, holdout, arms=made)


def test_money_is_spent_outside_the_holdout_only():
    two = [candidate("a", ("p", 9.0, 5.0)), candidate("b", ("p", 7.0, 4.5), holdout=True)]
    rich = spend(two, Means(1000))
    assert (rich.choice.arm.tolist(), rich.planned, rich.choice.cost_cents) == ([1, 0], [1, 1], 5)
    poor = spend(two, Means(0))
    assert (poor.planned[0], poor.choice.cost_cents, poor.choice.value_cents) == (0, 0, 0.0)


def test_what_is_held_out_is_planned_at_the_prices_of_money():
    crowd = [candidate(f"u{n}", ("p", 10.0 + n / 10, 10.0)) for n in range(60)]
    dear, cheap = candidate("x", ("p", 11.0, 10.0), holdout=True), candidate("y", ("p", 15.9, 10.0), holdout=True)
    found = spend([*crowd, dear, cheap], Means(100))
    assert found.choice.arm.tolist() == [0] * 50 + [1] * 10 + [0, 0]
    assert found.planned[-2:] == [0, 1]


@pytest.mark.parametrize(
    ("value", "means", "arm"),
    [(0.05, Means(1000), 1), (0.0, Means(1000), 0), (9.0, Means(5), 1), (9.0, Means(4), 0),
     (9.0, Means(1000, {"s0": 5}), 1), (9.0, Means(1000, {"s0": 4}), 0),
     (9.0, Means(1000, {}, {("s0", "p"): 1}), 1), (9.0, Means(1000, {}, {("s0", "p"): 0}), 0)],
)  # fmt: skip
def test_what_is_held_out_is_planned_where_it_pays_and_could_have_been_paid(value, means, arm):
    assert spend([candidate("a", ("p", value, 5.0), holdout=True)], means).planned == [arm]


def test_each_store_keeps_its_own_budget():
    crowd = [candidate(f"u{n}", ("p", 10.0 + n, 10.0), store=f"s{n % 2}") for n in range(8)]
    found = spend(crowd, Means(1000, {"s0": 20, "s1": 1000}))
    assert found.choice.arm.tolist() == [0, 1, 0, 1, 1, 1, 1, 1]
    assert found.choice.used.tolist() == [60, 20, 40, 0]
    assert list(found.store_prices) == ["s0"]
    assert found.choice.price == 0.0


def test_no_more_coupons_than_units():
    crowd = [candidate(f"u{n}", ("p", 10.0 + n, 10.0), ("q", 5.0, 5.0)) for n in range(4)]
    found = spend(crowd, Means(1000, {}, {("s0", "p"): 2, ("s1", "p"): 0}))
    assert found.planned == [2, 2, 1, 1]
    assert spend(crowd, Means(1000, {}, {("s0", "p"): 0, ("s0", "q"): 1})).choice.cost_cents == 5


def test_a_plan_that_fails_its_audit_is_not_issued(monkeypatch):
    from offers import spending

    monkeypatch.setattr(spending, "allot", lambda *given: replace(allot(*given), cost_cents=1))
    from offers.allotment import allot

    with pytest.raises(PlanError, match="the plan fails its audit"):
        spend([candidate("a", ("p", 9.0, 5.0))], Means(1000))


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path / "home")


@pytest.fixture
def desk(sqlite_url):
    journal = Journal(sqlite_url)
    yield Desk(journal)
    journal.close()


def means(settings, desk, made):
    market = read_market(
        settings.lake, settings.features, ranker().product_ids, 0.75, Products(exclude_categories=("Beer",)), NOW
    )
    with desk.journal.read() as connection:
        return read_means(connection, made.id, market, {"s0", "s1", "nowhere"}, TUESDAY, NOW)


@pytest.mark.parametrize(
    ("budget", "cents", "store"),
    [({}, 900, None), ({"per_store_cents": 200}, 900, 180), ({"per_day_cents": 300}, 270, None),
     ({"per_day_cents": 3000}, 900, None), ({"reserve_share": 0.0, "per_store_cents": 50}, 1000, 50)],
)  # fmt: skip
def test_means_are_grants_less_reserves(settings, desk, budget, cents, store):
    made = campaign(budget=Budget(**{"granted_cents": 1000, "reserve_share": 0.1, **budget}))
    desk.open(made, [], NOW)
    found = means(settings, desk, made)
    assert found.cents == cents
    assert found.store_cents == ({} if store is None else dict.fromkeys(("s0", "s1", "nowhere"), store))
    assert found.units["s0", "p08"] == 5
    assert ("nowhere", "p08") not in found.units


def test_the_chains_own_cap_counts(settings, desk):
    desk.open(campaign(), [], NOW, chain_cents=100)
    assert means(settings, desk, campaign()).cents == 85


def test_what_is_promised_and_out_is_no_longer_there(settings, desk):
    made = campaign(budget=Budget(granted_cents=10_000, per_store_cents=5000, reserve_share=0.0))
    report = plan(settings, ranker(), made, TUESDAY, NOW, desk)
    found = means(settings, desk, made)
    assert found.cents == 10_000 - report.cost_cents
    assert 5000 * 2 - report.cost_cents == found.store_cents["s0"] + found.store_cents["s1"]
    assert sum(5 - units for units in found.units.values()) == report.n_issued == 8


def test_a_plan_keeps_stores_budgets_and_stock(settings, desk):
    often = Prior(response_slope=60.0, visit_visits=9.0, visit_days=9.0)
    made = campaign(budget=Budget(granted_cents=10_000, per_store_cents=50, reserve_share=0.0), prior=often)
    report = plan(settings, ranker(), made, TUESDAY, NOW, desk)
    assert report.exact
    assert 0 < report.cost_cents <= 100
    assert set(report.store_prices) <= {"s0", "s1"}
    assert report.reasons_not == {"no_store": 2, "store_budget": 8 - report.n_issued}
    status = desk.campaign("c", NOW)
    assert status["promised_cents"] == report.cost_cents
    assert np.isfinite(report.bound_cents)
