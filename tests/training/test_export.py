"""The manifest says what was learned, from what, by which code; the same run gives the same version."""

from datetime import UTC, datetime

import numpy as np

from models.artifact import read_artifact
from models.history import History
from models.ranker import Ranker
from tests.training import market
from training.cases import FEATURES, SERVICE, Known
from training.export import export
from training.fit import catalogue_of, fit_parts
from training.recipe import Recipe
from training.sales import coded, sales
from training.tuning import Tuned

RECIPE = Recipe(als_factors=4, als_iterations=2, cold_factors=3, cold_epochs=1, seed=7)
LINES = coded(sales(market.events(20).lazy(), market.stores()))
PARTS = fit_parts(Known(LINES), catalogue_of(LINES, market.products(), market.stores()), RECIPE)
WEIGHTS = np.linspace(-1, 1, len(RECIPE.terms)).astype(np.float32)
TUNED = Tuned(WEIGHTS, "defaults", 2, {"k": {"10": {"recall": 0.5}}, "n_users": 3})
THROUGH = datetime(2025, 8, 1, tzinfo=UTC)


def test_what_is_written_reads_back_and_scores_the_same(tmp_path):
    artifact = export(tmp_path, PARTS, TUNED, RECIPE, THROUGH)
    again = read_artifact(tmp_path / "ranker" / artifact.version)
    manifest = again.manifest
    assert manifest["trained_through"] == "2025-08-01T00:00:00+00:00"
    assert (manifest["feature_service"], manifest["features"]) == (SERVICE, list(FEATURES))
    assert manifest["seeds"] == {"training": 7}
    assert manifest["metrics"]["validation"] == TUNED.validation
    assert manifest["parameters"]["blend_how"] == "defaults"
    assert {"numpy", "implicit", "lightfm-next", "scikit-learn"} <= set(manifest["libraries"])
    assert manifest["commit"]
    stranger = History.empty()
    np.testing.assert_array_equal(
        Ranker.from_artifact(again).score(stranger, store_id="north", hour_of_week=9).score,
        PARTS.ranker(WEIGHTS).score(stranger, store_id="north", hour_of_week=9).score,
    )


def test_the_same_run_is_the_same_version_and_another_moment_is_not(tmp_path):
    one, two = (export(tmp_path / name, PARTS, TUNED, RECIPE, THROUGH) for name in "ab")
    other = export(tmp_path / "a", PARTS, TUNED, RECIPE, datetime(2025, 8, 2, tzinfo=UTC))
    assert one.version == two.version != other.version
