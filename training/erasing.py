"""Erasing from the lake: every line of somebody, and whatever a crash left lying about.

A part is written anew without the lines and renamed into place, so a reader sees it with all of them or with none; done again
after a break it goes on where it stopped. Tickets that were only claimed are nobody's again once the claim is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import polars as pl

from training.answers import FILE as ANSWERS
from training.filed import forget
from training.parts import committed, locked, parts, write_whole


class Found(NamedTuple):
    """What the lake holds of some ids: lines of events with their ids, and answers to offers."""

    event_ids: list[str]
    n_answers: int


def find(lake: Path, ids: Collection[str]) -> Found:
    """Look, and change nothing. DataError when a part is missing or damaged."""
    mine = pl.col.user_id.is_in(list(ids))
    files = [path for _, path in parts(lake)]
    events = _scan(files).filter(mine).select("event_id").collect()["event_id"].to_list() if files else []
    answers = lake / ANSWERS
    n_answers = len(_scan([answers]).filter(mine).select("user_id").collect()) if answers.exists() else 0
    return Found(events, n_answers)


def erase(lake: Path, ids: Collection[str]) -> None:
    """Take every line of `ids` out. DataError when a part is missing or damaged, or cannot be written."""
    mine = pl.col.user_id.is_in(list(ids))
    with locked(lake):
        _sweep(lake)
        files = [path for _, path in parts(lake)]
        files += [answers] if (answers := lake / ANSWERS).exists() else []
        for path in files:
            # Ids alone first: most parts know nothing of one person.
            theirs = _scan([path]).filter(mine)
            if theirs.select("user_id").head(1).collect().is_empty():
                continue
            if path != answers:
                forget(lake, theirs.select("event_id").collect()["event_id"].to_list(), is_gone=True)
            write_whole(path, _scan([path]).filter(~mine | pl.col.user_id.is_null()).collect())


def _sweep(lake: Path) -> None:
    """Remove what interrupted writers left: nobody reads it, and it names people."""
    counted = committed(lake)
    for path in (lake / "events").glob("day=*/*.parquet*"):
        if path.name.startswith(".") or path.stem.removeprefix("part-") not in counted:
            path.unlink(missing_ok=True)
    for path in lake.glob(".*.tmp"):
        path.unlink(missing_ok=True)


def _scan(files: list[Path]) -> pl.LazyFrame:
    # Parts of two versions may differ in what columns they have; asked for are such that all have.
    return pl.scan_parquet(files, hive_partitioning=False, glob=False, missing_columns="insert", extra_columns="ignore")
