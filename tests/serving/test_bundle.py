import shutil
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from models.artifact import ArtifactError, write_artifact
from models.shelf import CURRENT, HISTORY, load, point
from serving.bundle import load_bundle, load_bundle_to_start
from serving.catalogue import CatalogueError
from settings import Settings
from tests.models import checkerboard
from tests.serving.conftest import write_lake
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


@pytest.fixture
def promoted(tmp_path):
    """(settings, three promoted versions, one that never was), written in this order."""
    settings, names = Settings(home=tmp_path), []
    write_lake(settings.lake)
    for n in range(4):
        arrays = {**checkerboard.arrays(), "blend_weights": checkerboard.arrays()["blend_weights"] * np.float32(1 + n)}
        names.append(write_artifact(settings.shelf, "ranker", arrays, checkerboard.manifest()).version)
    for version in names[:3]:
        point(settings.shelf, "ranker", version)
    return settings, names[:3], names[3]


def cut(settings, version):
    array = max((settings.shelf / "ranker" / version).glob("*.npy"), key=lambda path: path.stat().st_size)
    array.write_bytes(array.read_bytes()[:-8])


def started(settings):
    """(version, why it serves in place of the current one)."""
    bundle = load_bundle_to_start(settings)
    assert bundle.read_of
    return bundle.version, bundle.in_place_because


def test_a_process_begins_with_what_is_current(promoted):
    settings, (_, _, c), _ = promoted
    assert started(settings) == (c, "")


def test_while_what_is_current_is_damaged_it_begins_with_the_latest_whole_one_before_it(promoted):
    settings, (a, b, c), _ = promoted
    cut(settings, c)
    version, why = started(settings)
    assert version == b
    assert why.startswith("ArtifactError: ")
    assert c in why
    shutil.rmtree(settings.shelf / "ranker" / b)
    assert started(settings)[0] == a
    with pytest.raises(ArtifactError, match=c):
        load_bundle(settings)


@pytest.mark.parametrize("text", ["half a li", "", None])
def test_while_the_pointer_is_damaged_it_begins_with_what_it_said(promoted, text):
    settings, (_, _, c), _ = promoted
    pointer = settings.shelf / "ranker" / CURRENT
    pointer.unlink() if text is None else pointer.write_text(text)
    version, why = started(settings)
    assert (version, "promote" in why) == (c, True)


def test_nobody_serves_what_was_never_promoted_or_is_withdrawn(promoted):
    settings, (a, b, c), candidate = promoted
    point(settings.shelf, "ranker", b)
    cut(settings, b)
    assert started(settings)[0] == a
    cut(settings, a)
    for spoil in (lambda: None, lambda: (settings.shelf / "ranker" / HISTORY).write_text("x")):
        spoil()
        with pytest.raises(ArtifactError, match=b):
            load_bundle_to_start(settings)
    # They are whole all the while.
    for version in (c, candidate):
        assert load(settings.shelf, "ranker", version).version == version


def test_damaged_tables_are_a_plain_fault_whatever_version_it_is(promoted):
    settings, _, _ = promoted
    (settings.lake / "products.parquet").write_bytes(b"no table")
    with pytest.raises(CatalogueError):
        load_bundle_to_start(settings)
