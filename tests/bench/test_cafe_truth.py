from dataclasses import replace

import numpy as np
import pytest

from bench.cafe.arms import Windows, weekday
from bench.cafe.chain import UNTIL
from bench.cafe.people import PERSUADABLE, build_truth
from bench.cafe.truth import KINDS, SHARES

TUESDAY = np.datetime64(UNTIL) + 1
DEPTHS = (0, 50, 100, 150, 200, 250, 300)


@pytest.fixture(scope="module")
def by_depth(truth):
    """float64[members, depths]: everybody's iced americano at home, 8 to 10 on a Tuesday."""
    people, product = np.arange(len(truth.members)), truth.menu.product_ids.index("iced-americano")
    arms = Windows.of(people[:, None], product, truth.members.home[:, None], TUESDAY, [8] * len(DEPTHS), 10)
    return truth.p_visit_and_buy(arms, np.tile(DEPTHS, len(people))).reshape(len(people), len(DEPTHS))


def test_weekday_is_monday_first():
    assert weekday(np.array(["2025-12-01", "2025-12-07", "1969-12-31"], "datetime64[D]")).tolist() == [0, 6, 2]


def test_windows_broadcast_in_row_order():
    arms = Windows.of([[1], [2]], 3, 0, "2025-12-02", [8, 9], 10)
    assert arms.member.tolist() == [1, 1, 2, 2]
    assert arms.start.tolist() == [8, 9, 8, 9]
    assert {len(getattr(arms, name)) for name in ("product", "store", "day", "end")} == {4}


def test_kinds_come_in_their_shares():
    counts = np.bincount(build_truth(1, 20_000, UNTIL).kind, minlength=len(KINDS)) / 20_000
    assert sum(SHARES) == pytest.approx(1)
    assert counts == pytest.approx(SHARES, abs=0.012)


def test_chances_are_chances(by_depth):
    assert np.isfinite(by_depth).all()
    assert by_depth.min() >= 0
    assert by_depth.max() < 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_deeper_discount_moves_each_kind_its_own_way(truth, by_depth, kind):
    steps = np.diff(by_depth[(truth.kind == KINDS.index(kind)) & (by_depth[:, 0] > 1e-6)], axis=1)
    assert len(steps) > 20
    assert (steps < 0).all() if kind == "put_off" else (steps > 0).all()


def test_only_the_persuadable_move_much(truth, by_depth):
    gain = by_depth[:, -1] - by_depth[:, 0]
    persuadable = truth.kind == KINDS.index("persuadable")
    assert gain[~persuadable].max() < 0.08
    assert (gain[persuadable] > 0.15).sum() > 10
    assert gain[PERSUADABLE] > 0.6


def test_people_are_not_told_apart_by_number_or_habit(truth):
    """The kind leans with the visit rate, as in life, but the kinds overlap widely and members' numbers say nothing."""
    number = np.corrcoef(np.arange(len(truth.kind)), truth.kind)[0, 1]
    assert abs(number) < 0.15
    rate = truth.members.visit.mean(axis=1)
    low, high = np.quantile(rate, [0.2, 0.8])
    for kind in range(len(KINDS)):
        assert ((rate[truth.kind == kind] > low) & (rate[truth.kind == kind] < high)).sum() > 10


def test_untouched_drinks_of_a_day_add_up_to_the_visit(truth):
    drinks = np.flatnonzero(~truth.menu.is_food)
    arms = Windows.of(5, drinks[:, None], np.arange(3)[None, :], TUESDAY, 0, 24)
    whole = truth.p_visit_and_buy(arms, 0).sum()
    assert whole == pytest.approx(truth.p_visit(np.array([5]), np.array([TUESDAY]))[0])
    halves = [
        truth.by_hour(replace(arms, start=arms.start + a, end=arms.end - b)).sum() for a, b in ((0, 15.5), (8.5, 0))
    ]
    assert sum(halves) == pytest.approx(whole)


def test_nothing_sent_changes_nothing(truth):
    arms = Windows.of(np.arange(100), 4, 0, TUESDAY, 8, 10)
    assert truth.incremental_margin_cents(arms, 0) == pytest.approx(0, abs=1e-9)


def test_no_discount_opens_a_closed_store_or_sells_what_is_not_sold(truth):
    bagel = truth.menu.product_ids.index("bagel")
    shut = Windows.of(np.arange(400), bagel, 0, TUESDAY, 2, 5)
    not_sold = Windows.of(np.arange(400), bagel, 2, TUESDAY, 8, 10)
    for arms in (shut, not_sold):
        assert not truth.p_visit_and_buy(arms, 300).any()


def test_fading_members_thin_out_and_newcomers_start(truth):
    fading = np.flatnonzero(truth.members.fades < np.datetime64(UNTIL))
    assert 0.05 < len(fading) / len(truth.members) < 0.35
    before, after = (truth.p_visit(fading, truth.members.fades[fading] + 7 * k) for k in (-1, 2))
    assert (after < 0.5 * before)[before > 0].all()
    joining = np.flatnonzero(truth.members.joined > np.datetime64("2025-01-01"))
    assert 0.15 < len(joining) / len(truth.members) < 0.35
    assert not truth.p_visit(joining, truth.members.joined[joining] - 1).any()
    assert truth.p_visit(joining, truth.members.joined[joining]).all()


def test_an_untouched_day_is_worth_its_parts(truth):
    """Margin of the day = sum over drinks and foods of P(buy) × margin, everywhere and at any hour."""
    product, store = np.arange(len(truth.menu.product_ids)), np.arange(3)
    arms = Windows.of(9, product[:, None], store[None, :], TUESDAY, 0, 24)
    margin = truth.menu.price_cents[arms.store, arms.product] - truth.menu.cost_cents[arms.product]
    day = truth.day_margin_cents(np.array([9]), np.array([TUESDAY]))[0]
    assert (truth.p_visit_and_buy(arms, 0) * margin).sum() == pytest.approx(day)
