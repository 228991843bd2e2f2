"""Which rows are new, which only repeat one we have, and which contradict it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

ROW = "#row"  # no column of a file is called so


@dataclass(frozen=True)
class Settled:
    """`fresh`: first rows of keys not known. `n_same`: rows equal to the known or first row of their key.

    `conflicts`: row numbers, ascending, of rows with a key we have and other content.
    """

    fresh: pl.DataFrame
    n_same: int
    conflicts: pl.Series


def settle(rows: pl.DataFrame, known: pl.DataFrame, keys: Sequence[str]) -> Settled:
    """Judge `rows` (with a column `ROW`) against `known` (same columns without it; one row per key); null keys are equal.

    A known row is the truth for its key; where none is known, the first in `rows` is.
    """
    fresh = rows.join(known, on=keys, how="anti", nulls_equal=True) if len(known) else rows
    if not _unique(fresh, keys):
        fresh = fresh.unique(keys, keep="first", maintain_order=True)
    if len(fresh) == len(rows):
        return Settled(fresh, 0, pl.Series(ROW, [], dtype=rows.schema[ROW]))
    rest = rows if fresh.is_empty() else rows.join(fresh.select(ROW), on=ROW, how="anti")
    truth = known
    if len(rest) > len(known) or not fresh.is_empty():
        firsts = fresh.join(rest, on=keys, how="semi", nulls_equal=True).drop(ROW)
        truth = pl.concat([known.select(firsts.columns), firsts])
    same = equal_to(rest, truth, keys)
    return Settled(fresh, int(same.sum()), rest.filter(~same)[ROW].sort())


def equal_to(rows: pl.DataFrame, truth: pl.DataFrame, keys: Sequence[str]) -> pl.Series:
    """Per row of `rows`, whether `truth` holds the same key with the same content (columns of `truth`; null equals null)."""
    content = [name for name in truth.columns if name not in keys]
    there = truth.with_columns(pl.lit(True).alias("there"))
    beside = rows.join(there, on=keys, how="left", suffix="_known", nulls_equal=True, maintain_order="left")
    alike = [pl.col(name).eq_missing(pl.col(f"{name}_known")) for name in content]
    return beside.select(pl.all_horizontal(pl.col("there").fill_null(False), *alike).alias("same"))["same"]


def _unique(rows: pl.DataFrame, keys: Sequence[str]) -> bool:
    # Distinct hashes prove distinct keys at a third of the cost; equal hashes prove nothing, and the exact path decides.
    return rows.select(
        pl.struct(keys).hash().n_unique() if len(keys) > 1 else pl.col(keys[0]).hash().n_unique()
    ).item() == len(rows)
