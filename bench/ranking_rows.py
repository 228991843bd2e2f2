"""An evaluation as rows of the bench: figures with intervals beside what is aimed at, time and memory beside their limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.ranking_run import Run
from bench.results import Row, row

AT = "10"
COUNTING = "personal_then_popular"
WITHIN_S, WITHIN_GIB = 300.0, 4.0
SAME = 0.001
"""How near our counting must come to counting as stated: the stated figures are rounded, and ties may be broken otherwise."""
Three = tuple[float, float, float]


@dataclass(frozen=True)
class Goal:
    """A data set and its stated figures at 10, in the order of `measures`; None where nothing is stated.

    counting: what counting reaches; best: the best known so far; reach: what is aimed at; beyond: aimed at after that.
    above: whether the model has to be above every baseline, its paired interval not touching zero.
    """

    name: str
    measures: tuple[str, str, str] = ("recall", "ndcg", "hit_rate")
    counting: Three | None = None
    best: Three | None = None
    reach: Three | None = None
    beyond: Three | None = None
    above: bool = False


class Sure(Row):
    """A row whose figure is a mean over users: its 95% interval, told in `unit` too."""

    low: float
    high: float


def rows_of(goal: Goal, run: Run) -> list[Row]:
    """Every row of a data set: the model, what it is above, our counting beside counting as stated, parts, time, memory."""
    return [
        *(_model(goal, at, run.result) for at in range(len(goal.measures))),
        *(
            _above(goal, measure, name, run.result)
            for name in run.result["baselines"]
            for measure in goal.measures
        ),
        *(_counting(goal, at, run.result) for at in range(len(goal.measures)) if goal.counting),
        *(_part(goal, part, run.result) for part in ("repeat", "explore")),
        *_cost(goal, run),
    ]  # fmt: skip


def mean_rows(goals: Sequence[Goal], runs: Sequence[Run]) -> list[Row]:
    """The mean over several data sets of the same measures, beside the best baseline's mean."""
    made = []
    for measure in goals[0].measures:
        means = {
            name: sum(board(run.result, name)[measure] for run in runs) / len(runs)
            for name in ("model", *runs[0].result["baselines"])
        }
        mine = means.pop("model")
        best = max(means, key=lambda name: means[name])
        told = f"{measure}@{AT}, mean of {len(runs)}: {', '.join(goal.name for goal in goals)}"
        reach, met = "above every baseline", mine > means[best]
        made.append(row(told, mine, "share", against=best, against_value=means[best], reach=reach, met=met))
    return made


def board(result: Mapping[str, Any], name: str) -> Mapping[str, float]:
    """Metrics at 10 over whole targets of the model or of a baseline."""
    part = result if name == "model" else result["baselines"][name]
    found: Mapping[str, float] = part["k"][AT]
    return found


def _model(goal: Goal, at: int, result: Mapping[str, Any]) -> Sure:
    measure, value = goal.measures[at], board(result, "model")[goal.measures[at]]
    low, high = result["intervals"][AT][measure]
    against, other = _best_baseline(result, measure)
    reach, met = "", True
    if goal.best:
        against, other = "best known", goal.best[at]
    if goal.reach:
        reach, met = f"≥ {goal.reach[at]:g}", value >= goal.reach[at]
    if goal.beyond:
        reach += f" ({'' if value > goal.beyond[at] else 'not '}beyond {goal.beyond[at]:g})"
    told = f"{measure}@{AT}, {goal.name}, {result['n_users']:,} users"
    made = row(
        told, value, f"share, 95% {low:.4f} to {high:.4f}", against=against, against_value=other, reach=reach, met=met
    )
    return Sure(**made, low=low, high=high)


def _above(goal: Goal, measure: str, name: str, result: Mapping[str, Any]) -> Sure:
    cell = result["baselines"][name]["difference"][AT][measure]
    told = f"{measure}@{AT} above {name}, {goal.name}"
    made = row(
        told,
        cell["mean"],
        f"share, paired 95% {cell['low']:+.4f} to {cell['high']:+.4f}",
        against=name,
        against_value=board(result, name)[measure],
        reach="all of the interval > 0" if goal.above else "",
        met=cell["low"] > 0 or not goal.above,
    )
    return Sure(**made, low=cell["low"], high=cell["high"])


def _counting(goal: Goal, at: int, result: Mapping[str, Any]) -> Row:
    assert goal.counting is not None
    measure, stated = goal.measures[at], goal.counting[at]
    value = board(result, COUNTING)[measure]
    told = f"{measure}@{AT} of counting ({COUNTING}), {goal.name}"
    reach, met = f"within {SAME:g} of what is stated", abs(value - stated) <= SAME
    return row(told, value, "share", against="counting as stated", against_value=stated, reach=reach, met=met)


def _part(goal: Goal, part: str, result: Mapping[str, Any]) -> Row:
    others = {name: found[part][AT]["recall"] for name, found in result["baselines"].items()}
    best = max(others, key=lambda name: others[name])
    told = f"recall@{AT} of {part} targets, {goal.name}, {result[f'n_users_{part}']:,} users"
    return row(told, result[part][AT]["recall"], "share", against=best, against_value=others[best])


def _cost(goal: Goal, run: Run) -> list[Row]:
    limit, most = f"≤ {WITHIN_S:g} s", f"≤ {WITHIN_GIB:g} GiB"
    took = run.result["seconds"]
    return [
        row(f"fit, tuning included, {goal.name}", took["fit"], "s"),
        row(f"score, {goal.name}", took["score"], "s"),
        row(f"whole evaluation, {goal.name}", run.seconds, "s", reach=limit, met=run.seconds <= WITHIN_S),
        row(f"peak memory, {goal.name}", run.gib, "GiB", reach=most, met=run.gib <= WITHIN_GIB),
    ]


def _best_baseline(result: Mapping[str, Any], measure: str) -> tuple[str, float]:
    values = {name: board(result, name)[measure] for name in result["baselines"]}
    best = max(values, key=lambda name: values[name])
    return best, values[best]
