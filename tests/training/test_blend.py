"""The blend: an unbiased design, two regressions that add up as one score, calibrated, with defaults for the young."""

import numpy as np
import pytest

from models.history import History
from models.ranker import Ranker
from tests.models import checkerboard
from training.blend import DEFAULT_USUAL, LEAST_POSITIVES, NEW, Design, design, fit_weights
from training.cases import Case
from training.recipe import TERMS, Recipe

ARRAYS = {**checkerboard.arrays(), "blend_weights": np.zeros(len(TERMS), np.float32)}
RANKER = Ranker.from_arrays(ARRAYS, checkerboard.parameters(blend_terms=list(TERMS)))
AT = {term: column for column, term in enumerate(TERMS)}


def one_case(n_others, seed=0):
    case = Case("u", checkerboard.history(2), None)
    taken = {"u": frozenset([case.history.product_ids[0], "p15", "never sold"])}
    return case, design(RANKER, [case], taken, Recipe(blend_others=n_others), np.random.default_rng(seed))


def test_a_design_holds_the_history_what_was_taken_and_others_by_their_weight():
    case, made = one_case(40)
    own = made.terms[:, AT["seen"]] > 0
    assert own.sum() == len(case.history)
    assert (made.weight[own] == 1).all()
    assert made.taken.sum() == 2, "one of the history and one new; what was never sold has no row"
    assert (made.weight[made.taken] == 1).all()


def test_the_sampled_others_stand_for_all_of_them():
    case, _ = one_case(1)
    others = [row for row, name in enumerate(RANKER.product_ids.ids) if name not in {*case.history.product_ids, "p15"}]
    exact = RANKER.term_matrix(case.history, None, None, np.array(others)).sum(axis=0)
    totals, count = np.zeros(len(TERMS)), 0.0
    for seed in range(200):
        _, made = one_case(40, seed)
        rest = ~made.taken & (made.terms[:, AT["seen"]] == 0)
        totals += (made.terms[rest] * made.weight[rest, None]).sum(axis=0) / 200
        count += made.weight[rest].sum() / 200
    assert count == pytest.approx(len(others), rel=0.05)
    np.testing.assert_allclose(totals[[AT["als"], AT["popularity"]]], exact[[AT["als"], AT["popularity"]]], rtol=0.15)


def synthetic(n, seed=1):
    """A world whose logit is known: habit and rebuy for the usual, als and popularity for the new."""
    rng = np.random.default_rng(seed)
    terms = np.zeros((n, len(TERMS)), np.float32)
    seen = rng.random(n) < 0.5
    terms[:, AT["intercept"]] = 1
    for name in ("als", "cold", "popularity"):
        terms[:, AT[name]] = rng.normal(size=n)
        terms[seen, AT[f"{name}_seen"]] = terms[seen, AT[name]]
    for name in ("seen", "habit", "rebuy", "lately", "count"):
        terms[seen, AT[name]] = rng.normal(size=seen.sum()) if name != "seen" else 1
    usual = -1 + 2 * terms[:, AT["habit"]] + terms[:, AT["rebuy"]] + 0.5 * terms[:, AT["popularity"]]
    new = -2 + 1.5 * terms[:, AT["als"]] + terms[:, AT["popularity"]]
    logit = np.where(seen, usual, new)
    taken = rng.random(n) < 1 / (1 + np.exp(-logit))
    return Design(terms, taken, np.ones(n, np.float32)), logit


def test_the_fit_finds_the_logit_that_made_the_world():
    made, logit = synthetic(60_000)
    weights, how = fit_weights([made], TERMS, 3.0, Recipe())
    assert how == "usual and new fitted"
    assert weights.dtype == np.float32
    np.testing.assert_allclose(made.terms @ weights, logit, atol=0.3)
    probability = 1 / (1 + np.exp(-(made.terms @ weights)))
    for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 1)):
        chosen = (probability >= low) & (probability < high)
        assert probability[chosen].mean() == pytest.approx(made.taken[chosen].mean(), abs=0.02), "a probability is one"


def test_dense_terms_of_the_new_are_taken_out_of_the_usual():
    made, _ = synthetic(60_000)
    weights = dict(zip(TERMS, fit_weights([made], TERMS, 3.0, Recipe())[0].tolist(), strict=True))
    for name in ("als", "cold"):
        assert weights[name] + weights[f"{name}_seen"] == pytest.approx(0, abs=1e-6)
    assert weights["popularity"] + weights["popularity_seen"] == pytest.approx(0.5, abs=0.1)


def test_sampling_weights_count():
    made, _ = synthetic(60_000)
    kept = made.taken | (np.random.default_rng(2).random(len(made.taken)) < 0.25)
    weight = np.where(made.taken, 1, 4).astype(np.float32)[kept]
    thinned = Design(made.terms[kept], made.taken[kept], weight)
    whole, few = (fit_weights([part], TERMS, 3.0, Recipe())[0] for part in (made, thinned))
    np.testing.assert_allclose(few, whole, atol=0.15)


def test_too_little_keeps_the_defaults_half_by_half():
    made, _ = synthetic(60_000)
    seen = made.terms[:, AT["seen"]] > 0
    some = ~seen | (np.cumsum(seen & made.taken) < LEAST_POSITIVES)
    weights, how = fit_weights([Design(made.terms[some], made.taken[some], made.weight[some])], TERMS, 3.0, Recipe())
    assert how == "new fitted"
    assert weights[AT["habit"]] == pytest.approx(DEFAULT_USUAL["habit"])
    weights, how = fit_weights([], TERMS, 3.0, Recipe())
    assert how == "defaults"
    assert weights[AT["intercept"]] == pytest.approx(np.log(3))
    assert weights[AT["popularity"]] == 1
    assert weights[AT["popularity"]] + weights[AT["popularity_seen"]] == 0


def test_defaults_rank_the_usual_above_the_rest_and_what_sells_first_for_strangers():
    weights, _ = fit_weights([], TERMS, 2.0, Recipe())
    ranker = Ranker.from_arrays({**ARRAYS, "blend_weights": weights}, checkerboard.parameters(blend_terms=list(TERMS)))
    history = History.of(["p03", "p05"], [5, 1], [4.5, 0.8], [6, 2], [60, 20], 6)
    known = ranker.score(history, store_id=None, hour_of_week=None)
    order = np.argsort(-known.score)
    assert [ranker.product_ids.ids[row] for row in order[:2]] == ["p03", "p05"]
    stranger = ranker.score(History.empty(), store_id=None, hour_of_week=None)
    shares = np.exp(ARRAYS["popularity_global"].astype(np.float64))
    np.testing.assert_allclose(np.exp(stranger.score), 2 * shares, rtol=1e-4)


def test_every_term_of_a_half_is_a_term_of_the_recipe_or_of_the_models():
    from models.options import TERMS as ALL

    assert set(TERMS) <= set(ALL)
    assert {f"{name}_seen" for name in NEW} <= set(TERMS)
