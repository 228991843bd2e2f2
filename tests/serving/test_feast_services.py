"""The registry as it is read without Feast beside what Feast reads of it; over PostgreSQL: tests/feature_repo/test_views.py."""

from dataclasses import replace

import pytest
from feast.protos.feast.core.Registry_pb2 import Registry

from embedded import OnlineStoreError
from serving.feast_services import feature_services
from settings import Settings
from training import features
from training.feast_store import open_store


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("declared"))
    features.apply(settings)
    return settings


def services_of(settings):
    told = open_store(settings).list_feature_services()
    return {
        one.name: {view.name: tuple(f.name for f in view.features) for view in one.feature_view_projections}
        for one in told
    }


def lacking(declared, home, name):
    """A registry without one service."""
    registry = Registry.FromString((declared.home / "feast" / "registry.db").read_bytes())
    kept = [one for one in registry.feature_services if one.spec.name != name]
    assert len(kept) == len(registry.feature_services) - 1
    del registry.feature_services[:]
    registry.feature_services.extend(kept)
    (home / "feast").mkdir()
    (home / "feast" / "registry.db").write_bytes(registry.SerializeToString())
    return replace(declared, home=home)


def test_a_file_is_read_as_feast_reads_it(declared):
    told = feature_services(declared)
    assert told == services_of(declared)
    assert list(told["store_v1"]) == ["store_assortment"]


@pytest.mark.parametrize("name", ["recommendations_v1", "store_v1"])
def test_without_what_serving_needs_it_is_not_filled(declared, tmp_path, name):
    with pytest.raises(OnlineStoreError, match=rf"not filled \(no feature service {name}\); run `daypart features`"):
        feature_services(lacking(declared, tmp_path, name))


def test_without_portraits_it_is_of_an_earlier_version(declared, tmp_path):
    assert "portrait_v1" not in feature_services(lacking(declared, tmp_path, "portrait_v1"))


def test_another_projects_services_are_not_ours(declared, tmp_path):
    registry = Registry.FromString((declared.home / "feast" / "registry.db").read_bytes())
    for one in registry.feature_services:
        one.spec.project = "another"
    (tmp_path / "feast").mkdir()
    (tmp_path / "feast" / "registry.db").write_bytes(registry.SerializeToString())
    with pytest.raises(OnlineStoreError, match="not filled"):
        feature_services(replace(declared, home=tmp_path))


@pytest.mark.parametrize("content", [None, b"", b"\xff\xff"])
def test_what_is_no_registry_says_what_to_run(tmp_path, content):
    (tmp_path / "feast").mkdir()
    if content is not None:
        (tmp_path / "feast" / "registry.db").write_bytes(content)
    with pytest.raises(OnlineStoreError, match="run `daypart features`") as caught:
        feature_services(Settings(home=tmp_path))
    assert "\n" not in str(caught.value)


def test_a_database_of_somebody_elses_is_not_filled(tmp_path):
    with pytest.raises(OnlineStoreError, match="no feature service recommendations_v1"):
        feature_services(Settings(home=tmp_path, registry_url=f"sqlite:///{tmp_path / 'empty.db'}"))


def test_a_database_that_does_not_answer_is_one_line_without_its_password(tmp_path):
    with pytest.raises(
        OnlineStoreError, match=r"feature registry postgresql://127\.0\.0\.1:1/x does not answer"
    ) as caught:
        feature_services(Settings(home=tmp_path, registry_url="postgresql://barista:s3cret@127.0.0.1:1/x"))
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
