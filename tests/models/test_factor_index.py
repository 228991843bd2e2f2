"""Whatever is pruned, the list is that of sorting everything."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings

from models import factor_index
from models.factor_index import FactorIndex
from models.rescoring import exact
from models.scratch import Scratch
from tests.models.some_factors import KINDS, asked, draw


def by_sorting(factors, user, k, eligible=None, rows=None):
    score = exact(factors, np.arange(len(factors)), user)
    kept = np.ones(len(factors), bool) if eligible is None else eligible.copy()
    if rows is not None:
        kept &= np.isin(np.arange(len(factors)), rows)
    order = np.lexsort((np.arange(len(factors)), -score))
    return order[kept[order]][:k].tolist()


@pytest.fixture
def small_steps(monkeypatch):
    """Several steps and groups even of a few dozen rows."""
    monkeypatch.setattr(factor_index, "_FEW", 4)
    monkeypatch.setattr(factor_index, "_MANY", 8)
    monkeypatch.setattr(factor_index, "_GROWTH", 2)
    monkeypatch.setattr(factor_index, "_GROUPS", 1)


SHARED = Scratch()


@settings(max_examples=400)
@given(asked())
def test_equals_sorting_everything(case):
    _check(case)


def test_equals_sorting_everything_in_small_steps(small_steps):
    @settings(max_examples=400, deadline=None)
    @given(asked())
    def check(case):
        _check(case)

    check()


def _check(case):
    factors, users, k, eligible = case
    index = FactorIndex.of(factors)
    for user in users:
        best = index.best(user, k, eligible, SHARED)
        assert best.rows.tolist() == by_sorting(factors, user, k, eligible)
        np.testing.assert_array_equal(best.scores, exact(factors, best.rows, user))
        assert best.rows.dtype == np.int64


@pytest.mark.parametrize(("kind", "f"), [*((kind, 2) for kind in KINDS), ("gauss", 8), ("mixed", 40)])
def test_a_large_shelf_of_each_kind(kind, f, rng):
    factors, users = draw(kind, 30_000, f, rng), draw("mixed" if kind == "mixed" else "gauss", 4, f, rng)
    index, eligible = FactorIndex.of(factors), rng.random(30_000) < 0.3
    for user in users:
        for k in (1, 20, 700):
            assert index.best(user, k).rows.tolist() == by_sorting(factors, user, k)
            assert index.best(user, k, eligible).rows.tolist() == by_sorting(factors, user, k, eligible)


def test_equals_sorting_by_whole_numbers(rng):
    factors, users = draw("whole", 400, 6, rng), draw("whole", 20, 6, rng)
    index = FactorIndex.of(factors)
    for user in users:
        score = [sum(int(a) * int(b) for a, b in zip(row, user, strict=True)) for row in factors]
        assert index.best(user, 25).rows.tolist() == sorted(range(400), key=lambda row: (-score[row], row))[:25]


def test_a_store_has_its_own_rows(rng):
    factors, user = draw("whole", 500, 6, rng), draw("whole", 1, 6, rng)[0]
    rows = rng.permutation(500)[:120]
    index, eligible = FactorIndex.of(factors, rows), rng.random(500) < 0.5
    assert index.factors.flags.c_contiguous
    assert index.best(user, 15).rows.tolist() == by_sorting(factors, user, 15, rows=rows)
    assert index.best(user, 15, eligible).rows.tolist() == by_sorting(factors, user, 15, eligible, rows)
    assert FactorIndex.of(factors, rows[:0]).best(user, 5).rows.tolist() == []


def test_what_cannot_be_reached_is_not_read(rng):
    factors, user = draw("fading", 50_000, 8, rng), draw("gauss", 1, 8, rng)[0]
    index = FactorIndex.of(factors)
    index.factors[20_000:] = np.nan  # who read these would find NaN among the scores
    assert index.best(user, 20).rows.tolist() == by_sorting(factors, user, 20)


def test_threads_share_an_index_each_with_its_own_buffers(rng):
    factors, users = draw("gauss", 20_000, 8, rng), draw("gauss", 60, 8, rng)
    index, found = FactorIndex.of(factors), {}

    def work(number):
        scratch = Scratch()
        found[number] = [index.best(user, 20, None, scratch).rows.tolist() for user in users]

    workers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wanted = [by_sorting(factors, user, 20) for user in users]
    assert found == dict.fromkeys(range(3), wanted)


def test_factors_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="factors hold NaN or infinity"):
        FactorIndex.of(np.array([[1.0], [np.nan]], np.float32))
    with pytest.raises(ValueError, match="the user's factors hold NaN or infinity"):
        FactorIndex.of(np.ones((2, 1), np.float32)).best(np.array([np.inf], np.float32), 1)
