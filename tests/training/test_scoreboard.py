"""The board: ranking equals the serving call, strangers and unknown products are counted, baselines and intervals beside."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.ranker import Ranker
from tests.models import checkerboard
from tests.training import market
from tests.training.stub import Habitual
from training.cases import Case, taken_by
from training.contest import contest
from training.cuts import inner_windows
from training.metrics import KEYS
from training.ranked import rank
from training.sales import coded, sales
from training.scoreboard import board, compared, scoreboard

WINDOW = inner_windows(coded(sales(market.events().lazy(), market.stores())), 1)[0]
RANKER = Habitual(market.PRODUCTS)
NAMES = {"global_popularity", "personal_frequency", "personal_then_popular"}


def held(targets, k=10):
    cases = WINDOW.known.cases(list(taken_by(targets)), 512)
    return contest(RANKER, WINDOW.known, cases, targets, k, market.silent)


@pytest.fixture(scope="module")
def found():
    return board(held(WINDOW.targets), (3, 10))


def test_ranking_many_is_ranking_each_as_the_service_does():
    ranker = Ranker.from_arrays(checkerboard.arrays(), checkerboard.parameters())
    users = [checkerboard.user_id(user) for user in range(4)]
    cases = [Case(user, checkerboard.history(at), f"s{at % 2}") for at, user in enumerate(users)]
    told = []
    ranked = rank(ranker, cases, 20, lambda *step: told.append(step))
    n = len(ranker.product_ids)
    assert ranked.shape == (4, 20)
    for case, rows in zip(cases, ranked, strict=True):
        score = ranker.score(case.history, store_id=case.store_id, hour_of_week=None).score
        assert rows[:n].tolist() == np.lexsort((np.arange(n), -score)).tolist(), "all products, none sampled"
        assert (rows[n:] == -1).all()
    assert told[-1] == ("ranking every product for every user", 4, 4)


def test_the_board_by_a_second_way_of_counting(found):
    taken = taken_by(WINDOW.targets)
    recalls, hits = [], []
    for case in WINDOW.known.cases(list(taken), 512):
        top = {market.PRODUCTS[row] for row in np.argsort(-RANKER.score(case.history).score, kind="stable")[:3]}
        recalls.append(len(top & taken[case.user_id]) / len(taken[case.user_id]))
        hits.append(bool(top & taken[case.user_id]))
    assert found["k"]["3"]["recall"] == pytest.approx(np.mean(recalls))
    assert found["k"]["3"]["hit_rate"] == pytest.approx(np.mean(hits))
    assert (found["n_users"], found["n_products"]) == (len(taken), 36)
    assert set(found["baselines"]) == NAMES
    for base in found["baselines"].values():
        assert base["10"] == base["k"]["10"]
        assert set(base["repeat"]["10"]) == set(found["k"]["10"])


def test_scoreboard_is_the_board_of_a_contest(found):
    cases = WINDOW.known.cases(list(taken_by(WINDOW.targets)), 512)
    assert scoreboard(RANKER, WINDOW.known, cases, WINDOW.targets, (3, 10), market.silent) == found


def test_strangers_and_products_never_sold_are_counted_and_missed():
    known = WINDOW.targets.head(1)
    extra = pl.DataFrame({"user_id": ["stranger", known["user_id"][0]], "product_id": ["p00", "never"]})
    both = board(held(pl.concat([known.cast(pl.String), extra])), (10,))
    assert (both["n_users"], both["unknown_users"], both["unknown_target_products"]) == (2, 1, 1)
    assert both["k"]["10"]["recall"] < 1
    only = board(held(extra.head(1)), (10,))
    assert only["k"]["10"]["recall"] == 1, "p00 stands first for somebody without a past"
    assert only["repeat"]["10"]["recall"] == 0
    assert (only["n_users_repeat"], only["n_users_explore"]) == (0, 1)


def test_every_figure_has_its_interval(found):
    for part in (found, *found["baselines"].values()):
        for k in ("3", "10"):
            assert set(part["intervals"][k]) == set(KEYS)
            for key, (low, high) in part["intervals"][k].items():
                assert low <= part["k"][k][key] <= high
    low, high = found["intervals"]["10"]["recall"]
    assert 0.02 < high - low < 0.3


def test_differences_are_paired_and_agree_with_the_means(found):
    for base in found["baselines"].values():
        for k in ("3", "10"):
            for key, cell in base["difference"][k].items():
                assert cell["mean"] == pytest.approx(found["k"][k][key] - base["k"][k][key])
                assert cell["low"] <= cell["mean"] <= cell["high"]
    closest = found["baselines"]["personal_then_popular"]
    paired = closest["difference"]["10"]["recall"]
    apart = [np.diff(part["intervals"]["10"]["recall"])[0] for part in (found, closest)]
    assert paired["high"] - paired["low"] < 0.8 * np.hypot(*apart)
    assert found["baselines"]["global_popularity"]["difference"]["3"]["recall"]["low"] > 0, "habit beats what all buy"


def test_a_single_user_proves_nothing():
    cell = board(held(WINDOW.targets.head(1)), (3,))["baselines"]["global_popularity"]["difference"]["3"]["recall"]
    assert (cell["low"], cell["high"]) == (-1, 1)


def test_weights_are_users_counted_more_than_once():
    plain = held(WINDOW.targets)
    n = len(plain.users)
    doubled = replace(plain, weights=np.full(n, 2.0))
    for name, part in compared(plain, (10,)).items():
        assert compared(doubled, (10,))[name]["intervals"]["10"]["ndcg"] == pytest.approx(
            part["intervals"]["10"]["ndcg"]
        )
    weights = np.arange(n) % 3 + 1.0
    found = board(replace(plain, weights=weights), (10,))
    own = plain.values("model", 10)
    assert found["k"]["10"]["ndcg"] == pytest.approx((own[:, 1] * weights).sum() / weights.sum())
    glad = board(replace(plain, weights=np.where(own[:, 1] == 1, 100.0, 1.0)), (10,))
    low, high = glad["intervals"]["10"]["ndcg"]
    assert found["intervals"]["10"]["ndcg"][1] < low < glad["k"]["10"]["ndcg"] < high
    other = found["baselines"]["personal_frequency"]
    assert other["difference"]["10"]["ndcg"]["mean"] == pytest.approx(found["k"]["10"]["ndcg"] - other["10"]["ndcg"])


def test_what_lies_behind_the_means_stands_beside(found):
    groups = found["by_activity"]
    assert sum(group["n_users"] for group in groups) == found["n_users"]
    whole = sum(group["n_users"] * group["model"]["10"]["recall"] for group in groups) / found["n_users"]
    assert whole == pytest.approx(found["k"]["10"]["recall"])
    assert set(found["coverage"]) == {"3", "10"}
    assert 0 < found["coverage"]["3"] <= found["coverage"]["10"] <= 1
    assert found["baselines"]["global_popularity"]["coverage"]["3"] == 3 / 36
    assert set(found["popularity_bias"]["10"]) == {"recommended", "targets"}
