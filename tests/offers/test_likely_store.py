"""Where a user is likeliest next, among the stores a plan may use."""

import numpy as np
import pytest

from models.visits import Visits
from models.when import When
from offers.likely_store import likely_stores
from offers.slots import Store
from tests.models import when_world
from tests.models.when_world import EVENING, MONDAY, NOBODY, ONCE, TODAY

WHEN = When.from_arrays(when_world.arrays(), when_world.parameters(), "v")
CLOCKS = {name: Store(name, "America/New_York", 360, 1320) for name in ("s0", "s1", "new")}
USUAL = [CLOCKS["new"]] * 4


def likely(clocks=CLOCKS, visits=None):
    stores, chance = likely_stores(WHEN, visits or when_world.visits(), TODAY, USUAL, clocks)
    return [store.store_id for store in stores], chance


def test_the_chance_is_the_models_and_who_is_unknown_keeps_the_usual_store():
    stores, chance = likely()
    told = WHEN.store_chance(when_world.visits(), TODAY)
    best = told.likeliest(4)
    assert stores == ["new", "new", "s0", f"s{best[EVENING]}"]
    assert chance[[NOBODY, ONCE]].tolist() == [1.0, 1.0]
    assert chance[MONDAY] == 1.0
    assert chance[EVENING] == pytest.approx(told.chance[told.owner == EVENING].max())
    assert 0.5 < chance[EVENING] < 1.0


@pytest.mark.parametrize("left", ["s0", "s1"])
def test_only_stores_of_the_plan_are_chosen(left):
    stores, chance = likely({left: CLOCKS[left], "new": CLOCKS["new"]})
    assert stores[EVENING] == left
    told = WHEN.store_chance(when_world.visits(), TODAY)
    mine = (told.owner == EVENING) & (told.store == int(left[1]))
    assert chance[EVENING] == pytest.approx(float(told.chance[mine][0]))
    # Mondays are in s0 only: without it nobody knows better than the usual store, where they never were.
    assert (stores[MONDAY], chance[MONDAY]) == (("s0", 1.0) if left == "s0" else ("new", 0.0))


def test_nobody_at_all():
    empty = Visits(np.zeros(1, np.int64), *(np.zeros(0, np.int64) for _ in range(5)))
    assert likely_stores(WHEN, empty, TODAY, [], CLOCKS)[0] == []
