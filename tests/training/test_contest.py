"""The question put to all rankings: products never sold, strangers, rankers that know fewer products, coded ids."""

import numpy as np
import polars as pl
import pytest

from tests.training import market
from tests.training.stub import Habitual
from training.cases import Known, taken_by
from training.contest import contest
from training.cuts import inner_windows
from training.metrics import KEYS
from training.sales import coded, sales

WINDOW = inner_windows(coded(sales(market.events().lazy(), market.stores())), 1)[0]
RANKER = Habitual(market.PRODUCTS)


def held(targets=WINDOW.targets, ranker=RANKER, known=WINDOW.known, k=10):
    cases = known.cases(list(taken_by(targets)), 512)
    return contest(ranker, known, cases, targets, k, market.silent)


def named(found, name, user):
    return [found.products[row] for row in found.rankings[name][found.users.index(user)] if row >= 0]


def test_every_ranking_answers_every_user_in_the_same_rows():
    found = held()
    assert list(found.rankings) == ["model", "global_popularity", "personal_frequency", "personal_then_popular"]
    assert found.baselines == list(found.rankings)[1:]
    assert {ranked.shape for ranked in found.rankings.values()} == {(len(found.users), 10)}
    assert found.users == sorted(taken_by(WINDOW.targets))
    assert found.products == market.PRODUCTS
    assert found.n_unknown_products == 0


def test_the_truth_is_what_was_taken_and_what_of_it_had_been_bought():
    found, taken = held(), taken_by(WINDOW.targets)
    bought = WINDOW.known.lines.group_by("user_id").agg(pl.col.product_id.cast(pl.String).unique())
    before = dict(bought.with_columns(pl.col.user_id.cast(pl.String)).iter_rows())
    truth = found.truth
    for at, user in enumerate(found.users):
        mine = slice(truth.indptr[at], truth.indptr[at + 1])
        assert {found.products[row] for row in truth.rows[mine]} == taken[user]
        assert truth.seen[mine].tolist() == [product in before[user] for product in sorted(taken[user])]
    assert truth.seen.any()
    assert not truth.seen.all()


def test_visits_are_counted_before_the_question():
    found = held()
    days = WINDOW.known.lines.group_by(pl.col.user_id.cast(pl.String)).agg(pl.col.day.n_unique())
    assert dict(zip(found.users, found.n_visits.tolist(), strict=True)).items() <= dict(days.iter_rows()).items()
    assert found.n_visits.min() > 0


def test_strangers_and_products_never_sold():
    targets = pl.DataFrame({"user_id": ["stranger", "u00"], "product_id": ["p00", "never"]})
    found = held(targets)
    assert found.n_visits[found.users.index("stranger")] == 0
    assert found.n_visits[found.users.index("u00")] > 0
    assert found.n_unknown_products == 1
    assert found.truth.rows.tolist().count(-1) == 1
    assert named(found, "personal_frequency", "stranger") == []
    assert named(found, "model", "stranger") == market.PRODUCTS[:10]
    assert found.values("model", 10)[found.users.index("u00")].tolist() == [0, 0, 0, 0]
    assert found.values("model", 1)[found.users.index("stranger")].tolist() == [1, 1, 1, 1]


def test_a_ranker_that_does_not_know_every_product_sold_is_read_by_its_own_rows():
    found = held(ranker=Habitual(["p07", "p09", "zz"]))
    assert named(found, "model", "u00")[2:] == ["zz"]
    assert set(named(found, "model", "u00")) == {"p07", "p09", "zz"}
    assert found.products == [*market.PRODUCTS, "zz"], "a product of the catalogue that nobody sold is ranked too"
    assert len(found.popular) == 36
    asked = pl.DataFrame({"user_id": ["u00"], "product_id": ["zz"]})
    assert held(asked, Habitual(["p07", "zz"])).n_unknown_products == 1


def test_coded_or_text_lines_give_the_same_contest():
    plain = WINDOW.known.lines.with_columns(pl.col("user_id", "product_id", "store_id").cast(pl.String))
    one, two = held(), held(WINDOW.targets.cast(pl.String), known=Known(plain))
    assert (one.users, one.products) == (two.users, two.products)
    assert one.truth.seen.tolist() == two.truth.seen.tolist()
    for name, ranked in one.rankings.items():
        np.testing.assert_array_equal(ranked, two.rankings[name])


def test_values_are_each_users_own_metrics():
    found, taken = held(), taken_by(WINDOW.targets)
    values = found.values("personal_then_popular", 5)
    assert values.shape == (len(found.users), len(KEYS))
    for at, user in enumerate(found.users):
        hits = len(set(named(found, "personal_then_popular", user)[:5]) & taken[user])
        assert values[at, 0] == pytest.approx(hits / len(taken[user]))
        assert values[at, 3] == (hits > 0)
