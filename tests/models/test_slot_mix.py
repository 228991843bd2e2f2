"""The hour of a visit: densities, shrinking, closed hours."""

from dataclasses import replace

import numpy as np
import pytest

from models.habits import LONG_D, habits_of, kernel
from models.slot_grounds import DAY_SHARE, FIXED, KIND_SHARE, STRENGTH, SlotGrounds
from models.slot_mix import SlotMix, slots
from models.topics import PRIOR_VISITS, STEPS, Topics
from tests.models.test_visit_features import random_visits
from tests.models.when_world import EVENING, MONDAY, NOBODY, ONCE, TODAY, arrays, visits

MIX = SlotMix.of(arrays(), (1, 2))
STORE = np.array([-1, -1, 0, 1])
OPEN = np.ones((4, 24), dtype=bool)
MONDAY_NEXT = np.full(4, TODAY + 4)


def density(day=MONDAY_NEXT, open_hours=OPEN, mix=MIX):
    return mix.density(mix.habits(visits(), TODAY, STORE), day, open_hours)


def test_rows_are_densities_and_closed_hours_are_nothing():
    open_hours = OPEN.copy()
    open_hours[:, :7] = open_hours[:, 20:] = False
    open_hours[ONCE] = False
    found = density(open_hours=open_hours)
    assert found.sum(axis=1).tolist() == pytest.approx([1, 0, 1, 1])
    assert not found[~open_hours].any()
    assert (found[NOBODY, 7:20] > 0).all()
    # What is left keeps its proportions.
    whole = density()
    np.testing.assert_allclose(found[MONDAY, 7:20], whole[MONDAY, 7:20] / whole[MONDAY, 7:20].sum())


def test_habits_are_found():
    found = density()
    assert found.argmax(axis=1)[[MONDAY, EVENING]].tolist() == [8, 18]
    assert found[MONDAY, 8] > 3 * found[NOBODY, 8]


def unit(x):
    return x / x.sum()


def test_each_own_density_is_shrunk_to_the_next_wider_one():
    grounds, habits = MIX.grounds, MIX.habits(visits(), TODAY, STORE)
    logs = grounds.logs(habits, MONDAY_NEXT)
    terms = {name: np.exp(logs[MONDAY, :, at]) - 1e-6 for at, name in enumerate(FIXED)}
    chain = grounds.chain[0]
    base = unit(grounds.store[0, 0] * chain / grounds.chain[:5].mean(axis=0))
    mass = sum(0.5 ** ((2 + 7 * back) / LONG_D) for back in range(10))
    eight = np.zeros(24)
    eight[8] = mass
    narrow, strength = eight @ kernel(0.7), STRENGTH[0.7]
    any_day = unit(narrow + strength * base)
    kind = unit(narrow + KIND_SHARE * strength * unit(any_day * chain / grounds.chain.mean(axis=0)))
    day = unit(narrow + DAY_SHARE * strength * kind)
    np.testing.assert_allclose(terms["chain"], chain, atol=1e-9)
    np.testing.assert_allclose(terms["any_long"], any_day, atol=1e-9)
    np.testing.assert_allclose(terms["day_long"], day, atol=1e-9)


def test_a_stranger_is_the_chain_and_the_store():
    habits = habits_of(visits(), TODAY, np.array([0, -1, -1, 5]), MIX.grounds.topics)
    logs = np.exp(MIX.grounds.logs(habits, MONDAY_NEXT))
    assert not np.allclose(logs[NOBODY, :, 1], MIX.grounds.chain[0], atol=1e-3)
    unknown = MIX.habits(visits(), TODAY, np.full(4, 5))
    none = MIX.habits(visits(), TODAY, np.full(4, -1))
    np.testing.assert_array_equal(MIX.density(unknown, MONDAY_NEXT, OPEN), MIX.density(none, MONDAY_NEXT, OPEN))
    np.testing.assert_allclose(
        np.exp(MIX.grounds.logs(none, MONDAY_NEXT))[NOBODY, :, 1], MIX.grounds.chain[0], atol=2e-6
    )


def test_the_mix_is_log_linear():
    only = np.zeros(10)
    only[0] = 1.0
    plain = replace(MIX, weights=only, bias=np.zeros(24))
    np.testing.assert_allclose(density(mix=plain)[MONDAY], unit(MIX.grounds.chain[0] + 1e-6), atol=1e-9)


def test_slots_are_sums_of_hours():
    assert slots(np.arange(24.0)[None], 2)[0].tolist() == [1 + 4 * n for n in range(12)]


def test_a_blend_is_drawn_to_the_topic_that_explains_the_hours():
    topics = MIX.grounds.topics[1]
    blends = topics.blend(habits_of(visits(), TODAY, STORE, ()).long)
    assert blends.sum(axis=1) == pytest.approx(np.ones(4))
    assert blends[NOBODY].tolist() == pytest.approx(topics.share.tolist())
    # The first of the two is of the morning.
    assert blends[MONDAY, 0] > 0.8
    assert blends[EVENING, 1] > 0.8
    np.testing.assert_allclose(topics.density(blends, np.zeros(4, np.int64)).sum(axis=1), 1)


def test_a_blend_takes_the_documented_steps():
    topics = Topics(MIX.grounds.topics[1].hours, np.array([0.5, 0.5]))
    week = np.zeros(168)
    week[[8, 20, 32]] = (2.0, 1.0, 1.0)
    kinds, blend = topics.hours.reshape(2, 168), np.array([0.5, 0.5])
    for _ in range(STEPS):
        blend = unit(blend * (kinds @ (week / (blend @ kinds))) + PRIOR_VISITS * 0.5)
    np.testing.assert_allclose(topics.blend(week.reshape(1, 7, 24))[0], blend, rtol=1e-6)


def test_everybody_at_once_is_each_alone():
    people = random_visits()
    store, day = np.arange(30) % 3 - 1, TODAY + np.arange(30) % 7
    whole = MIX.density(MIX.habits(people, TODAY, store), day, np.ones((30, 24), bool))
    for user in range(30):
        part, one = people.block(user, user + 1), slice(user, user + 1)
        alone = MIX.density(MIX.habits(part, TODAY, store[one]), day[one], np.ones((1, 24), bool))
        np.testing.assert_allclose(whole[user], alone[0], rtol=1e-9)


def test_the_grounds_split_the_topics_by_their_sizes():
    assert [len(each.share) for each in SlotGrounds.of(arrays(), (2, 1)).topics] == [2, 1]
