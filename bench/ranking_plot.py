"""Plots of the ranking bench: each one file, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.ranking_rows import AT, Goal, board

OURS, THEIRS, INK = "#1b7f5c", ("#b8b8b8", "#8f8f8f", "#5f5f5f"), "#333333"


def draw(goal: Goal, result: Mapping[str, Any], path: Path) -> None:
    """Bars of the model and the baselines at 10, their 95% intervals as whiskers, what is aimed at as a dotted line."""
    names = ["model", *result["baselines"]]

    def panel(axis: Any, at: int) -> None:
        measure = goal.measures[at]
        values = [board(result, name)[measure] for name in names]
        ends = [_interval(result, name, measure) for name in names]
        beside = _beside(values, ends)
        axis.barh([_spoken(name) for name in names], values, color=[OURS, *["#b8b8b8"] * (len(names) - 1)])
        axis.errorbar(values, range(len(names)), xerr=beside, fmt="none", ecolor=INK, capsize=3, lw=1)
        edge = max([high for _, high in ends] + [goal.reach[at] if goal.reach else 0.0])
        for place, value in enumerate(values):
            axis.text(edge * 1.04, place, f"{value:.4f}", va="center", fontsize=9)
        if goal.reach:
            axis.axvline(goal.reach[at], color=INK, linestyle=":", lw=1)
        axis.invert_yaxis()
        axis.set_xlim(0, edge * 1.28)
        axis.set_title(f"{_spoken(measure)} at {AT}")
        if at:
            axis.set_yticklabels([])

    title = f"{goal.name}: {result['n_users']:,} users, all products ranked; 95% intervals"
    _save(panel, title + ("; dotted: aimed at" if goal.reach else ""), path)


def draw_cuts(goals: Sequence[Goal], results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Every ranking at every cut, with its 95% interval."""
    names = ["model", *results[0]["baselines"]]

    def panel(axis: Any, at: int) -> None:
        measure = goals[0].measures[at]
        for nth, name in enumerate(names):
            values = [board(result, name)[measure] for result in results]
            ends = [_interval(result, name, measure) for result in results]
            beside = _beside(values, ends)
            places = [place + 0.08 * (nth - 1.5) for place in range(len(results))]
            colour = OURS if name == "model" else THEIRS[(nth - 1) % len(THEIRS)]
            axis.errorbar(
                places, values, yerr=beside, fmt="o-" if name == "model" else "s--",
                color=colour, capsize=2, lw=1, ms=4, label=_spoken(name),
            )  # fmt: skip
        axis.set_xticks(range(len(goals)), [goal.name.split()[-1][2:7] for goal in goals])
        axis.set_ylim(bottom=0)
        axis.set_title(f"{_spoken(measure)} at {AT}")
        if at == len(goals[0].measures) - 1:
            axis.legend(loc="lower left", bbox_to_anchor=(1.0, 0.0), frameon=False, fontsize=9)

    _save(panel, "Complete Journey at five cuts: all products ranked; 95% intervals", path)


def _save(panel: Callable[[Any, int], None], title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # No date and no random names inside: the same figures make the same file.
    with matplotlib.rc_context({"svg.hashsalt": "daypart"}):
        figure, axes = pyplot.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
        for at, axis in enumerate(axes):
            panel(axis, at)
            axis.spines[["top", "right"]].set_visible(False)
        figure.suptitle(title)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def _interval(result: Mapping[str, Any], name: str, measure: str) -> tuple[float, float]:
    part = result if name == "model" else result["baselines"][name]
    low, high = part["intervals"][AT][measure]
    return low, high


def _beside(values: Sequence[float], ends: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Lengths of the whiskers to either side; none where a skewed interval leaves the mean out."""
    below = [max(value - low, 0.0) for value, (low, _) in zip(values, ends, strict=True)]
    return below, [max(high - value, 0.0) for value, (_, high) in zip(values, ends, strict=True)]


def _spoken(name: str) -> str:
    return name.replace("_", " ").replace("ndcg", "NDCG")
