"""Effects and chances by hand, the four kinds on both sides of each threshold, and artifacts that hold something else."""

import numpy as np
import pytest

from models.artifact import ArtifactError, read_artifact, write_artifact
from models.uplift import KINDS, Part, Uplift, kinds
from tests.models.test_trees import stump_and_leaf

COLUMNS, ARMS = ("a", "b"), ("nothing", "mail", "call")
MANIFEST = {
    "trained_through": "2026-01-01T00:00:00+00:00",
    "feature_service": "trial",
    "features": list(COLUMNS),
    "parameters": {"arms": list(ARMS)},
    "seeds": {},
    "libraries": {},
    "metrics": {},
    "commit": "abc",
}


def arrays():
    small = stump_and_leaf(value=np.array([0, 0.1, 0, 0.2, 0.3, -0.05], "<f8"), base=np.zeros(2))
    lone = {name: array[:0] for name, array in stump_and_leaf().items()} | {"base": np.zeros(1)}
    return {
        "effect_base": np.array([0.01, 0.0]),
        "effect_weights": np.array([[0.0, 0.001], [0.02, 0.0]]),
        "nothing_base": np.array([-1.0]),
        "nothing_weights": np.array([[0.5, 0.0]]),
        **{f"effect_trees_{name}": array for name, array in small.items()},
        **{f"nothing_trees_{name}": array for name, array in lone.items()},
    }


def test_effects_and_chances_by_hand():
    uplift = Uplift.from_arrays(arrays(), COLUMNS, ARMS)
    x = np.array([[2.0, 5.0], [0.0, 0.0]])
    np.testing.assert_allclose(uplift.effect(x), [[0, 0.01 + 0.005 + 0.2, 0.04 - 0.05], [0, 0.01 + 0.1, -0.05]])
    np.testing.assert_allclose(uplift.outcome(x)[:, 0], [0.5, 1 / (1 + np.e)])
    np.testing.assert_allclose(uplift.outcome(x), uplift.outcome(x)[:, :1] + uplift.effect(x))


def test_chances_stay_within_0_and_1():
    changed = arrays() | {"effect_base": np.array([2.0, -2.0])}
    assert Uplift.from_arrays(changed, COLUMNS, ARMS).outcome(np.zeros((1, 2)))[0, 1:].tolist() == [1.0, 0.0]


def test_a_batch_equals_each_row_alone():
    uplift, x = Uplift.from_arrays(arrays(), COLUMNS, ARMS), np.random.default_rng(0).normal(size=(40, 2)) * 5
    np.testing.assert_array_equal(uplift.outcome(x), np.vstack([uplift.outcome(row[None]) for row in x]))


def test_through_an_artifact(tmp_path):
    made = write_artifact(tmp_path, "uplift", Uplift.from_arrays(arrays(), COLUMNS, ARMS).arrays(), MANIFEST)
    uplift = Uplift.from_artifact(read_artifact(made.path))
    assert (uplift.columns, uplift.arms) == (COLUMNS, ARMS)
    np.testing.assert_array_equal(
        uplift.effect(np.ones((2, 2))), Uplift.from_arrays(arrays(), COLUMNS, ARMS).effect(np.ones((2, 2)))
    )


@pytest.mark.parametrize(
    "changed",
    [{"parameters": {}}, {"parameters": {"arms": ["nothing", "mail"]}}, {"features": ["a"]}],
)
def test_an_artifact_of_another_kind(tmp_path, changed):
    made = write_artifact(tmp_path, "uplift", arrays(), MANIFEST | changed)
    with pytest.raises(ArtifactError, match="holds no uplift"):
        Uplift.from_artifact(made)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"effect_base": np.zeros(1)}, "as many outputs"),
        ({"effect_base": np.array([0.0, np.nan])}, "not finite"),
        ({"effect_weights": np.zeros((2, 2), "<f4")}, "dtype <f8"),
        ({"effect_base": np.zeros(2, "<f4")}, "dtype <f8"),
        ({"effect_base": np.zeros((2, 1))}, "as many outputs"),
        ({"effect_weights": np.zeros(2)}, "as many outputs"),
        ({"effect_weights": np.zeros((3, 2))}, "as many outputs"),
        ({"effect_weights": np.full((2, 2), np.inf)}, "not finite"),
        ({"effect_weights": np.zeros((2, 1))}, "fewer columns than the trees ask"),
        ({"nothing_weights": np.zeros((1, 3))}, "2 columns and 3 arms"),
    ],
)
def test_arrays_that_do_not_fit(changed, reason):
    with pytest.raises(ValueError, match=reason):
        Uplift.from_arrays(arrays() | changed, COLUMNS, ARMS)


@pytest.mark.parametrize(
    ("x", "reason"), [(np.zeros((1, 3)), "rows of 2 columns"), (np.array([[0.0, np.nan]]), "column 'b' has a number")]
)
def test_rows_that_do_not_fit(x, reason):
    with pytest.raises(ValueError, match=reason):
        Uplift.from_arrays(arrays(), COLUMNS, ARMS).effect(x)


def test_a_part_keeps_its_names():
    assert set(Part.of(arrays(), "effect_").arrays("effect_")) == {
        name for name in arrays() if name.startswith("effect_")
    }


@pytest.mark.parametrize(
    ("p_nothing", "p_arm", "kind"),
    [
        (0.50, 0.509, "would anyway"),
        (0.499, 0.508, "lost"),
        (0.50, 0.491, "would anyway"),
        (0.0, 0.0, "lost"),
        (1.0, 1.0, "would anyway"),
        (0.30, 0.31, "persuadable"),
        (0.90, 0.99, "persuadable"),
        (0.31, 0.30, "put off"),
        (0.90, 0.50, "put off"),
    ],
)
def test_four_kinds(p_nothing, p_arm, kind):
    assert KINDS[kinds(p_nothing, p_arm)] == kind


def test_kinds_of_many_with_thresholds_of_ones_own():
    found = kinds(np.array([[0.2], [0.2], [np.nan]]), np.array([0.2, 0.3]), sure=0.2, least=0.2)
    assert found.tolist() == [[0, 0], [0, 0], [-1, -1]]
    assert kinds(0.2, np.array([np.nan, 0.2])).tolist() == [-1, 2]
    # At the ends: nobody is too sure, and whoever comes at all is.
    assert [kinds(0.9, 0.9, sure=sure).item() for sure in (0.0, 1.0)] == [0, 2]
    assert kinds(0.0, 1.0, least=1.0) == 1


@pytest.mark.parametrize(
    ("p", "thresholds"),
    [(1.1, {}), (-0.1, {}), (0.5, {"least": 0.0}), (0.5, {"sure": 1.5}), (0.5, {"sure": -0.1}), (0.5, {"least": 1.1})],
)
def test_kinds_refuse_what_is_no_chance(p, thresholds):
    with pytest.raises(ValueError, match="must lie"):
        kinds(p, 0.5, **thresholds)
