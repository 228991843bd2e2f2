"""Ragged arrays of visits: what fits together, and what does not."""

from dataclasses import replace

import numpy as np
import pytest

from models.habits import habits_of
from models.store_features import store_candidates
from models.visit_features import visit_features
from models.visits import rows_of, weekday_of
from models.vocabulary import Vocabulary
from tests.models.when_world import EVENING, MONDAY, MONDAYS, ONCE, TODAY, visits

V = visits()


def test_who_came_last_when_and_where():
    assert len(V) == 4
    assert V.last(V.day, -1).tolist() == [-1, TODAY - 8, TODAY - 3, TODAY - 2]
    assert V.last(V.store, -7).tolist() == [-7, -1, 0, 1]
    assert V.back[V.owner == ONCE].tolist() == [0]
    assert V.back[V.owner == MONDAY].tolist() == list(range(9, -1, -1))


def test_a_block_is_those_users_alone():
    part = V.block(MONDAY, EVENING)
    assert len(part) == 1
    assert part.day.tolist() == MONDAYS
    assert part.n_visits.tolist() == [10]
    assert len(V.block(1, 1)) == 0


def test_days_are_of_the_week_that_begins_on_monday():
    assert weekday_of(np.array([0, 3, 4, TODAY])).tolist() == [3, 6, 0, 3]
    assert set(weekday_of(np.array(MONDAYS)).tolist()) == {0}


def test_unknown_stores_and_none_have_no_row():
    assert rows_of(Vocabulary(["a", "b"]), ["b", None, "c", "", "a"]).tolist() == [1, -1, -1, -1, 0]


def test_what_is_asked_about_is_not_known_yet():
    V.check_before(TODAY - 1)
    topics, store = (), np.full(4, -1)
    for ask in (
        V.check_before,
        lambda day: habits_of(V, day, store, topics),
        lambda day: store_candidates(V, day),
        lambda day: visit_features(V, day),
    ):
        with pytest.raises(ValueError, match="not before day"):
            ask(TODAY - 2)


def edited(name, where, value):
    column = getattr(V, name).copy()
    column[where] = value
    return {name: column}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_visits": V.n_visits[:-1]}, "not speak of the same users"),
        ({"first_day": V.first_day[:-1]}, "not speak of the same users"),
        (edited("indptr", 0, 1), "indptr does not rise"),
        (edited("indptr", 1, 5), "indptr does not rise"),
        (edited("indptr", -1, 24), "indptr does not rise"),
        ({"hour": V.hour[:-1]}, "differ in length"),
        ({"store": V.store[:-1]}, "differ in length"),
        (edited("n_visits", MONDAY, 9), "more visits listed than n_visits"),
        (edited("hour", 3, 24), "not 0 to 23"),
        (edited("hour", 3, -1), "not 0 to 23"),
        (edited("day", 2, MONDAYS[0]), "days do not rise"),
        (edited("day", 4, MONDAYS[1]), "days do not rise"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(V, **changes)
