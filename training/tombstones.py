"""Tombstones beside the lake: what a file says of somebody who was erased goes no further, by the rule of `people.tombstones`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from people.secret import References
from people.tombstones import Tombstone, verdict
from training.faults import found, no_faults
from training.parts import check_whole, write_whole
from training.repeats import ROW

FILE = "tombstones.parquet"
REASON = "erased"
_SCHEMA = {"mark": pl.String, "erased_us": pl.Int64, "returned_us": pl.Int64}


def write_tombstones(lake: Path, stones: Mapping[str, Tombstone]) -> None:
    """Say who was erased, by mark; in place of what was said before."""
    rows = pl.DataFrame([(mark, *stone) for mark, stone in stones.items()], _SCHEMA, orient="row")
    if len(rows) or (lake / FILE).exists():
        write_whole(lake / FILE, rows)


def read_tombstones(lake: Path) -> dict[str, Tombstone]:
    """Everybody who was erased, by mark. DataError when the file is damaged."""
    if not (lake / FILE).exists():
        return {}
    check_whole(lake / FILE)
    rows = pl.read_parquet(lake / FILE, glob=False)
    return {mark: Tombstone(erased, returned) for mark, erased, returned in rows.iter_rows()}


def living(lake: Path, events: pl.DataFrame, references: References) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(events that may go in, faults of the others). events: `ROW`, `user_id` and `occurred_at` among their columns.

    Stale ones are refused, later ones of an erased id are nobody's. Raises DataError, SecretFault.
    """
    stones = read_tombstones(lake)
    if not stones or "user_id" not in events.columns:
        return events, no_faults()
    named = events["user_id"].drop_nulls().unique().to_list()
    theirs = {user: stone for user in named if (stone := stones.get(references.mark(user)))}
    if not theirs:
        return events, no_faults()
    about = events.filter(pl.col.user_id.is_in(list(theirs))).select(ROW, "user_id", pl.col.occurred_at.dt.epoch("us"))
    judged = [(row, user, verdict(theirs[user], at_us)) for row, user, at_us in about.iter_rows()]
    stale = pl.Series([row for row, _, said in judged if said == "stale"], dtype=events.schema[ROW])
    nobody = pl.Series([row for row, _, said in judged if said == "nobody"], dtype=events.schema[ROW])
    unnamed = pl.when(pl.col(ROW).is_in(nobody.implode())).then(None).otherwise(pl.col.user_id).alias("user_id")
    users = pl.Series([user for _, user, said in judged if said == "stale"], dtype=pl.String)
    kept = events.filter(~pl.col(ROW).is_in(stale.implode())).with_columns(unnamed)
    return kept, found(stale, "user_id", REASON, users)
