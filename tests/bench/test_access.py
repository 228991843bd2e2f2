from bench.access import measure
from embedded import connect, lease_online_store
from serving.purse import StorePurse
from settings import Settings


def test_each_step_of_letting_in_is_measured_against_the_store(tmp_path):
    with lease_online_store(Settings(home=tmp_path)) as store, connect(store.url) as client:
        script, *steps = measure(tmp_path, StorePurse(client), 1, 20)
    assert script["value"] > 0
    assert len(steps) == 4
    assert all(step["ratio"] == step["value"] / script["value"] for step in steps)
