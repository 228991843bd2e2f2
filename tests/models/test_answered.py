"""What was answered tells of the user and of the product at once; other products and parts of the day learn by the user only."""

import numpy as np
import pytest

from models.answered import Own, answers_of, cell_log, totals
from models.response_classes import FITS, Offered, ResponseClasses

GRID = ResponseClasses.grid(4.0, 0.5)


def own(products, bought, part=0, came=None):
    n = len(products)
    offered = Offered(np.full(n, 0.05), np.full(n, 0.3), np.full(n, 0.4), np.full(n, 0.4))
    bought = np.array(bought, dtype=bool)
    return Own.of(
        GRID, products, np.full(n, part), offered, bought, bought if came is None else np.array(came, dtype=bool)
    )


def responds(one):
    return one.weight[GRID.height > 0].sum()


def test_who_buys_on_offers_is_one_who_answers_and_who_does_not_isnt():
    assert responds(own(["latte"] * 4, [1] * 4)) > responds(Own.unknown(GRID)) > responds(own(["latte"] * 4, [0] * 4))


def test_only_the_product_and_part_answered_know_more_of_their_fit():
    one = own(["latte"] * 4, [1] * 4, part=1)
    latte, scone = one.fit_weight(["latte", "scone"], 1, np.array([0.2, 0.2]))
    other = one.fit_weight(["latte"], 2, np.array([0.2]))[0]
    mean = FITS @ latte.T
    assert (mean[GRID.height > 0] > FITS @ scone[0]).all()
    np.testing.assert_allclose(scone, np.broadcast_to(scone[0], scone.shape))
    np.testing.assert_allclose(other, scone)
    np.testing.assert_allclose(latte.sum(axis=-1), 1.0)


def test_a_user_alone_is_the_same_as_among_others():
    rng = np.random.default_rng(0)
    user, product, part = rng.integers(0, 5, 60), rng.integers(0, 3, 60), rng.integers(0, 2, 60)
    offered = Offered(np.full(60, 0.05), np.full(60, 0.3), rng.uniform(0.1, 0.6, 60), np.full(60, 0.4))
    bought = rng.random(60) < 0.3
    came = bought | (rng.random(60) < 0.2)
    answers = answers_of(user, product, part, offered, bought, came)
    together = GRID.posterior(totals(answers, cell_log(GRID, answers), 5))
    for who in range(5):
        mine = user == who
        names = [f"p{n}" for n in product[mine]]
        some = Offered(*(column[mine] for column in vars(offered).values()))
        np.testing.assert_allclose(
            Own.of(GRID, names, part[mine], some, bought[mine], came[mine]).weight, together[who]
        )


@pytest.mark.parametrize("fit", [0.0, 1.0])
def test_a_fit_at_the_edge_is_still_a_fit(fit):
    weight = Own.unknown(GRID).fit_weight(["latte"], 0, np.array([fit]))
    assert np.isfinite(weight).all()
