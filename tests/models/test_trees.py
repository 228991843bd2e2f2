"""Trees walked at once give what a walk by hand gives."""

import numpy as np
import pytest

from models.errors import ArtifactError
from models.mixed_logit import MixedLogit
from models.trees import Trees, no_trees
from tests.models import when_world

ARRAYS = {f"t_{key[5:]}": value for key, value in when_world.arrays().items() if key.startswith("week_")}


def walked(arrays, row):
    total = 0.0
    for root in arrays["t_roots"]:
        node = int(root)
        while arrays["t_left"][node] != node:
            goes_left = row[arrays["t_feature"][node]] <= arrays["t_threshold"][node]
            node = int(arrays["t_left" if goes_left else "t_right"][node])
        total += arrays["t_value"][node]
    return total


def test_every_row_ends_in_the_leaf_a_walk_ends_in():
    n = len(ARRAYS["t_weights"]) - 1
    x = np.random.default_rng(3).normal(1.0, 1.0, (200, n))
    found = Trees.of(ARRAYS, "t", n).margin(x)
    np.testing.assert_allclose(found, [walked(ARRAYS, row) for row in x])
    assert len(set(found.round(6))) == 3


def test_a_value_at_the_threshold_goes_left():
    n, at = len(ARRAYS["t_weights"]) - 1, ARRAYS["t_threshold"][0]
    x = np.zeros((2, n))
    x[:, ARRAYS["t_feature"][0]] = [at, np.nextafter(at, np.inf)]
    assert Trees.of(ARRAYS, "t", n).margin(x).tolist() == pytest.approx([0.4 + 0.125, -0.3 + 0.125])


@pytest.mark.parametrize(
    ("field", "where", "value", "message"),
    [
        ("feature", 0, 9999, "t_feature: names one that does not exist"),
        ("feature", 0, -1, "t_feature: names one that does not exist"),
        ("left", 0, 6, "t_left: names one that does not exist"),
        ("right", 2, -1, "t_right: names one that does not exist"),
        ("roots", 0, 6, "t_roots: names one that does not exist"),
        ("right", 2, 0, "deeper than 16, or goes in a circle"),
    ],
)
def test_a_node_that_leads_nowhere_or_round_is_refused(field, where, value, message):
    broken = {**ARRAYS, f"t_{field}": ARRAYS[f"t_{field}"].copy()}
    broken[f"t_{field}"][where] = value
    with pytest.raises(ArtifactError, match=message):
        Trees.of(broken, "t", len(ARRAYS["t_weights"]) - 1)


def test_without_trees_the_margin_is_the_regression_alone():
    x = np.random.default_rng(1).normal(size=(5, 2))
    logit = MixedLogit.of({"m_weights": np.array([1.0, -2.0, 0.5]), **no_trees("m")}, "m")
    np.testing.assert_allclose(logit.margin(x), x @ [1.0, -2.0] + 0.5)
