"""Who and what the rankings reach: parts, groups, the catalogue, what sells."""

import re

import pytest

from tests.training.report_data import board
from training.report_html import Absent
from training.report_spread import LEAST_USERS, by_activity, coverage, popularity_bias, repeat_explore

PLOTS = (repeat_explore, by_activity, coverage, popularity_bias)


def words(plot):
    return re.findall(r"<text[^>]*>([^<]*)</text>", plot.svg)


def test_both_parts_of_every_ranking():
    plot = repeat_explore(board())
    assert ("personal then popular", 10, 0.3911, 0.0021) in plot.rows
    assert len(plot.rows) == 4 * 2
    assert {"0.4102", "0.0162", "0.0301"} <= set(words(plot))
    assert "1,701 users took something again and 1,950 users took something new" in plot.caption


def test_groups_are_named_by_their_visits_and_small_ones_stay_out():
    plot = by_activity(board())
    assert [row[:3] for row in plot.rows][:2] == [("1–23", 612, 10), ("1–23", 612, 20)]
    assert plot.rows[0][3:] == (0.121, pytest.approx(0.109))
    assert len(plot.rows) == 4 * 2
    assert {"91–1,204", "612 users", "model", "personal then popular"} <= set(words(plot))
    assert f"fewer than {LEAST_USERS} users are left out (1)" in plot.caption
    assert not any(word == "3 users" for word in words(plot))


def test_a_group_of_just_enough_users_is_shown():
    just = board()
    just["by_activity"][0]["n_users"] = LEAST_USERS
    plot = by_activity(just)
    assert plot.rows[0][:2] == ("0", LEAST_USERS)
    assert "left out" not in plot.caption


def test_coverage_of_every_ranking():
    plot = coverage(board())
    assert plot.rows[0] == ("model", 10, 0.2131)
    assert len(plot.rows) == 4 * 2
    assert {"21.3%", "0.1%", "personal frequency"} <= set(words(plot))
    alone = board()
    for other in alone["baselines"].values():
        del other["coverage"]
    assert [row[0] for row in coverage(alone).rows] == ["model", "model"]


def test_the_lean_to_what_sells_is_said():
    plot = popularity_bias(board())
    assert plot.rows == ((10, 0.931, 0.802), (20, 0.917, 0.802))
    assert "the first 10 lean by +0.129" in plot.caption
    assert {"0.931", "0.802", "what was taken", "first 20 named"} <= set(words(plot))


@pytest.mark.parametrize("plot", PLOTS)
def test_nothing_compared(plot):
    assert plot({}).why == "no user came twice, so nothing could be compared"


@pytest.mark.parametrize(("plot", "key"), zip(PLOTS[1:], ("by_activity", "coverage", "popularity_bias"), strict=True))
def test_a_board_without_it_says_so(plot, key):
    bare = {name: part for name, part in board().items() if name != key}
    absent = plot(bare)
    assert isinstance(absent, Absent)
    assert "the scoreboard holds no" in absent.why


def test_only_small_groups_draw_nothing():
    few = board() | {"by_activity": board()["by_activity"][:1]}
    assert by_activity(few).why == f"every group of users by activity is smaller than {LEAST_USERS}"


@pytest.mark.parametrize("part", ["n_users_repeat", "n_users_explore"])
def test_a_part_of_a_few_users_is_not_told(part):
    told = {**board(), part: LEAST_USERS}
    assert repeat_explore(told).rows
    few = repeat_explore({**told, part: LEAST_USERS - 1})
    assert not hasattr(few, "rows")
    assert str(LEAST_USERS) in str(few)
