"""What is known of every product: each column against its formula, written out in loops."""

import warnings
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.term_names import GOODS_TERMS
from tests.training.test_visits import LINE, PRODUCTS, lines_of
from training.goods import goods
from training.visits import visits_of

SPREAD = st.tuples(LINE.map(lambda line: line[0]), st.integers(0, 4), st.integers(0, 40))


def baskets_of(rows):
    """Each known user's baskets in order: {user: [(day, set of products)]}."""
    people = {}
    for user, product, day in rows:
        if user is not None:
            people.setdefault(user, {}).setdefault(day, set()).add(product)
    return {user: sorted(days.items()) for user, days in people.items()}


def by_loops(rows):
    """{column: [value per product]}, after the table in `goods`."""
    people, n = baskets_of(rows), len(PRODUCTS)
    visits = [
        (user, at, len(told), day, basket) for user, told in people.items() for at, (day, basket) in enumerate(told)
    ]
    last_day = max(day for _, _, _, day, _ in visits)

    def share(product, weight):
        total = sum(weight(visit) for visit in visits)
        return log(sum(weight(visit) for visit in visits if product in visit[4]) / max(total, 1e-9) + 1e-5)

    def back(visit):
        return visit[2] - 1 - visit[1]

    sold = [sum(product in visit[4] for visit in visits) for product in range(n)]
    buyers = [len({visit[0] for visit in visits if product in visit[4]}) for product in range(n)]
    again = [sold[product] - buyers[product] for product in range(n)]
    chances = []
    for product in range(n):
        firsts = [min(at for at, (_, basket) in enumerate(told) if product in basket)
                  for told in people.values() if any(product in basket for _, basket in told)]  # fmt: skip
        owners = [told for told in people.values() if any(product in basket for _, basket in told)]
        chances.append(sum(len(told) - 1 - first for told, first in zip(owners, firsts, strict=True)))
    mean = (sum(again) + 1) / (sum(chances) + 2)
    kept = sum(sold) / sum(buyers)
    with_it = [[visit for visit in visits if product in visit[4]] for product in range(n)]
    return {
        "month": [share(product, lambda visit: last_day - visit[3] < 28) for product in range(n)],
        "week": [share(product, lambda visit: last_day - visit[3] < 7) for product in range(n)],
        "taken": [share(product, lambda visit: 0.6 ** back(visit)) for product in range(n)],
        "taken_last": [share(product, lambda visit: 0.01 ** back(visit)) for product in range(n)],
        "repeat": [log((again[p] + 20 * mean) / (chances[p] + 20)) for p in range(n)],
        "faithful": [log((sold[p] + 3 * kept) / (buyers[p] + 3)) for p in range(n)],
        "company": [log(sum(len(v[4]) for v in with_it[p]) / sold[p]) if sold[p] else 0.0 for p in range(n)],
        "final": [sum(back(v) == 0 for v in with_it[p]) / sold[p] if sold[p] else 0.0 for p in range(n)],
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(SPREAD, max_size=50).filter(lambda rows: any(row[0] for row in rows)))
def test_every_column_is_its_formula(rows):
    table = goods(visits_of(lines_of(rows)).numbered(PRODUCTS))
    assert (table.shape, table.dtype) == ((len(PRODUCTS), len(GOODS_TERMS)), np.float32)
    told = by_loops(rows)
    assert set(told) == set(GOODS_TERMS)
    for place, name in enumerate(GOODS_TERMS):
        np.testing.assert_allclose(table[:, place], told[name], rtol=1e-5, atol=1e-5, err_msg=name)


def test_a_handful_known_by_heart():
    # u1 visits on days 0, 10 and 40; u2 on day 40 only.
    rows = [("u1", 0, 0), ("u1", 0, 10), ("u1", 1, 10), ("u1", 2, 40), ("u2", 0, 40)]
    table = dict(zip(GOODS_TERMS, goods(visits_of(lines_of(rows)).numbered(PRODUCTS)).T.tolist(), strict=True))
    assert table["month"][:3] == pytest.approx([log(1 / 2 + 1e-5), log(1e-5), log(1 / 2 + 1e-5)])
    weights = 1 + 0.6 + 0.36 + 1
    assert table["taken"][0] == pytest.approx(log((0.36 + 0.6 + 1) / weights + 1e-5))
    assert table["final"][:4] == pytest.approx([1 / 3, 0, 1, 0])
    assert table["company"][:4] == pytest.approx([log(4 / 3), log(2), 0, 0])
    # Bought again once, in the two visits u1 made after first buying product 0; product 1 had one such visit, and none.
    mean = (1 + 1) / (2 + 1 + 2)
    assert table["repeat"][:2] == pytest.approx([log((1 + 20 * mean) / 22), log((20 * mean) / 21)])


@pytest.mark.parametrize("rows", [[], [(None, 0, 0), (None, 1, 5)], [("u1", 0, 0)]])
def test_next_to_nothing_is_finite_and_warns_of_nothing(rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = goods(visits_of(lines_of(rows)).numbered(PRODUCTS))
    assert np.isfinite(table).all()
    assert table.shape == (len(PRODUCTS), len(GOODS_TERMS))
