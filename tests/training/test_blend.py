"""The blend: the quadratic forms that made the world, users alike, chances that are chances, defaults for the young."""

from dataclasses import replace

import numpy as np
import pytest

from models.form import Form
from models.history import History
from tests.training import market
from training import blend as room
from training.blend import DEFAULT_NEW, DEFAULT_USUAL, LEAST_POSITIVES, fit_blend, pairs_of
from training.cases import Known
from training.catalogue import catalogue_of
from training.design import Design, Rows
from training.fit import fit_parts
from training.recipe import Recipe
from training.sales import coded, sales

USUAL, NEW = ("habit", "count", "visits"), ("popularity", "together", "here", "als")
RECIPE = Recipe(usual_terms=USUAL, new_terms=NEW, blend_c=100.0, trials=1)
# The terms' spreads, and the world's two forms in terms of that spread: in units of the term itself below.
SPREADS = (np.array([1.0, 3.0, 0.5]), np.array([2.0, 0.5, 1.0, 0.2]))
TRUE_USUAL = np.array(
    [[0.5, 0.4, 0.0, 0.5], [0.4, -0.3, 0.2, 0.3], [0.0, 0.2, 0.0, -0.2], [0.5, 0.3, -0.2, -1.0]], np.float32
)
TRUE_NEW = np.array(
    [
        [0.3, 0.3, 0, 0, 0.4],
        [0.3, -0.2, 0, 0, 0.5],
        [0, 0, 0, 0, 0.3],
        [0, 0, 0, 0, -0.2],
        [0.4, 0.5, 0.3, -0.2, -2],
    ],
    np.float32,
)


TRUE_USUAL, TRUE_NEW = (
    true / np.outer([*spread, 1], [*spread, 1]) for true, spread in zip((TRUE_USUAL, TRUE_NEW), SPREADS, strict=True)
)


def chance(logit):
    return 1 / (1 + np.exp(-np.asarray(logit, np.float64)))


def true_logit(values, matrix):
    z = np.hstack([values, np.ones((len(values), 1))])
    return np.einsum("mt,tu,mu->m", z, matrix, z)


def rows_of(matrix, spread, n=20_000, seed=1):
    """Rows whose logit is [z 1] · matrix · [z 1]ᵀ."""
    rng = np.random.default_rng(seed)
    values = (rng.normal(size=(n, len(matrix) - 1)) * spread).astype(np.float32)
    return Rows(values, rng.random(n) < chance(true_logit(values, matrix)), *(np.ones(n, np.float32),) * 2)


def kept(rows, which):
    return Rows(rows.values[which], rows.taken[which], rows.weight[which], rows.user[which])


USUAL_ROWS, NEW_ROWS = rows_of(TRUE_USUAL, SPREADS[0]), rows_of(TRUE_NEW, SPREADS[1], seed=2)
DESIGN = Design(USUAL_ROWS, NEW_ROWS)


def forms(blend, recipe=RECIPE):
    """(usual, new) as serving reads them."""
    return tuple(
        Form.of(getattr(recipe, f"{half}_terms"), blend.arrays[f"{half}_range"], blend.arrays[f"{half}_matrix"])
        for half in ("usual", "new")
    )


@pytest.fixture(scope="module")
def fitted():
    return fit_blend([DESIGN], 3.0, RECIPE)


def test_the_fit_finds_the_forms_that_made_the_world(fitted):
    assert fitted.how == "usual and new fitted"
    halves = (USUAL_ROWS, NEW_ROWS), (TRUE_USUAL, TRUE_NEW), SPREADS
    for form, rows, true, spread in zip(forms(fitted), *halves, strict=True):
        # Beyond what most of training met, a value counts as its limit.
        inside = rows.values[(np.abs(rows.values) < 2 * spread).all(axis=1)]
        np.testing.assert_allclose(form.score(inside), true_logit(inside, true), atol=0.5)
        np.testing.assert_allclose(
            form.pairs * np.outer(spread, spread), true[:-1, :-1] * np.outer(spread, spread), atol=0.08
        )
        step = np.array([form.centre, form.centre + 0.5 * spread], np.float32)
        assert np.diff(form.score(step))[0] == pytest.approx(np.diff(true_logit(step, true))[0], abs=0.1)


def test_the_arrays_are_as_an_artifact_keeps_them(fitted):
    for form, terms in zip(forms(fitted), (USUAL, NEW), strict=True):
        assert form.matrix.shape == (len(terms) + 1, len(terms) + 1)
        assert np.array_equal(form.matrix, form.matrix.T)
        assert (form.low < form.centre).all()
        assert (form.centre < form.high).all()
    assert {array.dtype for array in fitted.arrays.values()} == {np.dtype(np.float32)}
    low, high = np.percentile(USUAL_ROWS.values, (0.5, 99.5), axis=0)
    np.testing.assert_allclose(fitted.arrays["usual_range"], np.column_stack([
        low, high, np.clip(USUAL_ROWS.values, low, high).mean(axis=0)]), rtol=1e-4, atol=1e-4)  # fmt: skip


def test_terms_that_stand_alone_have_no_pair_in_the_new_and_may_have_in_the_usual(fitted):
    new = forms(fitted)[1]
    wide = [NEW.index("here"), NEW.index("als")]
    assert not new.pairs[wide].any()
    assert new.linear[wide].all()
    assert new.pairs[:2, :2].all()
    recipe = replace(RECIPE, usual_terms=("habit", "here", "als"))
    usual = forms(fit_blend([DESIGN], 3.0, recipe), recipe)[0]
    assert usual.pairs.all()


def test_pairs_are_each_two_terms_once_and_their_squares():
    told = list(zip(*(side.tolist() for side in pairs_of(("habit", "here", "count"))), strict=True))
    assert told == [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    told = list(zip(*(side.tolist() for side in pairs_of(("habit", "here", "count"), alone=("here",))), strict=True))
    assert told == [(0, 0), (0, 2), (2, 2)]


def uneven(rows, seed):
    """The same with products that stand for several, and users who took more or less."""
    rng = np.random.default_rng(seed)
    n = len(rows.taken)
    user = 1 / rng.integers(1, 12, n)
    return Rows(rows.values, rows.taken, np.where(rows.taken, 1, rng.integers(1, 9, n)).astype("f4"), user.astype("f4"))


@pytest.mark.parametrize("c", [1e-4, 100.0])
def test_chances_are_chances_however_strong_the_ridge(c):
    design = Design(uneven(USUAL_ROWS, 3), uneven(NEW_ROWS, 4))
    both = forms(fit_blend([design], 3.0, replace(RECIPE, blend_c=c)))
    halves = (design.usual, design.new)
    score = np.concatenate([form.score(half.values) for form, half in zip(both, halves, strict=True)]).astype(
        np.float64
    )
    taken, weight = (np.concatenate([getattr(half, name) for half in halves]) for name in ("taken", "weight"))
    told = chance(score)
    assert np.average(told, weights=weight) == pytest.approx(np.average(taken, weights=weight), rel=1e-3)
    assert np.average((taken - told) * score, weights=weight) == pytest.approx(0, abs=1e-3), "nor too bold nor too shy"
    if c == 100.0:  # where the forms can follow the world, they do so at every level
        for part in np.array_split(np.argsort(told, kind="stable"), 5):
            hoped, was = (np.average(column[part], weights=weight[part]) for column in (told, taken))
            assert hoped == pytest.approx(was, rel=0.15, abs=0.015)


def test_calibration_keeps_every_order(monkeypatch):
    design = Design(uneven(USUAL_ROWS, 3), uneven(NEW_ROWS, 4))
    recipe = replace(RECIPE, blend_c=1e-4)
    after = forms(fit_blend([design], 3.0, recipe))
    monkeypatch.setattr(room, "_calibrated", lambda fitted, rows: dict(fitted))
    before = forms(fit_blend([design], 3.0, recipe))
    one, other = (
        np.concatenate([made[0].score(design.usual.values), made[1].score(design.new.values)])
        for made in (before, after)
    )
    assert not np.allclose(one, other, atol=0.1)
    ordered = other[np.argsort(one, kind="stable")]
    assert (np.diff(ordered) > -1e-4).all()


def few_positives(rows, n):
    return kept(rows, ~rows.taken | (np.cumsum(rows.taken) <= n))


@pytest.mark.parametrize(
    ("usual", "new", "how"),
    [
        (LEAST_POSITIVES, LEAST_POSITIVES, "usual and new fitted"),
        (LEAST_POSITIVES, LEAST_POSITIVES - 1, "usual fitted"),
        (LEAST_POSITIVES - 1, LEAST_POSITIVES, "new fitted"),
        (LEAST_POSITIVES - 1, LEAST_POSITIVES - 1, "defaults"),
        (0, 0, "defaults"),
    ],
)
def test_a_half_with_too_little_keeps_its_default_and_how_says_so(usual, new, how):
    blend = fit_blend([Design(few_positives(USUAL_ROWS, usual), few_positives(NEW_ROWS, new))], 3.0, RECIPE)
    assert blend.how == how
    defaults = forms(fit_blend([], 3.0, RECIPE))
    for form, default, n in zip(forms(blend), defaults, (usual, new), strict=True):
        assert np.array_equal(form.matrix, default.matrix) == (n < LEAST_POSITIVES)
        assert np.array_equal(form.low, default.low) == (n < LEAST_POSITIVES)


def test_where_everything_was_taken_there_is_nothing_to_tell_apart():
    blend = fit_blend([Design(kept(USUAL_ROWS, USUAL_ROWS.taken), NEW_ROWS)], 3.0, RECIPE)
    assert blend.how == "new fitted"


def test_the_defaults_are_their_weights_whatever_the_range():
    usual, new = forms(fit_blend([], 3.0, RECIPE))
    values = np.array([[-4.0, 2.0, 7.0], [100.0, -50.0, 0.0]], np.float32)
    weights = [DEFAULT_USUAL["habit"], DEFAULT_USUAL["count"], 0]
    np.testing.assert_allclose(usual.score(values), values @ weights + np.log(3), rtol=1e-5)
    assert new.linear.tolist() == pytest.approx([DEFAULT_NEW.get(name, 0) for name in new.terms])
    assert {*DEFAULT_NEW} <= {*new.terms}
    assert forms(fit_blend([], 0.2, RECIPE))[1].matrix[-1, -1] == 0, "a basket is at least one product"


def test_defaults_rank_the_usual_first_and_then_what_sells():
    lines = coded(sales(market.events().lazy(), market.stores()))
    recipe = Recipe(als_factors=4, als_iterations=1)
    parts = fit_parts(Known(lines), catalogue_of(lines, None, None), recipe)
    ranker = parts.ranker(fit_blend([], 2.0, recipe).arrays)
    history = History.of(["p30", "p05"], [5, 1], [4.5, 0.8], [6, 2], [60, 20], 6)
    score = ranker.score(history, store_id=None, hour_of_week=None).score
    best = [ranker.product_ids.ids[row] for row in np.argsort(-score, kind="stable")]
    assert best[:2] == ["p30", "p05"]
    sells = np.argsort(-parts.arrays["popularity_global"], kind="stable")
    assert best[2:] == [name for row in sells if (name := ranker.product_ids.ids[row]) not in ("p30", "p05")]


def test_a_term_that_never_varies_weighs_nothing():
    values = USUAL_ROWS.values.copy()
    values[:, 1] = 7.0
    still = Design(replace(USUAL_ROWS, values=values), NEW_ROWS)
    usual = forms(fit_blend([still], 3.0, RECIPE))[0]
    assert not usual.matrix[1].any()
    assert usual.matrix[0, 0] != 0
    assert np.isfinite(usual.matrix).all()


def contrary():
    """Two kinds of people: a few with long lists who take what has much of a term, many with short ones who avoid it."""
    rng = np.random.default_rng(7)
    n = 8000
    values = rng.normal(size=(n, 3)).astype(np.float32)
    long = rng.random(n) < 0.75
    taken = rng.random(n) < chance(np.where(long, 2.0, -2.0) * values[:, 0])
    return Rows(values, taken, np.ones(n, np.float32), np.where(long, 1 / 20, 1.0).astype(np.float32))


def test_users_weigh_alike_whatever_the_size_of_their_baskets(monkeypatch):
    monkeypatch.setattr(room, "_calibrated", lambda fitted, rows: dict(fitted))
    nothing = kept(NEW_ROWS, np.zeros(len(NEW_ROWS.taken), bool))
    by_user, by_product = (
        forms(fit_blend([Design(contrary(), nothing)], 3.0, replace(RECIPE, user_power=power)))[0]
        for power in (1.0, 0.0)
    )
    assert by_user.linear[0] < -0.5
    assert by_product.linear[0] > 0.5


def test_a_scale_that_would_turn_the_order_round_is_not_taken():
    """What users want and what most rows say may disagree; then the form keeps its order, and its own scale."""
    nothing = kept(NEW_ROWS, np.zeros(len(NEW_ROWS.taken), bool))
    usual = forms(fit_blend([Design(contrary(), nothing)], 3.0, RECIPE))[0]
    assert usual.linear[0] < -0.5


def test_a_row_weighs_as_the_products_it_stands_for():
    few = np.random.default_rng(2).random(len(NEW_ROWS.taken)) < 0.25
    thin = kept(NEW_ROWS, NEW_ROWS.taken | few)
    thin = replace(thin, weight=np.where(thin.taken, 1, 4).astype(np.float32))
    whole, thinned, unweighted = (
        forms(fit_blend([Design(USUAL_ROWS, rows)], 3.0, RECIPE))[1]
        for rows in (NEW_ROWS, thin, replace(thin, weight=np.ones_like(thin.weight)))
    )
    at = NEW_ROWS.values[(np.abs(NEW_ROWS.values) < 2 * SPREADS[1]).all(axis=1)]
    np.testing.assert_allclose(thinned.score(at), whole.score(at), atol=0.5)
    assert (unweighted.score(at) - whole.score(at)).mean() > 0.5


def test_windows_add_up_and_a_rerun_is_the_same_to_the_bit(fitted):
    half = np.arange(len(NEW_ROWS.taken)) < 9000
    parts = [Design(kept(USUAL_ROWS, side), kept(NEW_ROWS, side)) for side in (half, ~half)]
    again = fit_blend(parts, 3.0, RECIPE)
    assert again.how == fitted.how
    for name, array in fitted.arrays.items():
        assert array.tobytes() == again.arrays[name].tobytes(), name


@pytest.mark.parametrize("c", [0.01, 100.0])
def test_the_quick_start_on_few_rows_ends_at_the_same_optimum(monkeypatch, c):
    recipe = replace(RECIPE, blend_c=c)
    quick = forms(fit_blend([DESIGN], 3.0, recipe))
    monkeypatch.setattr(room, "_FIRST_STEP", 1)
    slow = forms(fit_blend([DESIGN], 3.0, recipe))
    for one, other, rows in zip(quick, slow, (USUAL_ROWS, NEW_ROWS), strict=True):
        np.testing.assert_allclose(one.score(rows.values), other.score(rows.values), atol=1e-2)


def test_positives_that_the_quick_start_does_not_meet_are_learned_from_all_the_same():
    n = 8 * 200
    values, taken = USUAL_ROWS.values[:n].copy(), np.zeros(n, bool)
    taken[np.arange(n) % 8 == 3] = True
    values[taken, 0] += 2.0
    rows = Rows(values, taken, *(np.ones(n, np.float32),) * 2)
    blend = fit_blend([Design(rows, NEW_ROWS)], 3.0, RECIPE)
    assert blend.how == "usual and new fitted"
    assert forms(blend)[0].linear[0] > 0.5


def test_a_stronger_ridge_shrinks_what_leans_on_pairs():
    weak, strong = (forms(fit_blend([DESIGN], 3.0, replace(RECIPE, blend_c=c)))[0] for c in (100.0, 1e-4))
    scale = np.outer(SPREADS[0], SPREADS[0])
    assert np.abs(strong.pairs * scale).sum() < 0.6 * np.abs(weak.pairs * scale).sum()


def test_the_new_terms_themselves_are_held_more_loosely_than_their_pairs():
    tight, loose = (
        forms(fit_blend([DESIGN], 3.0, replace(RECIPE, blend_c=1e-3, blend_new_ease=ease))) for ease in (1.0, 100.0)
    )
    scale = SPREADS[1]
    for form in (tight, loose):
        assert form[1].linear.any()
    alone, paired = (
        [np.abs(form[1].linear * scale).sum() for form in (tight, loose)],
        [np.abs(form[1].pairs * np.outer(scale, scale)).sum() for form in (tight, loose)],
    )
    assert alone[1] / paired[1] > 1.2 * alone[0] / paired[0]
    ratio = loose[0].linear @ tight[0].linear / (tight[0].linear @ tight[0].linear)
    np.testing.assert_allclose(loose[0].linear, ratio * tight[0].linear, rtol=1e-3, err_msg="the usual is as it was")
