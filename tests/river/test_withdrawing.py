from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offers.desk import Desk
from offers.journal import Journal
from offers.slots import Store
from river.withdrawing import stock_of, withdraw_unsent
from tests.offers.desk_world import campaign, decision
from tests.offers.plan_world import NOW, write

TUESDAY = datetime(2025, 11, 4, 13, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path / "home")


def issue(settings, *products):
    """One offer of s0 a product, for Tuesday at eight, sent on Monday evening."""
    desk = Desk(Journal(settings.ledger_url))
    desk.open(campaign(10**6), [Store("s0", "America/New_York", 360, 1320)], NOW)
    batch = [decision(f"of-{name}", product_id=name, store_id="s0") for name in products]
    assert desk.issue("c", batch, NOW).n_issued == len(products)
    desk.journal.close()


def test_stock_as_the_newest_features_say(settings):
    units = stock_of(settings, NOW)
    assert (units("s0", "p00"), units("s0", "p02"), units("s0", "nothing"), units("nowhere", "p00")) == (
        5,
        0,
        None,
        None,
    )
    assert stock_of(replace(settings, home=settings.home / "empty"), NOW)("s0", "p00") is None


def test_sold_out_offers_are_withdrawn(settings):
    issue(settings, "p00", "p02", "p04")
    assert withdraw_unsent(settings, NOW) == {"out_of_stock": 1}
    assert withdraw_unsent(settings, NOW) == {}


def test_offers_of_a_day_that_was_closed_meanwhile_are_withdrawn(settings):
    issue(settings, "p00", "p04")
    path = settings.lake / "stores.parquet"
    rows = [{**row, "closed_days": "2025-11-04"} for row in pq.read_table(path).to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows), path)
    assert withdraw_unsent(settings, NOW + timedelta(hours=1)) == {"store_closed": 2}


def test_a_ledger_without_tables_beside_it(settings):
    issue(settings, "p00")
    for path in (settings.lake / "stores.parquet", settings.features / "store_assortment.parquet"):
        path.unlink()
    assert withdraw_unsent(settings, NOW) == {}
    assert withdraw_unsent(settings, TUESDAY + timedelta(hours=2)) == {"expired": 1}
