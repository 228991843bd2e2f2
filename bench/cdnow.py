"""CDNOW for the bench: purchases by day of 23,570 customers who came in early 1997, and which tenth of them is the sample.

A folder of the reader's own; nothing is fetched. It holds two files as published by Fader & Hardie (both are in the folder
`lifetimes/datasets` of the pip package lifetimes 0.11.3): `CDNOW_master.txt` (customer, date, CDs, dollars) and
`CDNOW_sample.txt` (the same with the sample's number second). The master may be `cdnow_master.parquet` (customer_id, date,
n_cds, dollars). In place of the sample's file `cdnow_summary.parquet` (frequency, recency, T in weeks) will do: it does not say
who is in the sample, so every customer of the master stands in for those of the sample with the same frequency, recency and T,
each by the same share.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.errors import TrainingError
from training.repeat_features import Purchases, summary

START, END = date(1997, 1, 1), (date(1997, 10, 1) - date(1997, 1, 1)).days
"""Day 0, and the day after the 39 weeks that are known."""
HORIZON = 273
_CELL = ["frequency", "recency", "T"]


def read(folder: Path) -> tuple[Purchases, NDArray[np.float64], bool]:
    """(all purchases, float64[customers] weight of each in the sample, whether the sample is told by name).

    TrainingError when a file is missing or not what it should be.
    """
    try:
        bought, ids = _purchases(folder)
        listed = folder / "CDNOW_sample.txt"
        if listed.is_file():
            inside = {line.split()[0] for line in listed.read_text("ascii").splitlines() if line.strip()}
            weight = np.array([float(name in inside) for name in ids])
        else:
            weight = _stood_in(bought, pl.read_parquet(folder / "cdnow_summary.parquet"))
    except (OSError, ValueError, IndexError, pl.exceptions.PolarsError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise TrainingError(f"{folder}: does not hold CDNOW's files ({reason}); bench/cdnow.py says which") from None
    if not weight.sum():
        raise TrainingError(f"{folder}: no customer of the sample is in the master; bench/cdnow.py says what they hold")
    return bought, weight, listed.is_file()


def _purchases(folder: Path) -> tuple[Purchases, list[str]]:
    """A day's purchases of a customer are one; customers by id."""
    table = folder / "cdnow_master.parquet"
    if table.is_file():
        lines = pl.read_parquet(table)
    else:
        split = [line.split() for line in (folder / "CDNOW_master.txt").read_text("ascii").splitlines()]
        told = [words for words in split if words and words[0].isdigit()]  # some copies begin with a line of names
        rows = [(who, date.fromisoformat(day), int(cds), float(paid)) for who, day, cds, paid in told]
        lines = pl.DataFrame(rows, schema=["customer_id", "date", "n_cds", "dollars"], orient="row")
    days = lines.group_by("customer_id", "date").agg(pl.col("dollars").sum(), pl.col("n_cds").cast(pl.Int64).sum())
    days = days.sort("customer_id", "date").with_columns(row=pl.col("customer_id").rank("dense").cast(pl.Int64) - 1)
    day = (days["date"] - START).dt.total_days().to_numpy()
    ids = days["customer_id"].unique(maintain_order=True).to_list()
    spent, units = (days[name].cast(pl.Float64).to_numpy() for name in ("dollars", "n_cds"))
    return Purchases(days["row"].to_numpy(), day, spent, units, len(ids)), ids


def _stood_in(bought: Purchases, sample: pl.DataFrame) -> NDArray[np.float64]:
    at = summary(bought, END)
    mine = pl.DataFrame({"frequency": at.frequency, "recency": at.recency, "T": at.age}).with_row_index("customer")
    rounded = [pl.col(name).cast(pl.Float64).round(2) for name in _CELL]
    wanted = sample.select(rounded).group_by(_CELL).len("wanted")
    counted = mine.with_columns(rounded).with_columns(there=pl.len().over(_CELL))
    joined = counted.join(wanted, on=_CELL, how="left").sort("customer")
    return (joined["wanted"].fill_null(0) / joined["there"]).to_numpy()
