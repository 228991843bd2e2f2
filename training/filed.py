"""Which `event_id`s the lake holds and what each said, as hashes for who takes events over HTTP.

`event_ids-<batch>.npy` in the lake: int64 of shape (2, n), ascending by the first row: of each event the first 15 hex digits of
the MD5 of its `event_id`, and those of its other columns (`training.event_ids`), -1 where that is no longer known. The name says
the last batch that is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from training.event_ids import content_hashes, md5
from training.lake import scan
from training.parts import committed, parts, whole

_PARTS_AT_ONCE = 64
_FORGOTTEN = -1


def write_filed(lake: Path) -> int:
    """Bring the file up to the lake's batches; how many events went in. Call it under the lake's lock. Raises DataError."""
    last = max(map(int, committed(lake)), default=0)
    stands = _newest(lake)
    if not last or (stands is not None and _batch(stands) == last):
        return 0
    known = np.empty((2, 0), dtype=np.int64)
    # A file of later batches than the lake has is of another lake.
    if stands is not None and _batch(stands) < last:
        known = np.load(stands)
    after = _batch(stands) if known.size and stands is not None else 0
    files = [path for _, path in parts(lake) if int(path.stem.removeprefix("part-")) > after]
    fresh = [_hashed(files[start : start + _PARTS_AT_ONCE]) for start in range(0, len(files), _PARTS_AT_ONCE)]
    every = np.concatenate([known, *fresh], axis=1)
    with whole(lake / f"event_ids-{last:06d}.npy") as handle:
        np.save(handle, every[:, np.argsort(every[0], kind="stable")])
    for path in lake.glob("event_ids-*.npy"):
        if _batch(path) != last:
            path.unlink()
    return every.shape[1] - known.shape[1]


def forget(lake: Path, event_ids: Sequence[str], is_gone: bool) -> None:
    """Forget what these events said, and where they are gone from the lake that they were there. In place, as only a few go, and
    again after a break; readers that have the file open see it. Call it under the lake's lock."""
    path = _newest(lake)
    if path is None or not event_ids:
        return
    every = np.load(path, mmap_mode="r+")
    wanted = np.unique(_numbers(md5(pl.Series(event_ids, dtype=pl.String))))
    spans = zip(np.searchsorted(every[0], wanted), np.searchsorted(every[0], wanted, "right"), strict=True)
    for start, end in spans:
        every[1, start:end] = _FORGOTTEN
        if is_gone:
            # Seconds of its neighbour's, which nobody finds as the first is found; those it stood for itself go with it.
            every[0, start:end] = every[0, start - 1] if start else _FORGOTTEN
    every.flush()


def _hashed(files: Sequence[Path]) -> np.ndarray:
    events = scan(files).collect()
    return np.stack([_numbers(md5(events["event_id"])), _numbers(content_hashes(events))])


def _numbers(hashes: pl.Series) -> np.ndarray:
    return hashes.str.slice(0, 15).str.to_integer(base=16).to_numpy()


def _newest(lake: Path) -> Path | None:
    return max(lake.glob("event_ids-*.npy"), default=None, key=_batch)


def _batch(path: Path) -> int:
    return int(path.stem.removeprefix("event_ids-"))
