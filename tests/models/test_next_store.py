"""Which store next: candidates, their features, their chances."""

import numpy as np
import pytest

from models.next_store import NextStore
from models.store_features import FADES, STORE_NAMES, store_candidates
from tests.models.test_visit_features import random_visits
from tests.models.when_world import EVENING, MONDAY, TODAY, arrays, visits

NEXT = NextStore.of(arrays())


def told(found, user):
    return {
        int(store): dict(zip(STORE_NAMES, row, strict=True))
        for owner, store, row in zip(found.owner, found.store, found.features, strict=True)
        if owner == user
    }


def test_candidates_are_the_known_stores_of_each_past():
    found = store_candidates(visits(), TODAY)
    assert list(zip(found.owner.tolist(), found.store.tolist(), strict=True)) == [
        (MONDAY, 0),
        (EVENING, 0),
        (EVENING, 1),
    ]
    assert np.isfinite(found.features).all()


def test_turns_are_seen():
    by_store = told(store_candidates(visits(), TODAY), EVENING)
    # Fourteen visits by turns, the last in s1: s0 always followed s1, six times.
    went = sum(0.97**back for back in range(1, 13, 2))
    usual = sum(0.95**back for back in range(1, 14, 2)) / sum(0.95**back for back in range(14))
    assert by_store[0]["follows_3"] == pytest.approx(np.log((went + 3 * usual) / (went + 3) + 1e-3))
    assert by_store[1]["was_last_1"] == by_store[0]["was_last_2"] == 1
    assert by_store[0]["visits_since"] == pytest.approx(np.log(2))
    assert by_store[1]["visits"] == by_store[0]["visits"] == pytest.approx(np.log(7))
    assert by_store[1]["rank"] == 0
    assert by_store[0]["rank"] == 1
    for fade in FADES:
        share = sum(fade**back for back in range(0, 14, 2)) / sum(fade**back for back in range(14))
        assert by_store[1][f"share_{fade}"] == pytest.approx(np.log(share + 1e-3))


def test_chances_sum_to_one_for_who_has_been_somewhere():
    found = NEXT.chances(visits(), TODAY)
    assert np.bincount(found.owner, found.chance, 4).tolist() == pytest.approx([0, 0, 1, 1])
    assert found.likeliest(4).tolist() == [-1, -1, 0, int(np.argmax(found.chance[1:]))]


def test_of_equal_chances_the_lower_row_is_likeliest():
    found = NEXT.chances(visits(), TODAY)
    level = type(found)(found.owner, found.store, np.full(3, 0.5))
    assert level.likeliest(4).tolist() == [-1, -1, 0, 0]


def test_everybody_at_once_is_each_alone():
    people = random_visits()
    whole, features = NEXT.chances(people, TODAY), store_candidates(people, TODAY).features
    for user in range(len(people)):
        alone = NEXT.chances(people.block(user, user + 1), TODAY)
        mine = whole.owner == user
        assert whole.store[mine].tolist() == alone.store.tolist()
        np.testing.assert_allclose(whole.chance[mine], alone.chance)
        mine_alone = store_candidates(people.block(user, user + 1), TODAY).features
        np.testing.assert_allclose(features[mine], mine_alone, atol=1e-12)
