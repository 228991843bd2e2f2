"""Ranking: `daypart evaluate` on Complete Journey beside its baselines, and the plot of the same figures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bench.journey_cut import DAY, write_cut
from bench.results import Row, row
from training.evaluate import evaluate

RESULTS = Path(__file__).parent / "results"
MEASURES = ("recall", "ndcg", "hit_rate")
# Counting alone, hit rate included; the model has to be above all three baselines on the first two.
MUST = ("recall", "ndcg")


def rows() -> list[Row]:
    """Model against the best baseline, by measure, at 10; every baseline's own figure; the time it took."""
    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder:
        events, targets = write_cut(Path(folder))
        result = evaluate(events, targets)
    draw(result, RESULTS / "ranking.svg")
    return as_rows(result)


def as_rows(result: dict[str, Any]) -> list[Row]:
    """Bench rows of an evaluation."""
    boards = {name: board["k"]["10"] for name, board in result["baselines"].items()}
    mine, data = result["k"]["10"], f"Complete Journey cut at {DAY}, {result['n_users']:,} households"
    made = []
    for measure in MEASURES:
        best = max(boards, key=lambda name: boards[name][measure])
        reach = "above every baseline" if measure in MUST else ""
        met = mine[measure] > boards[best][measure] or measure not in MUST
        made.append(
            row(
                f"{measure}@10, {data}",
                mine[measure],
                "",
                against=best,
                against_value=boards[best][measure],
                reach=reach,
                met=met,
            )
        )
    for name, board in boards.items():
        made += [row(f"{measure}@10 of {name}", board[measure], "") for measure in MEASURES]
    return [*made, *(row(f"seconds, {part}", took, "s") for part, took in result["seconds"].items())]


def draw(result: dict[str, Any], path: Path) -> None:
    """Bars of model and baselines at 10: one file, no network."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    boards = {"model": result["k"]["10"], **{name: board["k"]["10"] for name, board in result["baselines"].items()}}
    figure, axes = pyplot.subplots(1, len(MEASURES), figsize=(11, 3.2), layout="constrained")
    for axis, measure in zip(axes, MEASURES, strict=True):
        values = [board[measure] for board in boards.values()]
        bars = axis.barh(
            [name.replace("_", " ") for name in boards], values, color=["#1b7f5c", *["#b8b8b8"] * (len(boards) - 1)]
        )
        axis.bar_label(bars, fmt="%.4f", padding=3)
        axis.invert_yaxis()
        axis.set_xlim(0, max(values) * 1.25)
        axis.set_title(f"{measure.replace('_', ' ')} at 10")
        axis.spines[["top", "right"]].set_visible(False)
        if axis is not axes[0]:
            axis.set_yticklabels([])
    figure.suptitle(f"Complete Journey, cut at {DAY}: {result['n_users']:,} households, all products ranked")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    pyplot.close(figure)
