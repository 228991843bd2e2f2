"""Priors by hand: shares, cells, rhythm, rebuying."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.popularity import LocalCounts
from tests import world
from training.histories import build_histories
from training.popularity import priors, rebuy_rate
from training.recipe import DAYPARTS, Recipe
from training.sales import coded, sales
from training.visits import visits_of

STORES = ["bund", "soho"]
FOREVER = Recipe(popularity_half_life_days=1e9)


@pytest.fixture(params=[False, True], ids=["text", "coded"])
def lines(request):
    found = sales(world.events().lazy(), world.stores())
    return coded(found) if request.param else found


def test_every_ticket_counts_a_product_once_anonymous_ones_too(lines):
    arrays = priors(lines, [*world.PRODUCTS, "zzz"], STORES, FOREVER)
    counts = np.array([1, 4, 3, 5, 2, 6, 0])
    wanted = np.log((counts + 1) / (counts.sum() + 7))
    np.testing.assert_allclose(arrays["popularity_global"], wanted, rtol=1e-6)
    assert np.exp(arrays["popularity_global"].astype(float)).sum() == pytest.approx(1)


def test_cells_hold_what_sold_in_that_store_and_daypart(lines):
    arrays = priors(lines, list(world.PRODUCTS), STORES, FOREVER)
    local = LocalCounts.of(arrays["pop_indptr"], arrays["pop_rows"], arrays["pop_counts"], 6, len(DAYPARTS))
    names = [name for name, _, _ in DAYPARTS]

    def sold(store, daypart):
        cell = local.cell(STORES.index(store), names.index(daypart))
        return {world.PRODUCTS[row]: float(count) for row, count in zip(cell.rows, cell.counts, strict=True)}

    assert sold("soho", "morning") == {"latte": 5, "bagel": 1, "cookie": 1}
    assert sold("soho", "midday") == {"bagel": 3, "americano": 1, "cookie": 1}
    assert sold("bund", "morning") == {"tea": 6, "mocha": 1, "cookie": 1}
    assert sold("bund", "evening") == {}


def test_old_sales_weigh_half_per_half_life():
    rows = {"user_id": ["u", "v"], "product_id": ["a", "b"], "store_id": ["s", "s"]}
    now = datetime(2025, 5, 1, 9, tzinfo=UTC)
    events = pl.DataFrame(rows).with_columns(occurred_at=pl.Series([now - timedelta(days=30), now]))
    arrays = priors(sales(events.lazy()), ["a", "b"], ["s"], Recipe(popularity_half_life_days=30))
    np.testing.assert_allclose(arrays["pop_counts"], [0.5, 1.0])
    np.testing.assert_allclose(np.exp(arrays["popularity_global"]), [1.5 / 3.5, 2 / 3.5], rtol=1e-6)


def test_rhythm_counts_tickets_by_the_stores_own_hour(lines):
    arrays = priors(lines, list(world.PRODUCTS), STORES, FOREVER)
    bund, soho = arrays["rhythm_store"]
    assert soho[8] == 4, "ann on Mondays at eight, two products or one"
    assert bund[5 * 24 + 9] == 4, "cat on Saturdays at nine in Shanghai"
    assert arrays["rhythm_prior"].sum() == bund.sum() + soho.sum() + 1, "dan bought over the web, in no store"
    assert arrays["rhythm_store"].dtype == arrays["rhythm_prior"].dtype == np.float32


def test_rebuy_rate_is_shrunk_to_the_chains():
    histories = build_histories(visits_of(sales(world.events().lazy(), world.stores())))
    rates = dict(zip(histories.products, rebuy_rate(histories, Recipe(rebuy_strength=2)).tolist(), strict=True))
    usual = 3 / 10  # bagel by bob, latte by ann, tea by cat, of ten pairs of user and product
    assert rates["tea"] == pytest.approx((1 + 2 * usual) / (1 + 2))
    assert rates["bagel"] == pytest.approx((1 + 2 * usual) / (2 + 2))
    assert rates["mocha"] == pytest.approx((0 + 2 * usual) / (2 + 2))


def test_where_nobody_rebuys_the_rate_stays_above_zero():
    once = world.events().filter(pl.col.event_type == "purchase").unique("user_id", keep="first")
    assert rebuy_rate(build_histories(visits_of(sales(once.lazy()))), Recipe()).min() == pytest.approx(1e-4)


def test_tickets_without_orders_or_users():
    now = datetime(2025, 5, 1, 9, tzinfo=UTC)
    at = [now, now, now + timedelta(hours=1), now, now + timedelta(hours=2)]
    frame = pl.DataFrame({"user_id": [None, None, None, "u", "u"], "product_id": ["a"] * 5, "occurred_at": at},
                         schema_overrides={"user_id": pl.String})  # fmt: skip
    arrays = priors(sales(frame.lazy()), ["a"], [], FOREVER)
    assert arrays["rhythm_prior"].sum() == 3, "nobody at nine, nobody at ten, and u's day"
    assert arrays["pop_indptr"].tolist() == [0]
