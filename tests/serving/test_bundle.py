from datetime import UTC, datetime, timedelta, timezone

import pytest

from models.artifact import ArtifactError
from serving.bundle import load_bundle
from settings import Settings
from tests.serving.fakes import PRODUCTS


def test_a_bundle_holds_one_version_whole(home):
    bundle = load_bundle(Settings(home=home))
    assert bundle.version == bundle.ranker.version
    assert len(bundle.catalogue.priced) == len(bundle.ranker.product_ids) == len(PRODUCTS)


def test_the_hour_is_the_stores(home):
    bundle = load_bundle(Settings(home=home))
    monday_noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert bundle.hour_of_week("s0", monday_noon) == 7
    assert bundle.hour_of_week("s1", monday_noon) == 20
    # After New York's clocks went forward.
    assert bundle.hour_of_week("s0", monday_noon + timedelta(days=7)) == 8


def test_without_a_known_store_the_hour_is_the_speakers(home):
    bundle = load_bundle(Settings(home=home))
    told = datetime(2026, 3, 2, 23, 30, tzinfo=timezone(timedelta(hours=-8)))
    assert bundle.hour_of_week(None, told) == bundle.hour_of_week("elsewhere", told) == 23


def test_nothing_promoted_is_a_plain_fault(tmp_path):
    with pytest.raises(ArtifactError, match="promote"):
        load_bundle(Settings(home=tmp_path))
