"""The manifest says what was learned, from what, by which code; the same run gives the same version."""

from datetime import UTC, datetime

import numpy as np

from models.artifact import read_artifact
from models.history import History
from models.ranker import Ranker
from tests.training import market
from training.cases import FEATURES, SERVICE, Known
from training.catalogue import catalogue_of
from training.export import export
from training.fit import fit_parts
from training.recipe import Recipe
from training.sales import coded, sales
from training.tuning import Tuned

RECIPE = Recipe(als_factors=4, als_iterations=2, cold_factors=3, cold_epochs=1, seed=7)
LINES = coded(sales(market.events(20).lazy(), market.stores()))
PARTS = fit_parts(Known(LINES), catalogue_of(LINES, market.products(), market.stores()), RECIPE)
BLEND = market.blend(RECIPE, {"habit": 0.8, "one": -1.0}, {"popularity": 0.7, "alike": 0.2, "one": 0.5})
VALIDATION = {"k": {"10": {"recall": 0.5}}, "n_users": 3}
TRIALS = ({"blend_c": 0.01, "user_power": 1.0, "value": 0.2}, {"blend_c": 0.1, "user_power": 0.5, "value": 0.1})
TUNED = Tuned(BLEND, RECIPE, TRIALS, 2, VALIDATION)
THROUGH = datetime(2025, 8, 1, tzinfo=UTC)


def test_what_is_written_reads_back_and_scores_the_same(tmp_path):
    artifact = export(tmp_path, PARTS, TUNED, THROUGH)
    again = read_artifact(tmp_path / "ranker" / artifact.version)
    manifest = again.manifest
    assert manifest["trained_through"] == "2025-08-01T00:00:00+00:00"
    assert (manifest["feature_service"], manifest["features"]) == (SERVICE, list(FEATURES))
    assert manifest["seeds"] == {"training": 7}
    assert manifest["metrics"]["validation"] == TUNED.validation
    parameters = manifest["parameters"]
    assert (parameters["blend_how"], parameters["n_windows"]) == ("by hand", 2)
    assert parameters["search"] == list(TRIALS)
    assert parameters["usual_terms"] == list(RECIPE.usual_terms)
    assert {"numpy", "implicit", "lightfm-next", "scikit-learn", "optuna"} <= set(manifest["libraries"])
    assert manifest["commit"]
    for history in (History.empty(), Known(LINES).cases(["u03"], 512)[0].history):
        one, other = (
            ranker.score(history, store_id="north", hour_of_week=9).score
            for ranker in (Ranker.from_artifact(again), PARTS.ranker(BLEND.arrays))
        )
        np.testing.assert_array_equal(one, other)
        assert len(np.unique(one)) > 10


def test_no_part_of_a_few_users_is_in_the_manifest(tmp_path):
    parts = {"repeat": {"10": {"recall": 0.5}}, "explore": {"10": {"recall": 0.1}}}
    judged = {**VALIDATION, **parts, "n_users_repeat": 3, "n_users_explore": 30, "baselines": {"one": parts}}
    manifest = export(tmp_path, PARTS, Tuned(BLEND, RECIPE, TRIALS, 2, judged), THROUGH).manifest
    found = manifest["metrics"]["validation"]
    assert (found["repeat"], found["baselines"]["one"]["repeat"], found["n_users_repeat"]) == (None, None, None)
    assert (found["explore"], found["hidden"]) == (parts["explore"], {"repeat": "too_few_users"})


def test_the_artifact_holds_the_parts_and_the_forms_and_no_more(tmp_path):
    artifact = export(tmp_path, PARTS, TUNED, THROUGH)
    assert set(artifact.arrays) == {*PARTS.arrays, "usual_range", "usual_matrix", "new_range", "new_matrix"}
    for name, array in {**PARTS.arrays, **BLEND.arrays}.items():
        np.testing.assert_array_equal(artifact.arrays[name], array)


def test_the_same_run_is_the_same_version_and_another_moment_is_not(tmp_path):
    one, two = (export(tmp_path / name, PARTS, TUNED, THROUGH) for name in "ab")
    other = export(tmp_path / "a", PARTS, TUNED, datetime(2025, 8, 2, tzinfo=UTC))
    assert one.version == two.version != other.version


def test_fitting_again_gives_the_same_version(tmp_path):
    again = fit_parts(Known(LINES), catalogue_of(LINES, market.products(), market.stores()), RECIPE)
    one, two = export(tmp_path / "a", PARTS, TUNED, THROUGH), export(tmp_path / "b", again, TUNED, THROUGH)
    assert one.version == two.version
