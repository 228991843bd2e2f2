"""`daypart evaluate`: anybody's events and what each user took next, scored by full ranking. Targets never fit or tune.

Output (`k`, `repeat`, `explore`: see `training.metrics` for each metric's definition; every part holds one entry per k):

| key | what |
|---|---|
| k | recall, ndcg, ndcg_untruncated, hit_rate over whole targets |
| repeat, explore | the same for the targets a user had bought before, and had not, over users who have such targets |
| intervals | 95% by bootstrap over users, of k; each baseline's `difference` is the model minus it, paired on the same users |
| by_activity, coverage, popularity_bias | see `training.spread` |
| baselines | by name (`training.baselines`): k, and its entries once more directly as in repeat; repeat; explore |
| n_users, n_products | users scored; products ranked. n_users_repeat, n_users_explore: users with such targets |
| unknown_users | of these, without a purchase in the events: they get the cold-start ranking |
| unknown_target_products | distinct target products never sold in the events: a miss for every ranking |
| skipped_rows, after_cutoff, repeated_target_rows | rows of the files that counted for nothing, and why |
| seconds, params | time to fit (tuning included) and to score; every hyperparameter, and what was tried |
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from training.baskets import read_events_file, read_targets_file
from training.cases import taken_by
from training.errors import TrainingError
from training.fitted import fitted
from training.ranked import Report
from training.recipe import Recipe
from training.sales import coded, sales
from training.scoreboard import scoreboard

_MOST_K = 1000


def evaluate(
    events: Path,
    targets: Path,
    out: Path | None = None,
    ks: Sequence[int] = (10, 20),
    cutoff: datetime | None = None,
    progress: Report | None = None,
    recipe: Recipe | None = None,
) -> dict[str, Any]:
    """Fit on `events` before `cutoff` (all of them without it), rank every product for every user of `targets`, score.

    Writes the result to `out` as JSON when given, and returns it. TrainingError or DataError for files that cannot be used.
    """
    if not ks or any(k < 1 or k > _MOST_K for k in ks):
        raise TrainingError(f"k must be whole numbers from 1 to {_MOST_K}; got {', '.join(map(str, ks)) or 'none'}")
    recipe, report = recipe or Recipe(), progress or _silent
    rows, n_skipped = read_events_file(events)
    wanted, n_unusable, n_repeated = read_targets_file(targets)
    n_rows = len(rows)
    if cutoff is not None:
        if cutoff.utcoffset() is None:
            raise TrainingError(f"cutoff {cutoff.isoformat()}: give its offset, as in 2017-12-01T00:00:00-05:00")
        rows = rows.filter(pl.col.occurred_at.dt.convert_time_zone("UTC") < cutoff)
    lines = coded(sales(rows.lazy()))
    if lines.is_empty():
        raise TrainingError(
            f"{events}: holds no purchase that stands{' before the cutoff' if cutoff else ''}; nothing to fit on"
        )
    board = _score(lines, wanted, ks, recipe, report)
    result = {
        **board,
        "skipped_rows": {"events": n_skipped, "targets": n_unusable},
        "after_cutoff": n_rows - len(rows),
        "repeated_target_rows": n_repeated,
    }
    if out is not None:
        _write(out, result)
    return result


def _score(
    lines: pl.DataFrame, targets: pl.DataFrame, ks: Sequence[int], recipe: Recipe, report: Report
) -> dict[str, Any]:
    began = time.perf_counter()
    model = fitted(lines, recipe, report)
    ready = time.perf_counter()
    board = scoreboard(model.ranker, model.known, model.cases(list(taken_by(targets))), targets, ks, report)
    return {
        **board,
        "seconds": {"fit": ready - began, "score": time.perf_counter() - ready},
        "params": {
            **model.parameters,
            "seed": recipe.seed,
            "blend_how": model.tuned.blend.how,
            "windows": model.tuned.n_windows,
            "search": [dict(trial) for trial in model.tuned.trials],
        },
    }


def _write(out: Path, result: Mapping[str, Any]) -> None:
    beside = out.with_name(f".{out.name}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        beside.replace(out)
    except OSError as error:
        raise TrainingError(f"{out}: cannot be written ({error.strerror}); choose another --out") from None


def read_ks(text: str) -> tuple[int, ...]:
    """The `--k` of the command line: whole numbers with commas between. TrainingError for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise TrainingError(f"--k {text!r}: write whole numbers with commas between them, as in 10,20")
    return tuple(int(part) for part in parts)


def as_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The result as a table: the model and each baseline, at each k; no rows where nothing could be compared."""
    if not result:
        return []
    boards = {"model": result["k"], **{name: board["k"] for name, board in result["baselines"].items()}}
    return [
        {"ranking": name, "k": int(k), **{key: round(value, 4) for key, value in metrics.items()}}
        for k in result["k"]
        for name, metrics in ((name, board[k]) for name, board in boards.items())
    ]


def _silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""
