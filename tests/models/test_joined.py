"""Two ids' histories read as one: exact where they follow each other, near where they alternate."""

import numpy as np
import pytest

from models.history import DECAY, History, add_visit
from models.joined import joined

DAY = 86_400


def bought(*visits):
    """The history of (day, products) visits."""
    history = History.empty()
    for day, products in visits:
        history = add_visit(history, products.split(), day * DAY)
    return history


def same(one, other):
    assert one.product_ids == other.product_ids
    assert one.n_visits == other.n_visits
    for name in ("counts", "decayed", "last_visit", "last_at_s"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-6)


EARLY = ((1, "latte"), (2, "latte tea"), (5, "bagel"))
LATE = ((7, "latte"), (8, "mocha"), (9, "mocha tea"))


@pytest.mark.parametrize("swapped", [False, True])
def test_one_after_the_other_is_as_if_it_had_been_one_id(swapped):
    parts = [bought(*EARLY), bought(*LATE)]
    same(joined(parts[::-1] if swapped else parts), bought(*EARLY, *LATE))


def test_three_after_each_other_too():
    third = ((20, "tea"), (21, "juice"))
    same(joined([bought(*LATE), bought(*third), bought(*EARLY)]), bought(*EARLY, *LATE, *third))


def test_alternating_visits_are_near():
    app = [(day, f"p{day % 5}") for day in range(0, 60, 2)]
    card = [(day, f"p{day % 7}") for day in range(1, 60, 2)]
    near, exact = joined([bought(*app), bought(*card)]), bought(*sorted(app + card))
    assert (near.product_ids, near.n_visits) == (exact.product_ids, exact.n_visits)
    np.testing.assert_array_equal(near.counts, exact.counts)
    np.testing.assert_array_equal(near.last_at_s, exact.last_at_s)
    assert np.abs(near.last_visit - exact.last_visit).max() <= 2
    np.testing.assert_allclose(near.decayed, exact.decayed, rtol=0.3)


def test_nobody_and_one_stay_what_they_are():
    one = bought(*EARLY)
    assert (len(joined([])), joined([]).n_visits) == (0, 0)
    assert joined([History.empty(), one]) is one


def test_a_long_history_is_bounded_by_the_weight_of_products():
    long = joined([bought(*EARLY), bought(*LATE)], limit=2)
    whole = bought(*EARLY, *LATE)
    weights = dict(zip(whole.product_ids, whole.decayed, strict=True))
    assert set(long.product_ids) == set(sorted(weights, key=lambda name: (-weights[name], name))[:2])


def test_a_day_under_two_ids_is_two_visits():
    both = joined([bought((1, "latte")), bought((1, "latte"))])
    assert (both.n_visits, both.counts.tolist()) == (2, [2.0])
    assert 2 * DECAY <= both.decayed[0] <= 2
