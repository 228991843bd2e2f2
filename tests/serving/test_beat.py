import asyncio
from dataclasses import replace

from embedded.filled import WHOLE, Filled
from serving import beat
from serving.metrics import Metrics
from tests.serving.fakes import NOW, not_added


def test_a_beat_tells_and_measures_how_late_it_is(world, monkeypatch):
    monkeypatch.setattr(beat, "BEAT_S", 0.01)
    world.rank()
    metrics = world.parts.metrics
    assert metrics.registry.get_sample_value("daypart_requests_total") is None

    async def live():
        began_s = asyncio.get_running_loop().time()
        task = asyncio.create_task(beat.beat(world.parts, lambda: None))
        await asyncio.sleep(0.05)
        metrics.answered("late", 200, 0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return asyncio.get_running_loop().time() - began_s

    lived_s = asyncio.run(live())
    sample = metrics.registry.get_sample_value
    assert sample("daypart_requests_total", {"call": "recommendations", "status": "200"}) == 1
    assert sample("daypart_requests_total", {"call": "late", "status": "200"}) == 1
    assert sample("daypart_loop_lag_seconds_count") >= 1
    assert 0.0 <= sample("daypart_loop_lag_seconds_sum") < lived_s


def test_a_worker_stands_by_its_bundle_and_its_gate(world):
    parts, sample = world.parts, world.parts.metrics.registry.get_sample_value
    first = beat.stand(parts, "")
    assert sample("daypart_model_workers", {"version": first}) == 1
    assert sample("daypart_model_trained_through_seconds") == 1512086400.0  # 2017-12-01, as the manifest says
    assert (sample("daypart_workers"), sample("daypart_online_store_up")) == (1, 1)
    assert sample("daypart_workers_wanted") == parts.settings.workers == 1
    assert sample("daypart_worker_resident_bytes") > 10_000_000
    assert sample("daypart_impressions_dropped_total") in (None, 0)
    world.online.down, parts.bundle = True, replace(parts.bundle, version="other")
    assert parts.gate.pasts(["u00"]) == [None]
    parts.impressions.n_dropped = 3
    assert beat.stand(parts, first) == "other"
    parts.metrics.flush()
    assert sample("daypart_impressions_dropped_total") == 3
    assert sample("daypart_worker_starts_total") == 1, "another version is no other worker"
    assert [sample("daypart_model_workers", {"version": v}) for v in (first, "other")] == [0, 1]
    assert sample("daypart_online_store_up") == 0
    world.online.down = False
    parts.gate.look()
    beat.stand(parts, first)
    assert sample("daypart_online_store_up") == 1
    assert beat.resident_bytes() > 10_000_000
    for filled, whole in ((WHOLE, 1), (Filled(True, False), 0), (Filled(False, True), 0)):
        world.online.filled = filled
        beat.stand(parts, first)
        assert sample("daypart_online_store_whole") == whole
    for at, told in ((NOW, NOW.timestamp()), (None, 0.0)):
        world.online.filled = Filled(True, True, None, at)
        beat.stand(parts, first)
        assert sample("daypart_features_through_seconds") == told


def test_a_store_that_takes_no_writes_is_not_up(world):
    sample = world.parts.metrics.registry.get_sample_value
    not_added(world)
    beat.stand(world.parts, "")
    assert (world.parts.gate.is_down, sample("daypart_online_store_up")) == (False, 0)


def test_memory_is_nothing_where_it_isnt_told(monkeypatch, tmp_path):
    monkeypatch.setattr(beat, "_STATM", tmp_path / "none")
    assert beat.resident_bytes() == 0
    assert Metrics().registry.get_sample_value("daypart_worker_resident_bytes") == 0
