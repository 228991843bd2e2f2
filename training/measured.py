"""Whose events may be measured by: a small table beside the lake, written from the consent that people gave, through which every
fit reads. Anonymous lines are nobody's and stay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from training.parts import check_whole, write_whole

FILE = "measurement.parquet"
_SCHEMA = {"user_id": pl.String, "granted": pl.Boolean}


def write_measurement(lake: Path, words: Mapping[str, bool]) -> None:
    """Say who said yes or no to be measured, by person; in place of what was said before."""
    if words or (lake / FILE).exists():
        write_whole(lake / FILE, pl.DataFrame(list(words.items()), _SCHEMA, orient="row"))


def measured(lake: Path, default: str, events: pl.LazyFrame) -> pl.LazyFrame:
    """Events of those who allow it. default: `Settings.consent_default`, of those who said nothing; events: with `user_id`, the
    person's. DataError when the table is damaged."""
    known = (lake / FILE).exists()
    if known:
        check_whole(lake / FILE)
    words = pl.scan_parquet(lake / FILE, glob=False) if known else pl.LazyFrame(schema=_SCHEMA)
    if default == "opt-out":
        return events.join(words.filter(~pl.col.granted), on="user_id", how="anti") if known else events
    return (
        events.join(words, on="user_id", how="left").filter(pl.col.granted | pl.col.user_id.is_null()).drop("granted")
    )
