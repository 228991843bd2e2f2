"""`python -m bench.journey_last_day FOLDER`: Complete Journey's last shopping days, as files for `daypart evaluate`.

The protocol of next-basket papers (Li et al. 2023, "A Next Basket Recommendation Reality Check"), read off the counting figures
.1797 / .1721 / .5745 (recall / NDCG over the whole target / hit rate, at 10), which it meets to the last digit:
1. A basket is what a household bought on one UTC day. The newest 51 count: the last is the target, up to 50 are the history.
2. Only products that stand in at least 17 baskets of these histories (of all households) count, in histories and targets.
3. Households with fewer than 3 baskets left are out, and those whose last day holds no such product have no target.
4. Days only order: times of day and shops are left out.
NDCG is `ndcg_untruncated`, and counting is `personal_then_popular`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from bench.journey_cut import purchases

MOST_BASKETS = 51
LEAST_BASKETS = 3
LEAST_BOUGHT = 17


def write_last_day(folder: Path) -> tuple[Path, Path]:
    """Write `events.parquet` and `targets.parquet` into `folder`, made if missing; their paths."""
    events, targets = last_day(purchases())
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "events.parquet", folder / "targets.parquet"
    events.write_parquet(paths[0])
    targets.write_parquet(paths[1])
    return paths


def last_day(bought: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(events: user_id, product_id, occurred_at as a date; targets: user_id, product_id), distinct and sorted.

    bought: user_id, product_id, occurred_at (aware).
    """
    day = pl.col.occurred_at.dt.convert_time_zone("UTC").dt.date().alias("occurred_at")
    baskets = bought.select("user_id", "product_id", day).drop_nulls().unique()
    back = pl.col.occurred_at.rank("dense", descending=True).over("user_id").alias("back")
    recent = baskets.with_columns(back).filter(pl.col.back <= MOST_BASKETS)
    usual = recent.filter(pl.col.back > 1).group_by("product_id").len("n").filter(pl.col.n >= LEAST_BOUGHT)
    kept = recent.join(usual, on="product_id", how="semi")
    kept = kept.filter(pl.col.back.n_unique().over("user_id") >= LEAST_BASKETS).sort("user_id", "back", "product_id")
    history, target = kept.filter(pl.col.back > 1), kept.filter(pl.col.back == 1)
    return history.drop("back"), target.select("user_id", "product_id")


if __name__ == "__main__":
    for path in write_last_day(Path(sys.argv[1])):
        sys.stdout.write(f"{path}\n")
