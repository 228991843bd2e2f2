import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offers.campaign_scope import Products
from offers.errors import PlanError
from offers.market import read_market
from offers.slots import Store
from tests.offers.plan_world import EARLY, NOW, ranker, write


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path / "home")


def market(settings, now=NOW, excluded=("Beer",), share=0.75):
    return read_market(
        settings.lake, settings.features, ranker().product_ids, share, Products(exclude_categories=excluded), now
    )


def test_a_shelf_is_what_can_be_offered(settings):
    found = market(settings)
    shelf = found.shelf("s0")
    names = [found.product_ids.ids[row] for row in shelf.rows]
    assert names == ["p00", "p06", "p08", "p10", "p12", "p14"]
    assert shelf.price_cents.tolist() == [600] * 6
    assert shelf.cost_cents.tolist() == [450, 590, 100, 100, 100, 100]
    assert [found.product_ids.ids[row] for row in found.shelf("s1").rows] == ["p01", "p03", "p05", "p07"]


def test_an_unknown_cost_is_rounded_up(settings):
    assert market(settings, share=0.7501).shelf("s0").cost_cents[0] == 451


@pytest.mark.parametrize(
    ("excluded", "beer"), [((), True), (("Drinks > Beer",), False), (("Bee",), True), (("Beer",), False)]
)
def test_a_category_is_excluded_by_the_name_of_a_part(settings, excluded, beer):
    found = market(settings, excluded=excluded)
    assert (found.product_ids.row["p04"] in found.shelf("s0").rows) is beer
    assert len(market(settings, excluded=("Drinks",)).shelf("s0").rows) == 0


def test_an_unknown_store_has_no_shelf(settings):
    assert market(settings).shelf("nowhere") is None
    assert market(settings, now=EARLY).shelf("s0") is None


def test_names_by_locale_and_the_id_where_there_is_none(settings):
    found = market(settings)
    row = found.product_ids.row
    assert found.names_of(row["p01"]) == {"": "Product p01", "zh": "商品p01"}
    assert found.names_of(row["p10"]) == {"": "Product p10"}
    path = settings.lake / "products.parquet"
    pq.write_table(pq.read_table(path).select(["product_id"]), path)
    bare = market(settings)
    assert bare.names_of(row["p10"]) == {"": "p10"}
    assert bare.shelf("s1").cost_cents.tolist() == [450] * 4


def test_stores_have_clocks(settings):
    assert market(settings).stores["s0"] == Store("s0", "America/New_York", 360, 1320)


def test_closed_days_of_a_store_in_normal_form(settings):
    path = settings.lake / "stores.parquet"
    rows = [
        {**row, "closed_days": text}
        for row, text in zip(pq.read_table(path).to_pylist(), ["2026-12-25 sunday", None], strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    assert {name: store.closed_days for name, store in market(settings).stores.items()} == {
        "s0": "sunday 2026-12-25",
        "s1": "",
    }


@pytest.mark.parametrize(("column", "value", "told"), [("timezone", "Mars/Olympus", "not an IANA time zone"),
                                                       ("opens", "7 o'clock", "is not a time of day"),
                                                       ("closed_days", "sun", "is no closed day")])  # fmt: skip
def test_a_store_without_a_clock_is_named(settings, column, value, told):
    path = settings.lake / "stores.parquet"
    rows = [{column: None, **row} for row in pq.read_table(path).to_pylist()]
    rows[1][column] = value
    pq.write_table(pa.Table.from_pylist(rows), path)
    with pytest.raises(PlanError, match=f"stores.parquet: store s1: .*{told}"):
        market(settings)
