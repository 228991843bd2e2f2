"""`train` over the lake: a candidate that serves, judged honestly, the same on every rerun; and shops with next to nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape

import numpy as np
import polars as pl
import pytest

from models import shelf
from models.history import DECAY, History
from models.ranker import Ranker
from settings import Settings
from tests import world
from tests.training import market, tiny
from training import search, tuning
from training import train as room
from training.cases import served
from training.errors import TrainingError
from training.evaluate_table import as_rows
from training.lake import DataError
from training.recipe import Recipe
from training.train import train


@pytest.fixture(scope="module", autouse=True)
def quick():
    """The default recipe with a short search, for which the market's users are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "LEAST_ASKED", 5)
        patch.setattr(room, "Recipe", partial(Recipe, trials=2, search_users=40))
        yield


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The market's lake."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), seed=3)
    market.fill(settings.lake)
    return settings


@pytest.fixture(scope="module")
def done(settings):
    """One training run, nothing promoted."""
    told = []
    report = train(settings, progress=lambda *step: told.append(step))
    assert ("fitting on all events", 1, 1) in told
    return report


def test_a_candidate_stands_on_the_shelf_and_serves(settings, done):
    assert shelf.versions(settings.shelf, "ranker") == [done.version]
    assert shelf.current(settings.shelf, "ranker") is None, "training promotes nothing"
    ranker = Ranker.from_artifact(shelf.load(settings.shelf, "ranker", done.version))
    assert len(ranker.product_ids) == done.n_products == 37
    assert ranker.store_ids.ids == ["north", "south"]
    # Both at every fourth visit of 36, as favourites are here: the one is due, the other was bought just now.
    decayed = [sum(DECAY ** (36 - visit) for visit in range(first, 37, 4)) for first in (1, 4)]
    usual = History.of(["p07", "p20"], [9, 9], decayed, [33, 36], [10**9, 10**9 + 6 * 86_400], 36)
    scores = ranker.score(usual, store_id="north", hour_of_week=10)
    assert ranker.product_ids.ids[int(scores.score.argmax())] == "p07"
    due, just = scores.probability([7, 20])
    assert 0.3 < due < 1
    assert just < due / 2


def test_a_when_of_the_same_sales_stands_beside_it(settings, done):
    assert shelf.versions(settings.shelf, "when") == [done.when_version]
    assert shelf.current(settings.shelf, "when") is None, "training promotes nothing"
    assert shelf.load(settings.shelf, "when", done.when_version).manifest["seeds"] == {"training": settings.seed}
    assert any(note.startswith("when users come: ") for note in done.notes)


def test_it_is_judged_on_a_window_of_the_past_beside_the_baselines(done):
    assert done.metrics["cut"] < done.trained_through.isoformat()
    assert done.metrics["n_users"] == 80
    names = ["model", "global_popularity", "personal_frequency", "personal_then_popular"]
    rows = as_rows(done.metrics)[:4]
    assert [row["ranking"] for row in rows] == names
    assert rows[0]["recall"] == round(done.metrics["k"]["10"]["recall"], 4)
    assert rows[0]["ndcg"] > rows[1]["ndcg"] + 0.1


def test_what_was_searched_is_on_record_and_the_run_leaves_its_report(settings, done):
    parameters = shelf.load(settings.shelf, "ranker", done.version).manifest["parameters"]
    assert [set(trial) for trial in parameters["search"]] == [{"blend_c", "value"}] * 2
    assert parameters["search"][0]["blend_c"] == Recipe().blend_c, "the recipe's own is tried first"
    assert done.report.parent == settings.home / "reports"
    assert done.version in done.report.read_text("utf-8")


def test_the_setting_that_the_search_chose_is_the_one_on_record(settings, done, monkeypatch):
    chosen = search.Searched(Recipe(trials=2, blend_c=0.0123, seed=3), ({"blend_c": 0.0123, "value": 0.5},))
    monkeypatch.setattr(tuning, "search", lambda folds, recipe, report: chosen)
    parameters = shelf.load(settings.shelf, "ranker", train(settings).version).manifest["parameters"]
    assert parameters["blend"]["c"] == 0.0123
    assert parameters["search"] == [{"blend_c": 0.0123, "value": 0.5}]


def test_histories_at_the_windows_come_from_the_feature_store(settings, done):
    kept = pl.read_parquet(settings.features / "user_history.parquet")["event_timestamp"].unique().sort().to_list()
    assert len(kept) == done.n_windows == Recipe().windows + 1, "one more, to be judged on"
    assert datetime.fromisoformat(done.metrics["cut"]) == kept[-1]


def test_every_window_asks_the_feature_store_as_of_its_cut(settings, done, monkeypatch):
    asked = []

    def spy(settings, users, moment):
        asked.append(moment)
        cases = served(settings, users, moment)
        return [replace(case, history=History.empty()) if case.user_id < "u40" else case for case in cases]

    monkeypatch.setattr(room, "served", spy)
    assert train(settings).version != done.version, "what the store says decides"
    assert len(asked) == done.n_windows
    assert asked[-1].isoformat() == done.metrics["cut"]


def test_a_rerun_is_the_same_version(settings, done):
    assert train(settings).version == done.version


def test_back_dated_training_knows_nothing_later(settings, done):
    through = datetime(2025, 7, 15, tzinfo=UTC)
    early = train(settings, through)
    assert early.trained_through == through
    assert early.n_sales < done.n_sales
    assert datetime.fromisoformat(early.metrics["cut"]) < through
    artifact = shelf.load(settings.shelf, "ranker", early.version)
    assert artifact.manifest["trained_through"] == "2025-07-15T00:00:00+00:00"


def test_nothing_before_the_moment_is_refused(settings, done):
    with pytest.raises(TrainingError, match=r"holds no purchase that stands before 2020-.*; ingest events"):
        train(settings, datetime(2020, 1, 1, tzinfo=UTC))


def test_an_empty_home_says_to_ingest(tmp_path):
    with pytest.raises(DataError, match="ingest"):
        train(Settings(home=tmp_path))


def test_four_people_are_enough_for_an_answer_and_the_report_says_what_it_fell_back_on(tmp_path):
    settings = Settings(home=tmp_path)
    world.fill(settings.lake)
    done = train(settings)
    assert done.n_users == 4
    assert any("too few repeat or new purchases" in note for note in done.notes)
    ranker = Ranker.from_artifact(shelf.load(settings.shelf, "ranker", done.version))
    ann = History.of(["latte", "bagel"], [4, 1], [3.9, 0.9], [4, 2], [40, 20], 4)
    assert ranker.product_ids.ids[int(ranker.score(ann, store_id="soho", hour_of_week=8).score.argmax())] == "latte"
    stranger = ranker.score(History.empty(), store_id="bund", hour_of_week=5 * 24 + 9)
    assert ranker.product_ids.ids[int(stranger.score.argmax())] == "tea"


def test_a_merchant_who_has_just_begun_is_told_what_the_run_fell_back_on(tmp_path):
    settings = Settings(home=tmp_path)
    tiny.fill(settings.lake)
    done = train(settings)
    assert (done.n_users, done.n_products, done.n_windows) == (13, 11, 2)
    assert dict(done.odd_data) == {"anonymous_rows": 98, "single_visit_users": 0, "unsold_products": 2}
    for words in (
        "no product has 5 buyers: no neighbours",
        "tuned on each user's own last visits instead",
        "usual: fewer than 50 repeat purchases; new: fewer than 50 first purchases of a product",
        "hyperparameters were not searched: fewer than two windows to compare on",
    ):
        assert any(words in note for note in done.notes), words
    page = done.report.read_text("utf-8")
    assert all(escape(note) in page for note in done.notes), "the report's page tells the same"
    assert "unsold_products" in page


def sold(*rows):
    """(user, product, store, day): purchases at noon."""
    schema = {
        "user_id": pl.String,
        "product_id": pl.String,
        "store_id": pl.String,
        "occurred_at": pl.Datetime("us", "UTC"),
    }
    at = tiny.START + timedelta(hours=12)
    bought = pl.DataFrame([(*row[:3], at + timedelta(days=row[3])) for row in rows], schema=schema, orient="row")
    return bought.with_columns(event_type=pl.lit("purchase"))


POOR = {
    "one user": [("ada", ("tea", "soup")[day % 2], "park", day) for day in range(14)],
    "one product": [(f"u{day % 5}", "tea", "park", day) for day in range(14)],
    "one day": [(f"u{n}", ("tea", "tea", "soup")[n % 3], "park", 0) for n in range(12)],
    "one visit each": [(f"u{n}", ("tea", "tea", "soup")[n % 3], "park", n) for n in range(12)],
    "nobody known": [(None, ("tea", "tea", "soup")[n % 3], "park", n) for n in range(12)],
    "no store": [(f"u{n % 4}", ("tea", "tea", "soup")[n % 3], None, n) for n in range(12)],
}


@pytest.mark.parametrize("poor", POOR)
def test_next_to_nothing_trains_answers_and_says_what_it_lacked(tmp_path, poor):
    settings = Settings(home=tmp_path)
    tiny.fill(settings.lake, events=sold(*POOR[poor]))
    done = train(settings)
    said = {
        "one user": "fewer than two known users", "one product": "fewer than two products sold to known users",
        "one day": "12 of 12 users came on one day only", "one visit each": "12 of 12 users came on one day only",
        "nobody known": "fewer than two known users", "no store": "too few repeat or new purchases",
    }  # fmt: skip
    assert any(said[poor] in note for note in done.notes), done.notes
    ranker = Ranker.from_artifact(shelf.load(settings.shelf, "ranker", done.version))
    ids = ranker.product_ids.ids
    assert len(ids) == done.n_products == 11, "the whole catalogue can be ranked, sold or not"
    came = History.of(["soup"], [1], [1.0], [1], [int(tiny.END.timestamp())], 1)
    for store in (None, "park", "harbour", "nowhere"):
        newcomer, back = (ranker.score(h, store_id=store, hour_of_week=12).score for h in (History.empty(), came))
        assert np.isfinite(newcomer).all()
        assert np.isfinite(back).all()
        assert ids[int(newcomer.argmax())] == "tea" or poor == "one user"
        place = ids.index("soup")
        assert (back > back[place]).sum() < (newcomer > newcomer[place]).sum() or (back > back[place]).sum() == 0


def test_one_visit_of_one_person_trains_and_says_so(tmp_path):
    settings = Settings(home=tmp_path)
    first = market.events(2).head(1)
    market.fill(settings.lake, first)
    done = train(settings)
    assert as_rows(done.metrics) == []
    assert any("could not be compared" in note for note in done.notes)
    assert any("fewer than two known users" in note for note in done.notes)
    assert done.trained_through == first["occurred_at"][0] + timedelta(microseconds=1)
