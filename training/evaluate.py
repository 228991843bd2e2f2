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
| odd_events, odd_targets | what is odd but no fault (`training.odd_data`; docs/reference.md says what is done with each) |
| seconds, params | time to fit (tuning included) and to score; every hyperparameter, what was tried, and `fell_back_on` |
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from training.baskets import events_file, read_targets_file
from training.cases import taken_by
from training.errors import TrainingError
from training.fitted import fitted
from training.odd_data import odd_events, odd_targets, types_of
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
    lines, wanted, counts = _read(events, targets, cutoff)
    result = {**_score(lines, wanted, ks, recipe or Recipe(), progress or _silent), **counts}
    if out is not None:
        _write(out, result)
    return result


def _read(events: Path, targets: Path, cutoff: datetime | None) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    """(sales lines, targets, what of the files was odd); the files' own rows are let go before the fit begins."""
    file = events_file(events)
    wanted, n_unusable, n_repeated = read_targets_file(targets)
    rows, later = _cut(file.rows, cutoff)
    lines = coded(sales(rows.lazy()))
    if lines.is_empty():
        when = " before the cutoff" if cutoff else ""
        raise TrainingError(
            f"{events}: holds no purchase that stands{when}; nothing to fit on (it holds: {types_of(rows) or 'nothing'})"
        )
    counts = {
        "skipped_rows": {"events": file.n_skipped, "targets": n_unusable},
        "after_cutoff": len(later),
        "repeated_target_rows": n_repeated,
        "odd_events": odd_events(rows, lines, later, file.n_quantities),
        "odd_targets": odd_targets(wanted, lines),
    }
    return lines, wanted, counts


def _cut(rows: pl.DataFrame, cutoff: datetime | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was known by the cutoff, and the rest."""
    if cutoff is None:
        return rows, rows.clear()
    if cutoff.utcoffset() is None:
        raise TrainingError(f"cutoff {cutoff.isoformat()}: give its offset, as in 2017-12-01T00:00:00-05:00")
    early = pl.col.occurred_at.dt.convert_time_zone("UTC") < cutoff
    return rows.filter(early), rows.filter(~early)


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
            "fell_back_on": list(model.notes),
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


def _silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""
