"""The view `user_visits` as arrays, block by block: what `models.when` is asked with, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from models.visits import Visits, rows_of
from models.vocabulary import Vocabulary
from offers.errors import PlanError
from offers.snapshots import tables_of, times

BLOCK = 8192
"""Rows of the file read at once, some 40 MB of visits."""
FILE = "user_visits.parquet"
_LISTS = ("day", "hour", "store_ids")


@dataclass(frozen=True)
class VisitBlock:
    """Rows of some users. at_us, held, n_visits, first_day int64[n]: the snapshot's microseconds, visits listed, and as in
    `models.visits.Visits`; day, hour, store int64[m]: the listed visits, user by user."""

    user_ids: list[str]
    at_us: np.ndarray
    held: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    store: np.ndarray
    n_visits: np.ndarray
    first_day: np.ndarray

    def before(self, users: np.ndarray, as_of_day: int) -> Visits:
        """Of users int64[k], ascending rows of this block, the visits before a store-local day; later ones were never made."""
        place = np.full(len(self.user_ids), -1, dtype=np.int64)
        place[users] = np.arange(len(users))
        owner = np.repeat(place, self.held)
        known = (owner >= 0) & (self.day < as_of_day)
        late = np.bincount(owner[(owner >= 0) & ~known], minlength=len(users))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(owner[known], minlength=len(users)))]).astype(np.int64)
        kept = (self.day[known], self.hour[known], self.store[known])
        return Visits(indptr, *kept, self.n_visits[users] - late, self.first_day[users])


def visit_blocks(features: Path, chosen: Mapping[str, int], stores: Vocabulary) -> Iterator[VisitBlock]:
    """The `chosen` snapshots (`offers.snapshots.newest`), in the file's order; a store that `stores` lacks is -1.

    Raises PlanError when the file isn't usable.
    """
    for rows in tables_of(features / FILE, "user_id", dict(chosen), [*_LISTS, "n_visits", "first_day"], BLOCK):
        held = [pc.list_value_length(rows[name]).fill_null(0).to_numpy(zero_copy_only=False) for name in _LISTS]
        users = rows["user_id"].to_pylist()
        if any((held[0] != other).any() for other in held[1:]):
            raise PlanError(f"{features / FILE}: lists of one user differ in length; run daypart features again")
        named = rows["store_ids"].flatten().dictionary_encode()
        row_of = np.append(rows_of(stores, named.dictionary.to_pylist()), -1)
        yield VisitBlock(
            users,
            np.array(times(rows), dtype=np.int64),
            held[0].astype(np.int64),
            _whole(rows["day"].flatten()),
            _whole(rows["hour"].flatten()),
            row_of[_whole(named.indices.fill_null(-1))],
            _whole(rows["n_visits"].fill_null(0)),
            _whole(rows["first_day"].fill_null(0)),
        )


def _whole(column: Any) -> np.ndarray:
    return np.asarray(column.to_numpy(zero_copy_only=False)).astype(np.int64)
