import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from bench.cafe.menu import CATEGORIES, PART_OF_HOUR, PARTS, menu
from bench.cafe.tables import assortment_table, product_table, store_table
from feature_repo.events import ASSORTMENT_COLUMNS, PRODUCT_COLUMNS, STORE_COLUMNS

DAY = datetime(2025, 12, 1, tzinfo=UTC)


def test_about_forty_products_with_names_in_both_languages():
    products = product_table()
    assert 36 <= len(products) <= 44
    assert set(products.columns) == {c.name for c in PRODUCT_COLUMNS} | {"name_zh"}
    for column in ("product_id", "name", "name_zh"):
        assert products[column].is_unique().all()
    assert all(re.fullmatch(r"[一-鿿]+", name) for name in products["name_zh"])
    assert set(products["category"]) == set(CATEGORIES)


def test_everything_earns():
    products = product_table()
    assert (products["cost_cents"] > 0).all()
    assert (products["cost_cents"] < products["price_cents"] * 0.45).all()


def test_three_dollars_off_an_iced_americano_stays_above_the_floor():
    row = product_table().row(by_predicate=pl.col.product_id == "iced-americano", named=True)
    assert (row["name"], row["name_zh"]) == ("Iced americano", "冰美式")
    assert 550 <= row["price_cents"] <= 600
    assert row["cost_cents"] <= 130
    assert row["price_cents"] - 300 >= row["cost_cents"] * 1.2


def test_three_stores_in_two_zones():
    stores = store_table()
    assert set(stores.columns) == {c.name for c in STORE_COLUMNS} - {"closed_days"}
    assert len(stores) == 3
    assert {ZoneInfo(zone).key for zone in stores["timezone"]} == {"America/New_York", "America/Los_Angeles"}
    hours = stores.select("opens", "closes")
    assert all(re.fullmatch(r"\d\d:00", text) for text in [*hours["opens"], *hours["closes"]])
    assert hours.n_unique() == 3
    for is_open, opens, closes in zip(menu().open, hours["opens"], hours["closes"], strict=True):
        assert is_open.nonzero()[0].tolist() == list(range(int(opens[:2]), int(closes[:2])))


def test_the_assortment_is_what_the_menu_sells():
    it = menu()
    table = assortment_table((DAY, DAY.replace(hour=5)))
    assert table.columns == [c.name for c in ASSORTMENT_COLUMNS]
    assert len(table) == 2 * it.sold.sum() < 2 * it.sold.size
    assert not table.select("store_id", "product_id", "as_of").is_duplicated().any()
    assert set(table["as_of"]) == {"2025-12-01T00:00:00Z", "2025-12-01T05:00:00Z"}
    counted = table.join(product_table(), on="product_id", suffix="_menu")
    foods = {p for p, food in zip(it.product_ids, it.is_food, strict=True) if food}
    assert set(counted.filter(pl.col.stock_units.is_not_null())["product_id"]) == foods
    above = counted.group_by("store_id").agg((pl.col.price_cents - pl.col.price_cents_menu).unique().sort())
    assert dict(above.iter_rows()) == {"canal-row": [0], "mill-park": [0], "sunset-pier": [25]}


def test_parts_of_the_day_follow_the_clock():
    assert [PARTS[PART_OF_HOUR[hour]] for hour in (0, 10, 11, 13, 14, 17, 18, 23)] == [
        *("morning", "morning", "lunch", "lunch", "afternoon", "afternoon", "evening", "evening")
    ]
