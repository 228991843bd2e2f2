"""The artifact `when`: what it must hold, and what it answers."""

import numpy as np
import pytest

from models.artifact import ArtifactError, write_artifact
from models.shelf import point
from models.when import FALLBACKS, When, in_use
from models.when_checks import check_values
from models.when_options import ARRAYS, options_of
from tests.models import checkerboard, when_world
from tests.models.when_world import TODAY, arrays, parameters, visits


def refused(message, changes=None, told=None):
    with pytest.raises(ArtifactError, match=message) as caught:
        When.from_arrays({**arrays(), **(changes or {})}, {**parameters(), **(told or {})})
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(": train again")


def test_the_artifact_answers_what_the_arrays_answer(tmp_path):
    artifact = write_artifact(tmp_path, "when", arrays(), when_world.manifest())
    stored, at_hand = When.from_artifact(artifact), When.from_arrays(arrays(), parameters())
    assert stored.version == artifact.version
    np.testing.assert_array_equal(stored.within_week(visits(), TODAY), at_hand.within_week(visits(), TODAY))
    store = stored.store_chance(visits(), TODAY).likeliest(4)
    habits = stored.habits(visits(), TODAY, store)
    hours = stored.slot_density(habits, np.full(4, TODAY), np.ones((4, 24), bool))
    assert hours.sum(axis=1) == pytest.approx(np.ones(4))
    assert stored.visit_chance(visits(), TODAY, 3).shape == (4, 3)


def test_only_what_was_promoted_is_in_use(tmp_path):
    version = write_artifact(tmp_path, "when", arrays(), when_world.manifest()).version
    assert in_use(tmp_path) is None
    point(tmp_path, "when", version)
    assert in_use(tmp_path).version == version


def test_who_falls_back_on_what():
    codes = When.from_arrays(arrays(), parameters()).fallback(visits())
    assert [FALLBACKS[code] for code in codes] == ["no_visits", "few_visits", "own_visits", "own_visits"]


@pytest.mark.parametrize(
    ("n_visits", "name"), [(0, "no_visits"), (1, "few_visits"), (4, "few_visits"), (5, "own_visits")]
)
def test_five_visits_are_ones_own(n_visits, name):
    people = visits().block(0, 1)
    several = type(people)(people.indptr, people.day, people.hour, people.store, np.array([n_visits]), people.first_day)
    assert FALLBACKS[When.from_arrays(arrays(), parameters()).fallback(several)[0]] == name


def test_another_artifact_is_no_when(tmp_path):
    ranker = write_artifact(tmp_path, "ranker", checkerboard.arrays(), checkerboard.manifest())
    with pytest.raises(ArtifactError, match="a ranker artifact, not a when"):
        When.from_artifact(ranker)


def test_a_refusal_names_the_folder(tmp_path):
    lame = write_artifact(tmp_path, "when", {"x": np.zeros(1)}, when_world.manifest())
    with pytest.raises(ArtifactError, match=str(lame.path)):
        When.from_artifact(lame)


@pytest.mark.parametrize("name", ARRAYS)
def test_each_array_is_needed_with_its_dtype_and_shape(name):
    whole = arrays()
    array = whole.pop(name)
    with pytest.raises(ArtifactError, match=f"when array {name}: missing"):
        When.from_arrays(whole, parameters())
    refused(f"when array {name}: dtype", {name: array.astype(np.int16)})
    refused(f"when array {name}: {array.ndim + 1} dimensions", {name: array[None]})


FREE = {
    "stores_text",
    "stores_offsets",
    *(n for n in ARRAYS if n.startswith(("week_", "store_")) and n[-8:] != "_weights"),
}


@pytest.mark.parametrize("name", sorted(set(ARRAYS) - FREE))
def test_a_row_too_few_is_misaligned(name):
    refused(f"when array {name}: shape", {name: arrays()[name][:-1]})


@pytest.mark.parametrize("name", ["week_threshold", "week_left", "week_value", "store_right"])
def test_a_node_too_few_is_misaligned(name):
    refused("when array .*: shape", {name: arrays()[name][:-1]})


def test_an_array_nobody_reads_is_refused():
    refused("when array surprise: not an array this build reads", {"surprise": np.zeros(1)})


@pytest.mark.parametrize("name", [name for name, (kind, _) in ARRAYS.items() if kind == "<f8"])
def test_nan_is_refused_everywhere_and_infinity_but_in_thresholds(name):
    for value in (np.nan, np.inf, -np.inf):
        array = arrays()[name]
        array.flat[0] = value
        if name.endswith("_threshold") and not np.isnan(value):
            When.from_arrays({**arrays(), name: array}, parameters())
        else:
            refused(f"when array {name}: holds NaN or infinity", {name: array})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("slot_chain", -0.1, "slot_chain: holds a number below zero"),
        ("slot_chain", 0.0, "slot_chain: a row is no density"),
        ("slot_chain", 0.9, "slot_chain: a row is no density"),
        ("slot_store", 0.9, "slot_store: a row is no density"),
        ("topic_hours", -0.1, "topic_hours: holds a number below zero"),
        ("topic_hours", 0.9, "topic_hours: a topic does not sum to 1"),
        ("topic_share", -0.1, "topic_share: holds a number below zero"),
        ("weekday_share", 0.9, "weekday_share: does not sum to 1"),
    ],
)
def test_densities_that_are_none_are_refused(name, value, message):
    array = arrays()[name]
    array.flat[0] = value
    with pytest.raises(ArtifactError, match=message):
        check_values({**arrays(), name: array})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("visit_features", ["recency"], "visit_features: not what this build reckons"),
        ("day_features", [], "day_features: not what this build reckons"),
        ("store_features", [], "store_features: not what this build reckons"),
        ("slot_constants", [150.0], "slot_constants: not what this build reckons"),
        ("slot_terms", ["chain"], "slot_terms: not what this build reckons"),
        ("visits_kept", 64, "visits_kept: 64 where this build keeps 128"),
        ("topic_sizes", [1, 0], "topic_sizes: not a list of whole numbers"),
        ("topic_sizes", 3, "topic_sizes: not a list of whole numbers"),
        ("topic_sizes", [1, 3], "topic_hours: shape"),
        ("topic_sizes", [3], "slot_weights: shape"),
        ("stranger_week", 1.01, "stranger_week: 1.01 is not a chance"),
        ("stranger_week", 1, "stranger_week: 1 is not a chance"),
        ("stranger_week", float("nan"), "stranger_week: nan is not a chance"),
    ],
)
def test_unusable_parameters_are_refused(name, value, message):
    refused(message, told={name: value})


@pytest.mark.parametrize("name", ["visit_features", "visits_kept", "topic_sizes", "stranger_week"])
def test_each_parameter_is_needed(name):
    told = parameters()
    del told[name]
    with pytest.raises(ArtifactError, match=f"when parameter {name}: missing"):
        options_of(told)


def test_a_chance_may_be_one_or_nothing():
    for edge in (0.0, 1.0):
        assert options_of({**parameters(), "stranger_week": edge}).stranger_week == edge
