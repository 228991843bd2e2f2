"""A regression and trees added on the logit scale, out of an artifact's arrays."""

import numpy as np
import pytest

from models.errors import ArtifactError
from models.mixed_logit import MixedLogit
from tests.models import when_world

ARRAYS = {key: value for key, value in when_world.arrays().items() if key.startswith("week_")}
N = len(ARRAYS["week_weights"]) - 1


def walked(row):
    total = ARRAYS["week_base"][0]
    for root in ARRAYS["week_root"]:
        node = int(root)
        while ARRAYS["week_feature"][node] >= 0:
            goes_left = row[ARRAYS["week_feature"][node]] <= ARRAYS["week_threshold"][node]
            node = int(ARRAYS["week_left" if goes_left else "week_right"][node])
        total += ARRAYS["week_value"][node]
    return total


def test_a_margin_is_the_line_and_the_leaves_a_walk_ends_in():
    x = np.random.default_rng(3).normal(1.0, 1.0, (200, N))
    leaves = np.array([walked(row) for row in x])
    weights = ARRAYS["week_weights"]
    np.testing.assert_allclose(MixedLogit.of(ARRAYS, "week").margin(x), x @ weights[:-1] + weights[-1] + leaves)
    assert len(set(leaves.round(6))) == 3


@pytest.mark.parametrize(
    ("field", "where", "value", "message"),
    [
        ("feature", 0, N, f"week_feature: asks for a feature beyond {N}"),
        ("left", 0, 6, "week_: a node's children do not come after it"),
        ("right", 2, -1, "week_: a node's children do not come after it"),
        ("right", 2, 0, "week_: a node's children do not come after it"),
        ("root", 0, 6, "week_: a tree starts at no node"),
        ("output", 0, 1, "week_: a tree starts at no node or adds to no output"),
    ],
)
def test_trees_that_lead_nowhere_are_refused(field, where, value, message):
    broken = {**ARRAYS, f"week_{field}": ARRAYS[f"week_{field}"].copy()}
    broken[f"week_{field}"][where] = value
    with pytest.raises(ArtifactError, match=message) as caught:
        MixedLogit.of(broken, "week")
    assert str(caught.value).endswith(": train again")


def test_the_last_feature_may_be_asked():
    last = {**ARRAYS, "week_feature": ARRAYS["week_feature"].copy()}
    last["week_feature"][0] = N - 1
    assert MixedLogit.of(last, "week").margin(np.zeros((1, N))).shape == (1,)
