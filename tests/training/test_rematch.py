"""Candidate and incumbent on the same field: fresh shopping first, then the held-out window, then the manifests."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from settings import Settings
from tests.training import market
from training.cases import Known, taken_by
from training.catalogue import catalogue_of
from training.cuts import first_day
from training.export import export
from training.fit import fit_parts
from training.recipe import Recipe
from training.rematch import best_baseline, rematch, validation
from training.sales import coded, sales
from training.scoreboard import scoreboard
from training.tuning import Tuned

RECIPE = Recipe(als_factors=4, als_iterations=1)
LINES = coded(sales(market.events().lazy(), market.stores()))
END = market.START + timedelta(days=market.N_DAYS)
GOOD = {"usual": {"popularity": 0.3, "habit": 1.0, "count": 0.5, "one": -1.0}, "new": {"popularity": 0.3, "one": -3.0}}
BAD = {"usual": {"popularity": -1.0, "one": -5.0}, "new": {"popularity": -1.0, "one": -3.0}}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The market's lake, and a shelf."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    market.fill(settings.lake)
    return settings


def put(settings, through: datetime, weights, board=None):
    known = Known(LINES.filter(pl.col.occurred_at < through))
    parts = fit_parts(known, catalogue_of(known.lines, None, None), RECIPE)
    tuned = Tuned(market.blend(RECIPE, **weights), RECIPE, (), 1, board or {})
    return export(settings.shelf, parts, tuned, through)


def own_board(through: datetime, cut: datetime, weights):
    """What a candidate's validation would have been."""
    early = LINES.filter(pl.col.occurred_at < cut)
    known, after = Known(early), LINES.filter((pl.col.occurred_at >= cut) & (pl.col.occurred_at < through))
    targets = first_day(early, after)
    parts = fit_parts(known, catalogue_of(early, None, None), RECIPE)
    board = scoreboard(
        parts.ranker(market.blend(RECIPE, **weights).arrays),
        known,
        known.cases(list(taken_by(targets)), 512, cut),
        targets,
        (10,),
        market.silent,
    )
    return {**board, "cut": cut.isoformat()}


def test_shopping_after_both_were_trained_is_asked_of_both(settings):
    early = END - timedelta(days=14)
    found = rematch(settings, put(settings, early, BAD), put(settings, early - timedelta(days=7), GOOD), 20)
    assert (found.field, found.n_users) == ("fresh", 80)
    assert found.incumbent["recall"] > found.candidate["recall"] + 0.2
    other = rematch(settings, put(settings, early - timedelta(days=7), GOOD), put(settings, early, BAD), 20)
    assert (other.candidate, other.incumbent) == (found.incumbent, found.candidate), "sides only swap"


def test_without_fresh_shopping_the_incumbent_ranks_the_candidates_held_out_window(settings):
    cut = END - timedelta(days=7)
    board = own_board(END, cut, GOOD)
    candidate = put(settings, END, GOOD, board)
    found = rematch(settings, candidate, put(settings, cut, BAD), 20)
    assert (found.field, found.n_users) == ("held out", 80)
    assert found.candidate == board["k"]["10"]
    same = rematch(settings, candidate, put(settings, cut, GOOD), 20)
    assert same.incumbent == pytest.approx(found.candidate), "the same model on the same window scores the same"
    assert found.incumbent["ndcg"] < same.incumbent["ndcg"]


def test_an_incumbent_that_saw_the_window_is_not_asked_about_it(settings):
    cut = END - timedelta(days=7)
    candidate = put(settings, END, GOOD, own_board(END, cut, GOOD))
    incumbent = put(settings, END, BAD, own_board(END, cut, BAD))
    found = rematch(settings, candidate, incumbent, 20)
    assert (found.field, found.n_users) == ("manifests", 80)
    best = best_baseline(validation(candidate))
    assert found.candidate["recall"] == pytest.approx(validation(candidate)["k"]["10"]["recall"] / best["recall"])


def test_manifests_without_a_validation_say_nobody(settings):
    found = rematch(settings, put(settings, END, GOOD), put(settings, END, BAD), 20)
    assert (found.field, found.n_users, found.candidate) == ("manifests", 0, {})


def test_a_shelf_without_its_lake_still_compares(settings, tmp_path):
    alone = Settings(home=tmp_path)
    found = rematch(alone, put(alone, END - timedelta(days=20), GOOD), put(alone, END - timedelta(days=30), BAD), 20)
    assert found.field == "manifests"


def test_best_baseline_is_metric_by_metric():
    boards = {"a": {"k": {"10": {"recall": 1, "ndcg": 2}}}, "b": {"k": {"10": {"recall": 3, "ndcg": 1}}}}
    assert best_baseline({"baselines": boards}) == {"recall": 3, "ndcg": 2}


def test_both_are_asked_at_the_moment_the_field_begins(settings):
    """Days since the last visit decide here, so a side asked at another moment would score otherwise."""
    cut = END - timedelta(days=7)
    late = {"usual": {"days": -1.0, "one": -2.0}, "new": {"popularity": 0.7}}
    board = own_board(END, cut, late)
    found = rematch(settings, put(settings, END, late, board), put(settings, cut, late), 20)
    assert found.field == "held out"
    assert found.incumbent == pytest.approx(found.candidate)
