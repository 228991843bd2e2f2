"""The library's prediction equals our arithmetic, missing numbers included."""

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)

from models.trees import Trees
from training.trees import of_boosting, of_forest, side_by_side


def world():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 4))
    x[:, 3] = rng.integers(0, 2, 400)
    x[rng.random(x.shape) < 0.15] = np.nan
    y = np.nan_to_num(x[:, 0]) * np.where(np.isnan(x[:, 1]), 2, -1) + rng.normal(scale=0.1, size=400)
    return x, y


def test_boosting():
    x, y = world()
    model = HistGradientBoostingRegressor(max_iter=30, random_state=0).fit(x, y)
    np.testing.assert_allclose(Trees.of(of_boosting(model).arrays()).sums(x)[:, 0], model.predict(x), rtol=1e-12)


def test_boosted_counts_on_the_log_scale_and_kinds_on_the_logit():
    x, y = world()
    counts = HistGradientBoostingRegressor(loss="poisson", max_iter=20).fit(x, np.floor(np.abs(y) * 3))
    np.testing.assert_allclose(np.exp(of_boosting(counts).sums(x)[:, 0]), counts.predict(x), rtol=1e-12)
    kinds = HistGradientBoostingClassifier(max_iter=20).fit(x, y > 0)
    np.testing.assert_allclose(of_boosting(kinds).sums(x)[:, 0], kinds.decision_function(x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", [RandomForestRegressor, ExtraTreesRegressor])
def test_forests(kind):
    x, y = world()
    # Forests compare in four bytes; numbers that four bytes hold are compared alike.
    x = x.astype(np.float32).astype(np.float64)
    model = kind(n_estimators=15, min_samples_leaf=5, random_state=0).fit(x, y)
    np.testing.assert_allclose(of_forest(model).sums(x)[:, 0], model.predict(x), rtol=1e-9, atol=1e-12)


def test_side_by_side_has_an_output_each():
    x, y = world()
    each = [of_boosting(HistGradientBoostingRegressor(max_iter=5).fit(x, sign * y)) for sign in (1, -2)]
    both = Trees.of(side_by_side(each).arrays())
    np.testing.assert_array_equal(both.sums(x), np.hstack([trees.sums(x) for trees in each]))


def test_what_has_no_such_arrays_is_refused():
    x, y = world()
    x[:, 3] = np.nan_to_num(x[:, 3])
    categories = HistGradientBoostingRegressor(max_iter=30, categorical_features=[3]).fit(x[:, [3, 3, 3, 3]], x[:, 3])
    with pytest.raises(ValueError, match="columns of 0 and 1"):
        of_boosting(categories)
    with pytest.raises(ValueError, match="one model a kind"):
        of_boosting(HistGradientBoostingClassifier(max_iter=2).fit(x, np.digitize(y, [-0.5, 0.5])))
