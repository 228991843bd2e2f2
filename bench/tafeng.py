"""`python -m bench.tafeng DATA FOLDER`: Ta-Feng as in the Next Basket Reality Check, as files for `daypart evaluate`.

DATA is a folder of the reader's own; nothing is fetched. It holds files of the GitHub repository
liming-7/A-Next-Basket-Recommendation-Reality-Check at commit ca1a58e (Li et al., "A Next Basket Recommendation Reality Check",
2023) and of its fork JunoPrent/A-Next-Basket-Recommendation-Reality-Check at commit af05b52; neither states a licence:
- `tafeng_merged.json` (there in `mergeddataset/`): each user's baskets, oldest first; the last is the target. Or the same as
  `baskets.parquet`: user_id, basket_idx, item_id, is_target.
- `tafeng_keyset_0.json` to `tafeng_keyset_4.json` (in the fork's `keyset/`), or the same as `keyset_0.json` to `keyset_4.json`:
  users split at random five times; `test` are ids as text.

All baskets before the last are known, of all users, in order but without dates: `events.parquet` has a basket's number as its
day. Each key set's test users are scored by themselves (`targets_0.parquet` to `targets_4.parquet`); the figures are the mean
over the five, NDCG divided by the ideal gain of the whole target (`ndcg_untruncated`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from training.errors import TrainingError

KEY_SETS = 5
_COLUMNS = {"user_id": pl.String, "occurred_at": pl.Int32, "product_id": pl.String, "is_target": pl.Boolean}


def write_files(data: Path, folder: Path) -> tuple[Path, list[Path]]:
    """Write the events and the targets of each key set into `folder`, made if missing; their paths. TrainingError as `read`."""
    events, key_sets = read(data)
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "events.parquet"
    events.write_parquet(known)
    paths = [folder / f"targets_{number}.parquet" for number in range(len(key_sets))]
    for path, targets in zip(paths, key_sets, strict=True):
        targets.write_parquet(path)
    return known, paths


def read(data: Path) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """(events: user_id, product_id, occurred_at as a day number; of each key set its targets: user_id, product_id).

    TrainingError when a file is missing or not what it should be.
    """
    try:
        lines = _lines(data)
        tested = [_test_users(data, number) for number in range(KEY_SETS)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
        raise TrainingError(
            f"{data}: does not hold Ta-Feng's files ({_short(error)}); bench/tafeng.py says which, and where they come from"
        ) from None
    events = lines.filter(~pl.col.is_target).select("user_id", "product_id", "occurred_at")
    taken = lines.filter("is_target").select("user_id", "product_id").unique().sort("user_id", "product_id")
    return events, [taken.filter(pl.col.user_id.is_in(users)) for users in tested]


def _lines(data: Path) -> pl.DataFrame:
    table = data / "baskets.parquet"
    if table.is_file():
        named = pl.read_parquet(table).rename({"item_id": "product_id", "basket_idx": "occurred_at"})
        return named.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
    merged = json.loads((data / "tafeng_merged.json").read_text("utf-8"))
    rows = [
        (user, number, str(product), number == len(baskets) - 1)
        for user, baskets in merged.items()
        for number, basket in enumerate(baskets)
        for product in basket
    ]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


def _test_users(data: Path, number: int) -> list[str]:
    own, theirs = (data / f"{prefix}keyset_{number}.json" for prefix in ("", "tafeng_"))
    return [str(user) for user in json.loads((own if own.is_file() else theirs).read_text("utf-8"))["test"]]


def _short(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


if __name__ == "__main__":
    known, targets = write_files(Path(sys.argv[1]), Path(sys.argv[2]))
    for path in (known, *targets):
        sys.stdout.write(f"{path}\n")
