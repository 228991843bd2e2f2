"""The offline verbs over the tiny world, each room its real self."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models import shelf
from models.artifact import write_artifact
from models.errors import ArtifactError
from offers.campaign_file import CampaignError
from offers.expected import NO_MODEL
from offers.responses import BY_SLOPE
from river import steps
from settings import Settings
from tests import world
from tests.models import checkerboard, when_world
from training.parts import DataError

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)


def silent(what, done, total):
    pass


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    made = Settings(home=tmp_path_factory.mktemp("home"))
    world.fill(made.lake)
    steps.refresh_features(made, world.END, NOW, silent)
    return made


def test_a_refresh_says_what_it_did(settings):
    done = steps.refresh_features(settings, world.END, NOW, silent)
    assert done.n_absorbed == 0
    assert done.online == {
        "user_profile": 4,
        "user_history": 4,
        "user_rhythm": 4,
        "user_visits": 4,
        "user_responses": 0,
        "user_portrait": 4,
        "user_reviews": 1,
        "store_assortment": 2,
    }


def test_planning_needs_a_campaign_and_a_model(settings, tmp_path):
    with pytest.raises(CampaignError, match="no such campaign"):
        steps.plan_offers(settings, "none", NOW.date(), NOW, silent)
    with pytest.raises(ArtifactError, match="promote"):
        steps.plan_offers(settings, "usual", NOW.date(), NOW, silent)


def test_a_plan_takes_the_when_that_is_promoted(settings):
    day = NOW.date() + timedelta(days=1)
    for name, arrays, manifest in (
        ("ranker", checkerboard.arrays(), checkerboard.manifest()),
        ("when", when_world.arrays(), when_world.manifest()),
    ):
        version = write_artifact(settings.shelf, name, arrays, manifest).version
        if name == "when":
            assert steps.plan_offers(settings, "usual", day, NOW, silent).notes == (NO_MODEL, BY_SLOPE)
        shelf.point(settings.shelf, name, version)
    report = steps.plan_offers(settings, "usual", day + timedelta(days=1), NOW, silent)
    assert report.notes == (f"visits by when {version}: own_visits 1, few_visits 2", BY_SLOPE)


def test_an_empty_ledger_is_whole(settings):
    assert steps.verify_ledger(settings)["differences"] == []
    assert steps.decision(settings, "usual", NOW.date(), "ann") == "not considered"


def test_a_tills_parquet_is_measured_before_it_is_read(settings, tmp_path):
    file, rows = tmp_path / "till.parquet", {"order_id": ["1"] * 9_000, "discount_cents": ["10"] * 9_000}

    def of(codes, **others):
        pq.write_table(pa.table({**rows, "coupon_id": codes, **others}), file, compression="zstd")
        return steps.reconcile_till(settings, file, None, None)

    once = pa.DictionaryArray.from_arrays(np.zeros(9_000, "int32"), ["x" * 100_000])
    # What nobody reads may be of any size.
    assert not of(["AAAA"] * 9_000, note=once).agrees
    with pytest.raises(DataError, match="unpacks into more than"):
        of(once)
