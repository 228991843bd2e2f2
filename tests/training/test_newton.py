"""Our Newton against scikit-learn's logistic regression on the same columns: the same weights, blocks or not."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from training import newton
from training.errors import TrainingError
from training.newton import Problem, minimise

FIRST, SECOND = np.triu_indices(3)


def problem(m=600, c=0.5, seed=1) -> Problem:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(m, 3)).astype(np.float32)
    logit = z[:, 0] - 2 * z[:, 1] + z[:, 0] * z[:, 2] - 1
    taken = rng.random(m) < 1 / (1 + np.exp(-logit))
    return Problem(z, taken, rng.uniform(0.5, 2, m).astype(np.float32), FIRST, SECOND, c)


def columns(p):
    return np.hstack([p.z, p.z[:, p.first] * p.z[:, p.second]]).astype(np.float64)


@pytest.mark.parametrize("c", [1e-3, 0.5, 100.0])
def test_it_finds_what_the_library_finds(c):
    p = problem(c=c)
    known = LogisticRegression(C=c, tol=1e-10, max_iter=5000).fit(columns(p), p.taken, sample_weight=p.weight)
    beta = minimise(p)
    np.testing.assert_allclose(beta[:-1], known.coef_[0], atol=3e-3)
    assert beta[-1] == pytest.approx(known.intercept_[0], abs=3e-3)


def test_blocks_and_a_start_elsewhere_end_in_the_same_place(monkeypatch):
    whole = minimise(problem())
    monkeypatch.setattr(newton, "_BLOCK", 7)
    np.testing.assert_allclose(minimise(problem()), whole, atol=3e-3)
    np.testing.assert_allclose(minimise(problem(), np.full(10, 2.0)), whole, atol=3e-3)


def test_thinned_rows_stand_for_those_left_out():
    p = problem(m=603)
    thin = p.thinned(4)
    assert len(thin.z) == 151
    np.testing.assert_allclose(thin.weight, p.weight[::4] * 4)


def test_columns_that_lie_close_or_never_vary_are_no_trouble():
    p = problem()
    z = np.column_stack([p.z[:, 0], p.z[:, 0], np.zeros(len(p.z), np.float32)])
    beta = minimise(Problem(z, p.taken, p.weight, FIRST, SECOND, 1.0))
    assert np.isfinite(beta).all()
    assert beta[0] == pytest.approx(beta[1], abs=1e-3)
    assert beta[2] == 0.0


def test_rows_that_part_cleanly_still_end():
    z = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    one = np.zeros(1, dtype=np.int64)
    beta = minimise(Problem(z, z[:, 0] > 0, np.ones(100, np.float32), one, one, 1e4))
    assert np.isfinite(beta).all()
    assert beta[0] > 10


def test_what_is_not_a_number_says_what_to_change():
    p = problem()
    p.z[3, 1] = np.nan
    with pytest.raises(TrainingError, match="the blend diverged"):
        minimise(p)


def test_ease_holds_the_terms_more_loosely_and_leaves_the_pairs_their_ridge():
    p = problem(c=1e-3)
    eased = minimise(replace(p, ease=50.0))
    # The library knows one ridge only: a column made wider by a factor is held more loosely by its square.
    wide = columns(p)
    wide[:, :3] *= np.sqrt(50.0)
    known = LogisticRegression(C=1e-3, tol=1e-10, max_iter=5000).fit(wide, p.taken, sample_weight=p.weight)
    np.testing.assert_allclose(eased[:3], known.coef_[0][:3] * np.sqrt(50.0), atol=3e-3)
    np.testing.assert_allclose(eased[3:-1], known.coef_[0][3:], atol=3e-3)
    assert replace(p, ease=50.0).thinned(2).ease == 50.0
