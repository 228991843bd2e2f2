"""Features equal a recomputation from the lake, whatever came before: Hypothesis looks for orders, refunds, voids, links, splits,
late and repeated events and erasures after which they don't.
"""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from embedded import connect, lease_online_store
from settings import Settings
from tests.suites.chain_walk import COMMANDS, settings_in, walk

N_WALKS = 11
REACHED = Counter()


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    with lease_online_store(Settings(home=tmp_path_factory.mktemp("online"))) as store:
        yield store


@settings(
    max_examples=N_WALKS,
    # Shrinking would take minutes: add Phase.shrink by hand when a walk fails.
    phases=(Phase.generate,),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(commands=COMMANDS, limit=st.sampled_from([512, 512, 2]))
def test_features_are_what_the_lake_says(online, tmp_path_factory, commands, limit):
    with connect(online.url) as client:
        client.flushdb()
    chain = walk(settings_in(tmp_path_factory.mktemp("walk") / "home", online.url, limit), commands)
    REACHED.update(chain.reached)


def test_the_walks_came_through_what_they_are_for():
    """How many looks (or commands) of all walks saw each; a walk that saw nothing proves nothing."""
    few = {name: n for name, n in REACHED.items() if n < 3}
    assert (few, len(REACHED)) == ({}, 18), REACHED
