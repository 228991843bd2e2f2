"""Response classes: the three outcomes, Bayes' rule over classes and fits."""

import numpy as np
import pytest

from models.response_classes import FITS, Offered, ResponseClasses, by_class, fit_prior, fitted_chance, normal


def offered(p_buy=0.1, p_come=0.4, share=0.5, fit=0.4):
    return Offered(*(np.array([x]) for x in (p_buy, p_come, share, fit)))


GRID = ResponseClasses.grid(4.0, 0.5)


def test_the_three_outcomes_of_a_day_are_everything():
    chances = [
        np.exp(GRID.log_likelihood(offered(), np.array([bought]), np.array([came])))
        for bought, came in ((True, True), (False, True), (False, False))
    ]
    np.testing.assert_allclose(sum(chances), 1.0, atol=1e-4)


def test_no_discount_moves_nobody_and_a_deeper_one_never_less():
    still = GRID.bias == 0
    b = fitted_chance(offered())
    np.testing.assert_allclose(
        GRID.chances(offered(share=0.0))[:, still], np.broadcast_to(b[:, None], (1, still.sum(), len(FITS)))
    )
    deep, shallow = GRID.chances(offered(share=0.6)), GRID.chances(offered(share=0.3))
    assert (deep >= shallow - 1e-12).all()
    assert (deep > shallow + 0.1).any()


def test_a_flat_class_with_bias_buys_the_same_at_every_depth():
    biased = GRID.bias > 0
    np.testing.assert_allclose(GRID.chances(offered(share=0.2))[:, biased], GRID.chances(offered(share=0.6))[:, biased])
    assert (GRID.untouched(np.array([0.1]))[:, biased] > 0.1).all()


@pytest.mark.parametrize(
    ("bought", "came", "wins"),
    [(True, True, lambda g: g.height > 0), (False, False, lambda g: g.height == 0)],
)
def test_what_is_answered_moves_the_weights(bought, came, wins):
    each = GRID.log_likelihood(offered(), np.array([bought]), np.array([came]))
    own = GRID.posterior(by_class(5 * each, fit_prior(np.array([0.4]), np.array([50.0]))))
    assert own.sum() == pytest.approx(1.0)
    chosen = wins(GRID)
    assert own[0, chosen].sum() > GRID.weight[chosen].sum()


def test_staying_away_tells_of_who_is_put_off():
    each = GRID.log_likelihood(offered(p_come=0.95), np.array([False]), np.array([False]))
    own = GRID.posterior(by_class(6 * each, fit_prior(np.array([0.4]), np.array([50.0]))))
    assert own[0, GRID.away > 0].sum() > 0.5


def test_nothing_answered_is_the_population():
    np.testing.assert_allclose(GRID.posterior(np.zeros((2, len(GRID)))), np.broadcast_to(GRID.weight, (2, len(GRID))))


@pytest.mark.parametrize("mean", [0.05, 0.3, 0.7])
def test_a_sure_fit_lies_about_its_mean_and_an_unsure_one_spreads(mean):
    sure, unsure = fit_prior(np.array([mean]), np.array([40.0])), fit_prior(np.array([mean]), np.array([1.5]))
    assert sure @ FITS == pytest.approx(mean, abs=0.06)
    assert (unsure @ FITS**2 - (unsure @ FITS) ** 2) > (sure @ FITS**2 - (sure @ FITS) ** 2)


def test_purchases_teach_a_products_fit():
    prior = fit_prior(np.array([0.3]), np.array([2.0]))
    each = GRID.log_likelihood(offered(fit=0.3), np.array([True]), np.array([True]))
    flat = np.flatnonzero((GRID.height == 0) & (GRID.away == 0) & (GRID.bias == 0))[0]
    after = normal(3 * each[:, flat] + np.log(prior))
    assert after @ FITS > prior @ FITS


def test_rare_classes_are_left_out_and_the_rest_sum_to_one():
    weight = np.where(np.arange(len(GRID)) < 3, 0.33, 0.0)
    assert len(GRID.weighed(weight, 0.01)) == 3
    assert GRID.weighed(weight, 0.01).weight.sum() == pytest.approx(1.0)
