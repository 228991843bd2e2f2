"""Every learner finds the keen; the constant does not; each is the library's own fit in plain numbers."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from tests.training.trial_world import trial
from training.uplift_learners import LEARNERS, constant, ridge
from training.uplift_nuisance import cross_fitted, scores

ASKED = np.array([[1.0, 0.0], [0.0, 0.0]])


@pytest.fixture(scope="module")
def world():
    whole = trial(4000)
    return whole, cross_fitted(whole, 3, seed=0)


@pytest.mark.parametrize("name", [name for name in LEARNERS if name != "mean"])
def test_a_learner_finds_the_keen(world, name):
    effect, keen = LEARNERS[name](*world, 1, 0).sums(world[0].x)[:, 0], world[0].x[:, 0] == 1
    assert effect[keen].mean() == pytest.approx(0.3, abs=0.09)
    assert effect[~keen].mean() == pytest.approx(-0.15, abs=0.09)


def test_the_mean_is_the_mean_score(world):
    told = scores(*world)[:, 0].mean()
    assert LEARNERS["mean"](*world, 1, 0).sums(ASKED)[:, 0].tolist() == [told, told]
    assert constant(0.25, 2).sums(ASKED)[:, 0].tolist() == [0.25, 0.25]


def test_ridge_is_the_librarys(world):
    whole, expected = world
    scaler = StandardScaler().fit(whole.x)
    theirs = RidgeCV(alphas=np.logspace(1, 5, 9)).fit(scaler.transform(whole.x), scores(whole, expected)[:, 0])
    np.testing.assert_allclose(
        ridge(whole, expected, 1, 0).sums(whole.x)[:, 0], theirs.predict(scaler.transform(whole.x)), rtol=1e-9
    )


def test_a_column_that_never_moves_is_harmless(world):
    whole, expected = world
    still = trial(4000)
    object.__setattr__(still, "x", np.column_stack([whole.x, np.full(4000, 3.0)]))
    object.__setattr__(still, "columns", (*whole.columns, "still"))
    assert np.isfinite(ridge(still, expected, 1, 0).weights).all()
