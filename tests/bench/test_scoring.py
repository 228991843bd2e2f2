"""The rows of the scoring core, on a few products: every figure beside its peer, and a reach that can be missed."""

from __future__ import annotations

import numpy as np
import pytest

from bench import factor_crowd, scoring
from bench.factor_crowd import Crowd, of_als, of_gauss
from models.factor_index import FactorIndex


@pytest.fixture(autouse=True)
def small_fit(monkeypatch):
    rng = np.random.default_rng(3)
    factors = rng.standard_normal((300, 8)) * np.exp(-5.0 * rng.random((300, 1)))
    made = factors.astype(np.float32), rng.standard_normal((6, 8)).astype(np.float32)
    monkeypatch.setattr(factor_crowd, "fitted", lambda: made)
    return made


def test_every_row_stands_beside_a_peer(monkeypatch):
    found = scoring.rows(few=200, more=500, many=1_000, rounds=2)
    assert len(found) == 10
    assert all(row["against_value"] > 0 for row in found)
    assert [row["figure"] for row in found if "one user" in row["figure"]] == [
        "best 20 of 200 x 8 factors of ALS for one user",
        "best 20 of 1,000 x 8 factors of ALS for one user, exactly",
        "best 20 of 200 x 64 normal factors for one user",
        "best 20 of 1,000 x 64 normal factors for one user, exactly",
    ]
    assert found[-1]["value"] == 0
    assert found[-1]["met"]
    for name in ("REACH_ONE", "REACH_PRUNED", "REACH_BLOCK", "REACH_FOLD_IN"):
        monkeypatch.setattr(scoring, name, 0.0)
    assert not any(row["met"] for row in scoring.rows(few=200, more=500, many=1_000, rounds=2)[:-1])


def test_a_list_that_differs_is_counted(monkeypatch):
    crowd = of_gauss(300, 8)
    assert scoring.differences(crowd, 5) == 0
    monkeypatch.setattr(scoring, "exact", lambda factors, rows, user: -(factors @ user))
    assert scoring.differences(crowd, 5) == 5


def test_als_is_extended_by_copies_that_are_no_twins(small_fit):
    made = of_als(1_000)
    assert made.factors.shape == (1_000, 8)
    assert len(np.unique(made.factors, axis=0)) == 1_000
    assert {tuple(row) for row in small_fit[0]} <= {tuple(row) for row in made.factors}
    fall = -FactorIndex.of(made.factors).fall
    assert fall[500] < fall[0] / 4  # lengths still fall as they did
    few = of_als(50)
    assert {tuple(row) for row in few.factors} == {tuple(row) for row in small_fit[0][:50]}
    assert isinstance(few, Crowd)
