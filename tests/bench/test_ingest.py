import polars as pl
import pytest

from bench.ingest import measure
from tests import world
from training.complete_journey import InputTables

TABLES = InputTables(world.events(), world.products(), world.stores(), world.assortment())


def test_every_way_in_is_measured_against_polars(tmp_path):
    found = measure(TABLES, tmp_path, 1)
    assert [row["figure"] for row in found] == [
        "ingest 30 events from parquet", "ingest 30 events from CSV", "ingest 30 events again"
    ]  # fmt: skip
    for row in found:
        assert row["ratio"] == row["value"] / row["against_value"]
        assert row["met"] == (row["reach"] == "" or row["ratio"] <= 3)


def test_a_refused_row_is_no_measurement(tmp_path):
    stranger = TABLES.events.with_columns(pl.lit("elsewhere").alias("store_id"))
    with pytest.raises(RuntimeError, match="refused 30"):
        measure(InputTables(stranger, TABLES.products, TABLES.stores, TABLES.assortment), tmp_path, 1)
