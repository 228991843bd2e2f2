from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.history import DECAY, History, add_visit, alike

TICKETS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6), st.booleans(), st.integers(0, 10**6)),
    max_size=30,
)


def from_scratch(tickets):
    """The definition, by counting: which visits had each product."""
    visits: list[set[str]] = []
    last_at: dict[str, int] = {}
    for products, new_visit, at_s in tickets:
        if new_visit or not visits:
            visits.append(set())
        visits[-1] |= set(products)
        for name in products:
            last_at[name] = max(at_s, last_at.get(name, at_s))
    n = len(visits)
    had = {name: [v for v, visit in enumerate(visits, start=1) if name in visit] for name in sorted(last_at)}
    return History.of(
        list(had), [len(v) for v in had.values()], [sum(DECAY ** (n - i) for i in v) for v in had.values()],
        [v[-1] for v in had.values()], [last_at[name] for name in had], n,
    )  # fmt: skip


def assert_same(one, other):
    assert one.product_ids == other.product_ids
    assert one.n_visits == other.n_visits
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.last_visit, other.last_visit)
    np.testing.assert_array_equal(one.last_at_s, other.last_at_s)
    np.testing.assert_allclose(one.decayed, other.decayed, rtol=2e-6)


@given(TICKETS)
def test_adding_visit_by_visit_equals_reckoning_from_scratch(tickets):
    history = History.empty()
    for products, new_visit, at_s in tickets:
        history = add_visit(history, products, at_s, new_visit=new_visit)
    assert_same(history, from_scratch(tickets))


@given(TICKETS, st.integers(1, 8))
def test_the_limit_keeps_the_strongest(tickets, limit):
    history = History.empty()
    for products, new_visit, at_s in tickets:
        whole = add_visit(history, products, at_s, new_visit=new_visit)
        history = add_visit(history, products, at_s, new_visit=new_visit, limit=limit)
        strongest = sorted(zip(-whole.decayed, whole.product_ids, strict=True))[:limit]
        assert history.product_ids == tuple(sorted(name for _, name in strongest))
        assert history.n_visits == whole.n_visits
    assert len(history) <= limit


def test_two_visits_by_hand():
    history = add_visit(add_visit(History.empty(), ["latte", "bagel"], 100), ["latte", "latte"], 200)
    assert history.product_ids == ("bagel", "latte")
    assert history.counts.tolist() == [1, 2]
    np.testing.assert_allclose(history.decayed, [0.98, 1.98], rtol=1e-6)
    assert history.last_visit.tolist() == [1, 2]
    assert history.last_at_s.tolist() == [100, 200]
    assert history.visits_since.tolist() == [1, 0]
    assert history.n_visits == 2


def test_the_same_visit_counts_a_product_once_and_fades_nothing():
    first = add_visit(History.empty(), ["latte"], 100)
    second = add_visit(first, ["latte", "bagel"], 160, new_visit=False)
    assert second.n_visits == 1
    assert second.counts.tolist() == [1, 1]
    assert second.decayed.tolist() == [1, 1]
    assert second.last_at_s.tolist() == [160, 160]


def test_an_older_time_never_moves_the_last_time_back():
    history = add_visit(add_visit(History.empty(), ["latte"], 100), ["latte"], 50)
    assert history.last_at_s.tolist() == [100]


def test_no_products_is_no_visit():
    history = add_visit(History.empty(), ["latte"], 100)
    assert add_visit(history, [], 200) is history


def test_the_first_purchase_is_a_visit_whatever_the_flag():
    assert add_visit(History.empty(), ["latte"], 100, new_visit=False).n_visits == 1


def test_the_history_given_is_left_as_it_was():
    history = add_visit(History.empty(), ["latte"], 100)
    add_visit(history, ["latte"], 200)
    assert history.counts.tolist() == history.decayed.tolist() == [1]


def test_an_empty_history_has_the_dtypes_of_a_full_one():
    empty, full = History.empty(), add_visit(History.empty(), ["latte"], 100)
    for name in ("counts", "decayed", "last_visit", "last_at_s", "visits_since"):
        assert getattr(empty, name).dtype == getattr(full, name).dtype
    assert (len(empty), empty.n_visits) == (0, 0)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((["a"], [1, 2], [1], [1], [0], 1), "not one row per product"),
        ((["a", "a"], [1, 1], [1, 1], [1, 1], [0, 0], 1), "appears twice"),
        ((["a"], [1], [1], [2], [0], 1), "last_visit is not within 1 to n_visits=1"),
        ((["a"], [1], [1], [0], [0], 1), "last_visit is not within 1 to n_visits=1"),
        ((["a"], [0], [1], [1], [0], 1), "finite and above zero"),
        ((["a"], [1], [float("nan")], [1], [0], 1), "finite and above zero"),
    ],
)
def test_an_impossible_history_is_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        History.of(*columns)


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="limit 0 must be at least 1"):
        add_visit(History.empty(), ["latte"], 100, limit=0)


@pytest.mark.parametrize("name", ["counts", "decayed", "last_visit", "last_at_s", "n_visits", "product_ids"])
def test_alike_is_all_of_it(name):
    one = History.of(("a", "b"), (2, 1), (1.98, 1.0), (2, 2), (10, 20), 3)
    other = {"counts": (3, 1), "decayed": (1.981, 1.0), "last_visit": (1, 2), "last_at_s": (10, 21), "n_visits": 4,
             "product_ids": ("a", "c")}  # fmt: skip
    told = {field: getattr(one, field) for field in other}
    assert alike(one, History.of(**{**told, "decayed": (1.98 + 1e-6, 1.0)}))
    assert not alike(one, History.of(**{**told, name: other[name]}))
