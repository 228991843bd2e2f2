"""`python -m bench.journey_cut FOLDER [DAY]`: Complete Journey cut at a day, as files for `daypart evaluate`.

`events.parquet` is all that was known before local midnight of the day; `targets.parquet` what each household known by then
took on its first shopping day from the cut on.
"""

from __future__ import annotations

import sys
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from training.complete_journey import tables
from training.cuts import global_cut
from training.journey_events import ZONE

DAY = date(2017, 12, 1)


def write_cut(folder: Path, day: date = DAY) -> tuple[Path, Path]:
    """Write both files into `folder`, made if missing; their paths. Times keep the shops' zone, so days are local days."""
    events, targets = global_cut(purchases(), day, ZONE)
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "events.parquet", folder / "targets.parquet"
    events.write_parquet(paths[0])
    targets.write_parquet(paths[1])
    return paths


@cache
def purchases() -> pl.DataFrame:
    """Complete Journey's purchases in the shops' zone; read once a process."""
    bought = tables().events.filter(event_type="purchase")
    return bought.with_columns(bought["occurred_at"].dt.convert_time_zone(ZONE))


if __name__ == "__main__":
    for path in write_cut(Path(sys.argv[1]), *map(date.fromisoformat, sys.argv[2:3])):
        sys.stdout.write(f"{path}\n")
