"""A block is its users one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from models import factor_block
from models.factor_block import best_block
from models.factor_index import FactorIndex
from models.scratch import Scratch
from tests.models.some_factors import KINDS, asked, draw

SHARED = Scratch()


def check(case):
    factors, users, k, eligible = case
    index = FactorIndex.of(factors)
    rows, scores = best_block(index, users, k, eligible, SHARED)
    assert rows.shape == scores.shape == (len(users), k)
    for user, row, score in zip(users, rows, scores, strict=True):
        best = index.best(user, k, eligible)
        n = len(best.rows)
        assert row[:n].tolist() == best.rows.tolist()
        np.testing.assert_array_equal(score[:n], best.scores)
        assert (row[n:] == -1).all()
        assert np.isnan(score[n:]).all()


@settings(max_examples=300)
@given(asked())
def test_equals_one_by_one(case):
    check(case)


def test_equals_one_by_one_over_many_tiles(monkeypatch):
    monkeypatch.setattr(factor_block, "_GROUPS", 1)
    monkeypatch.setattr(factor_block, "_MEMBERS", 2)
    monkeypatch.setattr(factor_block, "_TILE", 1)

    @settings(max_examples=300, deadline=None)
    @given(asked())
    def small(case):
        check(case)

    small()


@pytest.mark.parametrize(("kind", "f"), [*((kind, 2) for kind in KINDS), ("gauss", 8), ("mixed", 40)])
def test_a_large_shelf_of_each_kind(kind, f, rng, monkeypatch):
    monkeypatch.setattr(factor_block, "_TILE", 1 << 17)
    factors, users = draw(kind, 20_000, f, rng), draw("mixed" if kind == "mixed" else "gauss", 40, f, rng)
    check((factors, users, 20, None))
    check((factors, users, 20, rng.random(20_000) < 0.3))


def test_a_user_that_is_not_finite_is_refused():
    index = FactorIndex.of(np.ones((2, 1), np.float32))
    with pytest.raises(ValueError, match="a user's factors hold NaN or infinity"):
        best_block(index, np.array([[1.0], [np.nan]], np.float32), 1)
