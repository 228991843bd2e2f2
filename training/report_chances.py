"""The report's plots of what a score says: whether its chances come true, and what the novelty dial trades."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from training.calibration import expected_calibration_error
from training.report_html import Absent, Plot, said
from training.report_svg import GRID, INK, MODEL, QUIET, finite, panels, style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis


def calibration_curve(bins: Sequence[Mapping[str, float]]) -> Plot | Absent:
    """Predicted against observed, with the number of user-product pairs behind each point."""
    name, title = "calibration", "Do the chances come true?"
    columns = ("predicted", "observed", "weight", "error")
    drawn = [b for b in bins if len(finite([b[key] for key in columns[:3]])) == 3]
    if not drawn:
        return Absent(name, title, "there was no window to compare predicted chances with what was taken")
    with style():
        figure, (curve, counts) = panels([3.2, 1.2], share_x=True)
        low, high = _square(curve, [b[key] for key in columns[:2] for b in drawn])
        curve.plot((low, high), (low, high), color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
        for b in drawn:
            x, y, error = b["predicted"], b["observed"], 1.96 * b.get("error", 0.0)
            curve.plot((x, x), (max(y - error, low), min(y + error, high)), color=MODEL, linewidth=1.5)
            counts.plot((x, x), (0.8, max(b["weight"], 0.8)), color=MODEL, linewidth=3, solid_capstyle="butt")
        curve.plot([b["predicted"] for b in drawn], [b["observed"] for b in drawn], "o", color=MODEL, markersize=5)
        curve.set_ylabel("share taken")
        counts.set(yscale="log", ylim=(0.8, 2 * max(1.0, *(b["weight"] for b in drawn))), xlabel="predicted chance")
        counts.set_ylabel("pairs")
        _plain(counts.yaxis, _count)
        for axis in (curve, counts):
            _grid(axis)
        svg = to_svg(figure, name, f"{title} Share taken against predicted chance")
    caption = (
        "A point on the dashed line is a chance that came true as often as it was said; above it the model was too shy, below "
        "it too bold. The bars count the user-product pairs behind each point. "
        f"Mean gap over all pairs (ECE): {said(expected_calibration_error(drawn))}, where {said(_taken(drawn))} are taken."
    )
    cells = tuple(tuple(float(b.get(key, math.nan)) for key in columns) for b in drawn)
    return Plot(name, title, caption, svg, ("predicted", "share taken", "pairs", "standard error"), cells)


def _taken(bins: Sequence[Mapping[str, float]]) -> float:
    """Share of all pairs that was taken: what the gap has to be seen beside."""
    total = sum(b["weight"] for b in bins)
    return sum(b["weight"] * b["observed"] for b in bins) / total if total else math.nan


def _square(axis: Axes, values: Sequence[float]) -> tuple[float, float]:
    """The same limits both ways, logarithmic where the chances span more than one reads off an even scale."""
    top = max(values)
    if min(values) <= 0 or top < 20 * min(values):
        ends = (0.0, min(top * 1.08, 1.0) or 1.0)
    else:
        ends = (min(values) / 1.6, min(top * 1.6, 1.0))
        axis.set(xscale="log", yscale="log")
        _plain(axis.xaxis, "{:g}".format)
        _plain(axis.yaxis, "{:g}".format)
    axis.set(xlim=ends, ylim=ends)
    return ends


def _plain(side: Axis, words: Callable[[float], str]) -> None:
    """Labels as plain numbers at whole powers of ten, none between."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    side.set_major_formatter(FuncFormatter(lambda value, _: words(value)))
    side.set_minor_formatter(NullFormatter())


def _count(value: float) -> str:
    return next(
        (f"{value / unit:g}{letter}" for unit, letter in ((1e6, "M"), (1e3, "k")) if value >= unit), f"{value:g}"
    )


def _grid(axis: Axes) -> None:
    axis.grid(color=GRID, linewidth=0.6)
    axis.tick_params(which="both", length=0)


def novelty_dial(points: Sequence[Mapping[str, float]]) -> Plot | Absent:
    """Repeat against explore recall along the dial, and what the whole recall pays for it."""
    name, title = "novelty", "The novelty dial"
    columns = ("novelty", "repeat_recall", "explore_recall", "recall")
    drawn = sorted(({key: float(p.get(key, math.nan)) for key in columns} for p in points), key=lambda p: p["novelty"])
    drawn = [p for p in drawn if len(finite(list(p.values()))) == len(columns)]
    if not drawn:
        return Absent(name, title, "the dial was not measured: there was no window to try it on")
    dial, repeat, explore, recall = ([p[key] for p in drawn] for key in columns)
    with style():
        figure, (trade, cost) = panels([2.9, 1.5])
        trade.plot(repeat, explore, "o-", color=MODEL, markersize=5, linewidth=1.2)
        trade.set(
            xlabel="repeat recall",
            ylabel="explore recall",
            xlim=(0, max(repeat) * 1.15 or 1.0),
            ylim=(0, max(explore) * 1.2 or 1.0),
        )
        for at in _apart(repeat, explore):
            trade.annotate(f"{dial[at]:g}", (repeat[at], explore[at]), (6, 4), textcoords="offset points", fontsize=8.5)
        cost.plot(dial, recall, "o-", color=INK, markersize=4, linewidth=1.2)
        cost.set(xlabel="novelty", ylabel="recall", ylim=(0, max(recall) * 1.2 or 1.0))
        for axis in (trade, cost):
            _grid(axis)
        svg = to_svg(figure, name, f"{title}: repeat recall against explore recall")
    caption = (
        "Each point is a setting of the dial (its number beside it): further right finds more of what people buy again, further "
        "up more of what is new to them; below, what all targets together pay for it."
    )
    return Plot(
        name,
        title,
        caption,
        svg,
        ("novelty", "repeat recall", "explore recall", "recall"),
        tuple(tuple(p.values()) for p in drawn),
    )


def _apart(x: Sequence[float], y: Sequence[float]) -> list[int]:
    """Points to label: the first, the last, and those between that lie clear of the one labelled before and of the last."""
    across, up = max(x) * 1.15 or 1.0, max(y) * 1.2 or 1.0

    def clear(a: int, b: int) -> bool:
        return math.hypot((x[a] - x[b]) / across, (y[a] - y[b]) / up) > 0.08

    chosen = [0]
    last = len(x) - 1
    for at in range(1, last):
        if clear(at, chosen[-1]) and clear(at, last):
            chosen.append(at)
    return chosen if not last or not clear(last, chosen[-1]) else [*chosen, last]
