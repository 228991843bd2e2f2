"""The report's plots of the scoreboard: the model beside the counting baselines, whole, in pairs, by part and by activity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from training.report_html import Absent, Plot, Rows
from training.report_svg import MODEL, OTHER, QUIET, bars, finite, fit, panels, rows, style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURES = ("recall", "ndcg", "hit_rate")
NOTHING = "no user came twice, so nothing could be compared"


def smallest_k(board: Mapping[str, Any]) -> str | None:
    """The k that is drawn; the tables hold all. None when nothing was compared."""
    return min(board.get("k") or (), key=int, default=None)


def rankings(board: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The model and each baseline by name, each with `k`, `repeat`, `explore`."""
    return {"model": board, **{spoken(name): part for name, part in (board.get("baselines") or {}).items()}}


def comparison(board: Mapping[str, Any]) -> Plot | Absent:
    """Recall, NDCG and hit rate of every ranking, with intervals where the board has them."""
    name, title, k = "comparison", "The model beside counting", smallest_k(board)
    if k is None:
        return Absent(name, title, NOTHING)
    found = rankings(board)
    with style():
        figure, axes = panels([0.55 + 0.22 * len(found)] * len(MEASURES))
        for axis, measure in zip(axes, MEASURES, strict=True):
            values = [value_of(part, "k", k, measure) for part in found.values()]
            whiskers = [interval_of(part.get("intervals"), k, measure) for part in found.values()]
            bars(axis, list(found), values, [f"{each:.4f}" for each in values], colours(found), whiskers)
            axis.set_title(f"{spoken(measure)} at {k}")
        svg = to_svg(figure, name, f"{title}: recall, NDCG and hit rate at {k}")
    caption = f"Longer bars are better: how well the first {k} products named match what each user took next."
    if board.get("intervals"):
        caption += " The line at a bar's end is its 95% interval over users."
    cells: Rows = tuple(
        (
            ranking,
            int(at),
            spoken(measure),
            value,
            *(interval_of(part.get("intervals"), at, measure) or (math.nan, math.nan)),
        )
        for at in board["k"]
        for ranking, part in found.items()
        for measure, value in part["k"][at].items()
    )
    return Plot(name, title, caption, svg, ("ranking", "k", "metric", "mean", "low", "high"), cells)


def difference(board: Mapping[str, Any]) -> Plot | Absent:
    """Model minus baseline, user by user."""
    name, title, k = "difference", "How sure the difference is", smallest_k(board)
    if k is None:
        return Absent(name, title, NOTHING)
    found = {ranking: part.get("difference") or {} for ranking, part in rankings(board).items()}
    paired = {ranking: by_k for ranking, by_k in found.items() if by_k.get(k)}
    if not paired:
        return Absent(name, title, "the scoreboard holds no paired differences")
    with style():
        figure, axes = panels([0.5 + 0.22 * len(MEASURES)] * len(paired))
        for axis, (ranking, by_k) in zip(axes, paired.items(), strict=True):
            _forest(axis, [by_k[k].get(measure) or {} for measure in MEASURES])
            axis.set_title(fit(f"over {ranking}, at {k}"))
        svg = to_svg(figure, name, f"Model minus each baseline at {k}, with 95% intervals")
    cells: Rows = tuple(
        (ranking, int(at), spoken(measure), *(signed(float(cell[key])) for key in ("mean", "low", "high")))
        for ranking, by_k in paired.items()
        for at, by_measure in by_k.items()
        for measure, cell in by_measure.items()
    )
    caption = (
        "Model minus baseline over the same users: the dot is the mean, the line its 95% interval. Right of zero the model is "
        "better; a line that crosses zero proves nothing. Each baseline has its own scale."
    )
    return Plot(name, title, caption, svg, ("against", "k", "metric", "mean", "low", "high"), cells)


def _forest(axis: Axes, cells: Sequence[Mapping[str, float]]) -> None:
    low, mean, high = ([float(cell.get(key, "nan")) for cell in cells] for key in ("low", "mean", "high"))
    rows(axis, [spoken(measure) for measure in MEASURES], [signed(value) for value in mean])
    for place, ends in enumerate(zip(low, high, strict=True)):
        axis.plot(ends, (place, place), color=MODEL, linewidth=2, solid_capstyle="butt")
    axis.plot(mean, range(len(mean)), "o", color=MODEL, markersize=5)
    axis.axvline(0, color=QUIET, linewidth=0.8)
    edges = [0.0, *finite([*low, *mean, *high])]
    room = 0.06 * (max(edges) - min(edges) or 1.0)
    axis.set_xlim(min(edges) - room, max(edges) + room)


def spoken(name: str) -> str:
    """A key of the board as words."""
    words = name.replace("_", " ")
    return words.replace("ndcg", "NDCG")


def signed(value: float, places: int = 4) -> str:
    """A difference, its sign written out."""
    return f"{value:+.{places}f}".replace("-", "−")


def colours(found: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """The model's colour first, the quiet one for the rest."""
    return [MODEL, *[OTHER] * (len(found) - 1)]


def value_of(part: Mapping[str, Any], key: str, k: str, measure: str) -> float:
    """One figure, NaN when it is not there."""
    value = ((part.get(key) or {}).get(k) or {}).get(measure)
    return float("nan") if value is None else float(value)


def interval_of(intervals: Mapping[str, Any] | None, k: str, measure: str) -> tuple[float, float] | None:
    """(low, high), None when it is not there."""
    pair = ((intervals or {}).get(k) or {}).get(measure)
    return None if pair is None else (float(pair[0]), float(pair[1]))
