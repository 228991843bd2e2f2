"""What can be ranked, and where: all that sold, and all that the tables state."""

import polars as pl

from tests.training import market
from training.catalogue import catalogue_of, places
from training.sales import coded, sales

LINES = coded(sales(market.events().lazy(), market.stores()))


def test_the_catalogue_is_what_sold_and_what_the_tables_say():
    found = catalogue_of(LINES, market.products(), market.stores())
    assert found.products == [*market.PRODUCTS, "p99"]
    assert found.categories[:3] == ["drink", "food", "sweet"]
    assert found.stores == ["north", "south"]
    alone = catalogue_of(LINES, None, None)
    assert (alone.products, alone.stores) == (market.PRODUCTS, ["north", "south"])
    assert alone.categories == [None] * 36


def test_what_sold_without_standing_in_the_table_has_no_category_and_a_quiet_store_has_its_place():
    few = market.products().filter(pl.col.product_id != "p01")
    found = catalogue_of(LINES, pl.concat([few, few.head(2)]), pl.DataFrame({"store_id": ["attic"]}))
    assert found.products == [*market.PRODUCTS, "p99"]
    assert found.categories[:3] == ["drink", None, "sweet"]
    assert found.stores == ["attic", "north", "south"]
    bare = catalogue_of(LINES, few.select("product_id"), None)
    assert bare.categories == [None] * 37


def test_a_catalogue_knows_only_what_sold_by_then_though_the_codes_know_more():
    early = LINES.filter((pl.col.product_id != "p00") & (pl.col.store_id == "south"))
    found = catalogue_of(early, None, None)
    assert "p00" not in found.products
    assert found.stores == ["south"]


def test_places_of_ids_in_a_longer_list():
    assert places(["b", "d"], ["a", "b", "c", "d"]).tolist() == [1, 3]
    assert places([], ["a"]).tolist() == []
