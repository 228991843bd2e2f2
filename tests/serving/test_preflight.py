import shutil
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from embedded import OnlineStoreError, connect, lease_online_store
from models.artifact import ArtifactError, write_artifact
from models.shelf import point
from offers.campaign_file import CampaignError
from offers.database import LedgerError
from serving import preflight as module
from serving.catalogue import CatalogueError
from serving.feast_messages import registry_class
from serving.preflight import FAULTS, StartFault, preflight, require_free
from settings import Settings, SettingsError
from tests.models import checkerboard


@pytest.fixture
def settings(home, tmp_path):
    """A home in which nothing is missing."""
    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    (copy / "feast").mkdir()
    services = [{"spec": {"name": name, "project": "daypart"}} for name in ("recommendations_v1", "store_v1")]
    registry = registry_class()(feature_services=services)
    (copy / "feast" / "registry.db").write_bytes(registry.SerializeToString())
    return Settings(home=copy, campaigns=tmp_path / "campaigns")


def fault(settings):
    with pytest.raises(FAULTS) as caught, preflight(settings):
        pass
    assert "\n" not in str(caught.value)
    return caught.value


def test_nothing_missing_and_nothing_left_open(settings):
    def server():
        with lease_online_store(settings) as store, connect(store.url) as client:
            return client.info("server")["process_id"]

    # The embedded store was started, stands for as long as the block runs, and is stopped by the last who used it.
    with preflight(settings) as loaded:
        loaded()
        assert server() == server()
    assert not list((settings.home / "online").glob("*.sock"))


def test_each_part_has_its_own_plain_fault(settings, tmp_path):
    assert isinstance(fault(replace(settings, home=tmp_path / "empty")), ArtifactError)
    assert isinstance(fault(replace(settings, redis_url="redis://:secret@127.0.0.1:1/0")), OnlineStoreError)
    assert isinstance(fault(replace(settings, redis_url="gopher://x")), SettingsError)
    error = fault(replace(settings, database_url="postgresql://u:secret@127.0.0.1:1/x"))
    assert isinstance(error, LedgerError)
    assert "secret" not in str(error)
    assert isinstance(fault(replace(settings, database_url="mysql://x")), LedgerError)


def test_a_damaged_artifact_stops_the_start(settings):
    array = next(settings.shelf.rglob("als_factors.npy"))
    data = bytearray(array.read_bytes())
    data[-1] ^= 1
    array.write_bytes(data)
    assert isinstance(fault(settings), ArtifactError)


def test_a_damaged_artifact_after_a_whole_one_does_not(settings):
    """A machine that begins anew at night has nobody to promote again."""
    arrays = checkerboard.arrays()
    arrays["blend_weights"] = arrays["blend_weights"] * np.float32(2)
    later = write_artifact(settings.shelf, "ranker", arrays, checkerboard.manifest()).version
    point(settings.shelf, "ranker", later)
    (settings.shelf / "ranker" / later / "manifest.json").write_text("{")
    with preflight(settings) as loaded:
        loaded()


def test_a_bad_campaign_stops_the_start(settings):
    settings.campaigns.mkdir()
    (settings.campaigns / "usual.toml").write_text('id = "usual"\n')
    assert isinstance(fault(settings), CampaignError)


def test_a_damaged_table_stops_the_start(settings):
    (settings.lake / "products.parquet").write_bytes(b"no table")
    assert isinstance(fault(settings), CatalogueError)


@pytest.mark.parametrize("content", [None, b"", b"something else", b"\x0a\x12recommendations_v1\x12"])
def test_a_registry_that_does_not_know_our_service_stops_the_start(settings, content):
    registry = settings.home / "feast" / "registry.db"
    registry.unlink() if content is None else registry.write_bytes(content)
    error = fault(settings)
    assert isinstance(error, OnlineStoreError)
    assert "run `daypart features`" in str(error)


def test_a_registry_on_a_server_that_does_not_answer_stops_the_start(settings):
    (settings.home / "feast" / "registry.db").unlink()
    error = fault(replace(settings, registry_url="postgresql://barista:s3cret@127.0.0.1:1/feast"))
    assert "feature registry postgresql://127.0.0.1:1/feast does not answer" in str(error)
    assert "s3cret" not in str(error)


def test_a_taken_port_is_told_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartFault, match=f"port {port} .*DAYPART_PORT"):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)
    with pytest.raises(StartFault, match="cannot listen on nowhere"):
        require_free("nowhere.invalid", 0)


def test_the_online_store_loads_while_the_start_goes_on(settings, monkeypatch):
    order, may_load = [], threading.Event()

    @contextmanager
    def slow(_):
        assert may_load.wait(10)
        order.append("loaded")
        try:
            yield
        finally:
            order.append("let go")

    monkeypatch.setattr(module, "lease_online_store", slow)
    with preflight(settings) as loaded:
        order.append("goes on")
        may_load.set()
        loaded()
        order.append("serves")
    assert order == ["goes on", "loaded", "serves", "let go"]
    # A start that fails meanwhile leaves no server behind.
    order.clear()
    may_load.clear()
    threading.Timer(0.2, may_load.set).start()
    with pytest.raises(KeyError), preflight(settings):
        raise KeyError
    assert order == ["loaded", "let go"]


def test_a_store_that_cannot_start_is_told_where_it_is_waited_for(settings):
    (settings.home / "online").write_text("in the way")
    reached = []
    with pytest.raises(OnlineStoreError), preflight(settings) as loaded:
        reached.append(loaded())
    assert reached == []
    assert isinstance(fault(settings), OnlineStoreError)
