"""The crowd that speed is measured on."""

import polars as pl

from bench.ranking_crowd import best_sellers, replicated
from tests.training import market
from training.sales import coded, sales

LINES = coded(sales(market.events().lazy(), market.stores()))


def test_copies_are_people_of_their_own_with_the_same_ways():
    thrice = replicated(LINES, 3)
    assert len(thrice) == 3 * len(LINES)
    assert thrice["user_id"].n_unique() == 3 * LINES["user_id"].n_unique()
    assert thrice["product_id"].cast(pl.String).unique().sort().to_list() == sorted(market.PRODUCTS)
    own = thrice.filter(pl.col.user_id.cast(pl.String) == "u07~2").select("product_id", "day")
    first = LINES.filter(pl.col.user_id.cast(pl.String) == "u07").select("product_id", "day")
    assert own.cast({"product_id": pl.String}).equals(first.cast({"product_id": pl.String}))


def test_nobody_stays_nobody():
    lines = LINES.head(3).with_columns(user_id=pl.lit(None, LINES.schema["user_id"]))
    assert replicated(lines, 2)["user_id"].null_count() == 6


def test_best_sellers_are_the_most_sold_ties_by_id():
    lines = pl.DataFrame({"product_id": ["b", "c", "a", "c"]})
    assert best_sellers(lines, 2) == ["c", "a"]
