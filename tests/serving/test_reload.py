import gc
import json
import logging
import shutil
import weakref

import numpy as np
import pytest

from models.artifact import write_artifact
from models.shelf import point
from serving import reload
from serving.bundle import load_bundle_to_start
from serving.opening import warm
from serving.reload import Reload, with_bundle
from settings import Settings
from tests.models import checkerboard
from tests.serving.conftest import write_lake
from tests.serving.fakes import Clock


def another(shelf):
    """A second version of the checkerboard's ranker, on the shelf and not current."""
    arrays = {name: np.array(array) for name, array in checkerboard.arrays().items()}
    name = next(n for n in sorted(arrays) if arrays[n].dtype == np.float32)
    arrays[name] = arrays[name] * np.float32(1.01)
    return write_artifact(shelf, "ranker", arrays, checkerboard.manifest()).version


@pytest.fixture
def place(world, tmp_path):
    """(world that reads its model from a shelf of its own, the shelf, the reload, its clock)."""
    settings = Settings(home=tmp_path / "own")
    first = write_artifact(settings.shelf, "ranker", checkerboard.arrays(), checkerboard.manifest()).version
    point(settings.shelf, "ranker", first)
    write_lake(settings.lake)
    world.parts.settings = settings
    world.parts = world.front.parts = with_bundle(world.parts, reload.load_bundle(settings))
    clock = Clock()

    def use(parts):
        world.front.parts = parts

    return world, settings.shelf, Reload(world.parts, use, warm, clock), clock


def version(world):
    return world.rank()["meta"]["model_version"]


def test_a_promotion_and_a_rollback_go_into_use(place):
    world, shelf, found, _ = place
    first = version(world)
    assert not found.look()
    point(shelf, "ranker", second := another(shelf))
    assert found.look()
    assert version(world) == second != first
    assert not found.look()
    point(shelf, "ranker", first)
    assert found.look()
    assert version(world) == first
    assert 'daypart_reloads_total{outcome="done"} 2.0' in world.ask("GET", "/metrics").text


def test_who_began_with_a_bundle_ends_with_it(place):
    world, shelf, found, _ = place
    before = world.front.parts
    point(shelf, "ranker", another(shelf))
    assert found.look()
    after = world.front.parts
    assert before.bundle is not after.bundle
    assert before.shelves._bundle is before.bundle
    assert after.shelves._bundle is after.bundle
    assert (before.gate, before.desk, before.keys) == (after.gate, after.desk, after.keys)


def test_what_served_before_goes_with_the_last_request_that_began_with_it(place):
    """Without the collector, which in a worker hardly ever looks at what is old."""
    world, shelf, found, _ = place
    versions = [version(world), another(shelf)]
    world.parts, collecting, gone = None, gc.isenabled(), []
    gc.disable()
    try:
        for n in range(1, 5):
            asked = world.front.parts
            gone = [weakref.ref(each) for each in (asked, asked.bundle, asked.bundle.ranker, asked.shelves, asked.turn)]
            point(shelf, "ranker", versions[n % 2])
            assert found.look()
            assert world.rank(context={"store_id": "s0"})["meta"]["model_version"] == versions[n % 2]
            assert all(ref() is not None for ref in gone)
            del asked
            assert [ref() for ref in gone] == [None] * len(gone), gc.get_referrers(*[ref() for ref in gone if ref()])
    finally:
        if collecting:
            gc.enable()


def test_memory_is_given_back_a_look_after_a_reload(place, monkeypatch):
    world, shelf, found, _ = place
    trims = []
    monkeypatch.setattr(reload, "trim", lambda: trims.append(version(world)))
    assert not found.look()
    point(shelf, "ranker", second := another(shelf))
    assert found.look()
    assert not trims
    for _ in range(3):
        assert not found.look()
    assert trims == [second]


def damaged(shelf, version):
    array = next((shelf / "ranker" / version).glob("*.npy"))
    content = array.read_bytes()
    array.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def half_written(shelf, version):
    array = max((shelf / "ranker" / version).glob("*.npy"), key=lambda path: path.stat().st_size)
    array.write_bytes(array.read_bytes()[:-8])


def of_a_newer_format(shelf, version):
    path = shelf / "ranker" / version / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 10**6}))


def gone(shelf, version):
    shutil.rmtree(shelf / "ranker" / version)


@pytest.mark.parametrize("spoil", [damaged, half_written, of_a_newer_format, gone])
def test_what_cannot_be_loaded_leaves_what_serves(place, spoil, caplog):
    world, shelf, found, clock = place
    caplog.set_level(logging.WARNING, "daypart.serving")
    first, second = version(world), another(shelf)
    point(shelf, "ranker", second)
    kept = shutil.copytree(shelf / "ranker" / second, shelf.parent / "kept")
    spoil(shelf, second)
    for _ in range(5):
        assert not found.look()
        clock.now_s += 0.25
    assert found.is_failing
    answer = world.rank()
    assert (answer["meta"]["model_version"], answer["meta"]["degraded"]) == (first, False)
    assert len(answer["items"]) == 10
    # Mended without a new promotion: found by trying again, not by the pointer.
    shutil.copytree(kept, shelf / "ranker" / second, dirs_exist_ok=True)
    clock.now_s += reload.LONGEST_WAIT_S
    assert found.look()
    assert version(world) == second
    lines = [record.message.split(":")[0] for record in caplog.records]
    assert lines == ["the current model can't be loaded, the one before serves on", "what is current serves again"]


def test_a_pointer_that_is_damaged_is_no_end_either(place):
    world, shelf, found, _ = place
    first = version(world)
    (shelf / "ranker" / "CURRENT").write_text("half a li")
    assert not found.look()
    assert version(world) == first
    point(shelf, "ranker", second := another(shelf))
    assert found.look()
    assert version(world) == second


def test_who_begins_while_what_is_current_is_damaged_says_so_and_takes_it_up_when_it_is_mended(place, caplog):
    world, shelf, _, clock = place
    caplog.set_level(logging.WARNING, "daypart.serving")
    first = version(world)
    point(shelf, "ranker", second := another(shelf))
    kept = shutil.copytree(shelf / "ranker" / second, shelf.parent / "kept")
    damaged(shelf, second)

    def use(parts):
        world.front.parts = parts

    begun = with_bundle(world.parts, load_bundle_to_start(world.parts.settings))
    use(begun)
    found = Reload(begun, use, warm, clock)
    assert (found.is_failing, version(world)) == (True, first)
    refused = 'daypart_reloads_total{outcome="refused"} '
    assert f"{refused}1.0" in world.ask("GET", "/metrics").text
    assert not found.look()
    assert f"{refused}2.0" in world.ask("GET", "/metrics").text
    shutil.copytree(kept, shelf / "ranker" / second, dirs_exist_ok=True)
    clock.now_s += reload.LONGEST_WAIT_S
    assert found.look()
    assert (found.is_failing, version(world)) == (False, second)
    lines = [record.message.split(":")[0] for record in caplog.records]
    assert lines == ["the current model can't be loaded, the one before serves on", "what is current serves again"]
    assert second in caplog.records[0].message


def test_what_fails_is_tried_ever_more_seldom(place, monkeypatch):
    world, shelf, found, clock = place
    point(shelf, "ranker", second := another(shelf))
    gone(shelf, second)
    tried = []
    monkeypatch.setattr(reload, "load_bundle", lambda settings: tried.append(clock.now_s) or 1 / 0)
    for _ in range(200):
        found.look()
        clock.now_s += 0.5
    assert np.diff(tried).tolist() == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert f'daypart_reloads_total{{outcome="refused"}} {len(tried)}.0' in world.ask("GET", "/metrics").text


def test_new_names_of_products_go_into_use_with_the_same_version(place):
    world, shelf, found, _ = place
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = shelf.parent / "lake" / "products.parquet"
    table = pq.read_table(path)
    names = pa.array([f"New {name}" for name in table.column("name").to_pylist()])
    pq.write_table(table.set_column(table.schema.get_field_index("name"), "name", names), path)
    first = version(world)
    assert found.look()
    assert version(world) == first
    assert all(item["name"].startswith("New ") for item in world.rank()["items"])


def test_a_new_bundle_still_knows_what_stores_sell(place):
    world, shelf, found, _ = place
    sold = {item["product_id"] for item in world.rank(context={"store_id": "s0"})["items"]}
    world.online.down = True
    point(shelf, "ranker", another(shelf))
    assert found.look()
    answer = world.rank(context={"store_id": "s0"})
    assert {item["product_id"] for item in answer["items"]} == sold
    assert answer["meta"]["warnings"] == ["stale_assortment"]
