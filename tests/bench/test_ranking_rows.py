"""Rows: what is met and what is not, both sides of each edge."""

from dataclasses import replace

import pytest

from bench.ranking_rows import Goal, mean_rows, rows_of
from bench.ranking_run import Run
from tests.bench.board_of_three import result

RUN = Run(result(), seconds=10.0, gib=1.0)
GOAL = Goal("shop", counting=(0.1905, 0.3, 0.4), best=(0.16, 0.25, 0.5), reach=(0.2, 0.31, 0.4))


def rows(goal=GOAL, run=RUN):
    return {made["figure"]: made for made in rows_of(goal, run)}


def test_the_model_beside_the_best_known_and_what_is_aimed_at():
    found = rows()
    mine = found["recall@10, shop, 3 users"]
    assert (mine["value"], mine["against"], mine["against_value"], mine["ratio"]) == (0.2, "best known", 0.16, 1.25)
    assert (mine["reach"], mine["met"]) == ("≥ 0.2", True), "reached to the last digit"
    assert (mine["low"], mine["high"]) == (pytest.approx(0.15), 0.25)
    assert mine["unit"] == "share, 95% 0.1500 to 0.2500"
    assert found["ndcg@10, shop, 3 users"]["met"] is False


def test_what_lies_beyond_is_told_and_not_demanded():
    told = [rows(replace(GOAL, beyond=(edge, 1, 1)))["recall@10, shop, 3 users"] for edge in (0.1999, 0.2)]
    assert [(one["reach"], one["met"]) for one in told] == [
        ("≥ 0.2 (beyond 0.1999)", True),
        ("≥ 0.2 (not beyond 0.2)", True),
    ]


def test_without_stated_figures_the_best_baseline_stands_beside():
    found = rows(Goal("shop"))
    mine = found["recall@10, shop, 3 users"]
    assert (mine["against"], mine["against_value"]) == ("personal_then_popular", 0.19)
    assert (mine["reach"], mine["met"]) == ("", True)
    assert not any("counting" in figure for figure in found)


def test_above_a_baseline_is_an_interval_that_does_not_touch_zero():
    close, far = "recall@10 above personal_then_popular, shop", "recall@10 above global_popularity, shop"
    asked, not_asked = rows(Goal("shop", above=True)), rows()
    assert (asked[far]["met"], asked[close]["met"]) == (True, False)
    assert (asked[close]["low"], asked[close]["high"]) == (pytest.approx(-0.005), pytest.approx(0.015))
    assert asked[close]["unit"] == "share, paired 95% -0.0050 to +0.0150"
    assert asked[close]["against_value"] == 0.19
    assert (not_asked[close]["reach"], not_asked[close]["met"]) == ("", True)
    touching = result()
    touching["baselines"]["global_popularity"]["difference"]["10"]["recall"]["low"] = 0.0
    assert not rows(Goal("shop", above=True), replace(RUN, result=touching))[far]["met"]


def test_our_counting_must_be_counting_as_stated():
    figure = "recall@10 of counting (personal_then_popular), shop"
    assert rows()[figure]["met"], ".19 is .1905, rounded"
    assert rows()[figure]["against_value"] == 0.1905
    assert not rows(replace(GOAL, counting=(0.1912, 0.3, 0.4)))[figure]["met"]
    assert not rows(replace(GOAL, counting=(0.1888, 0.3, 0.4)))[figure]["met"]


def test_other_measures_are_read_where_the_protocol_wants_them():
    found = rows(replace(GOAL, measures=("recall", "ndcg_untruncated", "hit_rate")))
    assert found["ndcg_untruncated@10, shop, 3 users"]["value"] == 0.25
    assert "ndcg@10, shop, 3 users" not in found


def test_repeat_and_explore_stand_apart():
    found = rows()
    assert found["recall@10 of repeat targets, shop, 2 users"]["value"] == 0.1
    assert found["recall@10 of explore targets, shop, 1 users"]["against"] == "personal_then_popular"


@pytest.mark.parametrize(("seconds", "gib", "met"), [(300, 4, (True, True)), (300.1, 4.1, (False, False))])
def test_time_and_memory_have_limits(seconds, gib, met):
    found = rows(run=Run(result(), seconds, gib))
    assert (found["whole evaluation, shop"]["met"], found["peak memory, shop"]["met"]) == met
    assert (found["fit, tuning included, shop"]["value"], found["score, shop"]["value"]) == (1, 2)


def test_the_mean_over_sets_beside_the_best_baselines_mean():
    better = result()
    better["k"]["10"]["recall"], better["baselines"]["global_popularity"]["k"]["10"]["recall"] = 0.4, 0.3
    runs = [RUN, replace(RUN, result=better)]
    recall, ndcg, _ = mean_rows([Goal("a"), Goal("b")], runs)
    assert recall["figure"] == "recall@10, mean of 2: a, b"
    assert (recall["value"], recall["against"]) == (pytest.approx(0.3), "global_popularity")
    assert recall["against_value"] == pytest.approx(0.2)
    assert (recall["met"], ndcg["met"]) == (True, False), "equal is not above"
