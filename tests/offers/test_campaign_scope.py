from datetime import date

import numpy as np
import pytest

from offers.campaign_faults import faults
from offers.campaign_scope import (
    DAYPARTS,
    Products,
    Stores,
    hours_allowed,
    hours_of,
    offered,
    parts_of,
    runs_on,
    stores_of,
    unknown,
)
from tests.offers.plan_world import campaign

IDS = ["latte", "tea", "beer", "cake", "mug"]
KINDS = ["Drinks > Coffee", "Drinks", "Drinks > Beer", "Food", None]


@pytest.mark.parametrize(
    ("chosen", "taken"),
    [
        ({}, IDS),
        ({"include": ("tea", "mug")}, ["tea", "mug"]),
        ({"categories": ("Drinks",)}, ["latte", "tea", "beer"]),
        ({"categories": ("Drinks > Coffee", "Food")}, ["latte", "cake"]),
        ({"categories": ("Coffee",), "include": ("cake",)}, ["latte", "cake"]),
        ({"categories": ("Drinks",), "exclude_categories": ("Beer",), "exclude": ("tea",)}, ["latte"]),
        ({"include": ("beer", "tea"), "exclude_categories": ("Beer",)}, ["tea"]),
        ({"exclude": ("latte", "unheard")}, ["tea", "beer", "cake", "mug"]),
    ],
)
def test_what_is_offered(chosen, taken):
    found = offered(Products(**chosen), IDS, KINDS)
    assert found.dtype == bool
    assert [name for name, one in zip(IDS, found, strict=True) if one] == taken


def test_parts_of_a_category():
    assert parts_of("A > B > C") == {"A", "B", "C", "A > B > C"}
    assert parts_of(None) == parts_of("") == set()


def test_stores():
    known = ["c", "a", "b"]
    assert stores_of(Stores(), known) == ["a", "b", "c"]
    assert stores_of(Stores(include=("b", "x")), known) == ["b"]
    assert stores_of(Stores(exclude=("b",)), known) == ["a", "c"]
    assert unknown(("b", "x"), known) == [(1, "x")]


@pytest.mark.parametrize(
    ("dayparts", "hours"),
    [
        ((), range(24)),
        (("noon",), range(11, 14)),
        (("6-8", "7-9"), range(6, 9)),
        (("night",), [*range(6), *range(21, 24)]),
        (("22-2",), [0, 1, 22, 23]),
        (("0-24",), range(24)),
        (("23-24",), [23]),
    ],
)
def test_hours_of_dayparts(dayparts, hours):
    assert np.flatnonzero(hours_allowed(dayparts)).tolist() == list(hours)


def test_dayparts_cover_the_day_once():
    assert sum(hours_allowed((name,)).sum() for name in DAYPARTS) == hours_allowed(tuple(DAYPARTS)).sum() == 24


@pytest.mark.parametrize("text", ["brunch", "6", "6-6", "24-2", "6-25", "-", "a-b", "6-8-9", "Noon"])
def test_no_daypart(text):
    with pytest.raises(ValueError, match="is no daypart; write morning"):
        hours_of(text)


@pytest.mark.parametrize(
    ("starts", "ends", "runs"), [(None, None, True), (2, 2, True), (3, None, False), (None, 1, False), (1, 3, True)]
)
def test_first_and_last_day_belong_to_it(starts, ends, runs):
    day = [None, *(date(2025, 11, n) for n in (1, 2, 3))]
    assert runs_on(day[starts or 0], day[ends or 0], day[2]) is runs


def test_the_plan_worlds_campaign_is_whole():
    assert list(faults(campaign(), "c")) == []
    assert [key for key, _ in faults(campaign(), "d")] == ["id"]
