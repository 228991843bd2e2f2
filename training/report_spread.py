"""The report's plots of who and what the rankings reach: repeat and explore, users by activity, the catalogue, what sells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from training.report_board import NOTHING, colours, rankings, signed, smallest_k, spoken, value_of
from training.report_html import Absent, Plot, Rows
from training.report_svg import GRID, MODEL, OTHER, QUIET, bars, finite, panels, style, to_svg
from training.told import LEAST_TOLD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = {"repeat": "bought before", "explore": "new to the user"}
BESIDE = "personal_then_popular"
LEAST_USERS = LEAST_TOLD
"""Smaller groups are left out: their figures are noise, and near to telling on somebody."""


def repeat_explore(board: Mapping[str, Any]) -> Plot | Absent:
    """Recall of what was bought before and of what was not, each over the users who took such products."""
    name, title, k = "parts", "The usual and the new", smallest_k(board)
    if k is None:
        return Absent(name, title, NOTHING)
    if any(board.get(f"n_users_{part}", LEAST_USERS) < LEAST_USERS for part in PARTS):
        return Absent(name, title, f"fewer than {LEAST_USERS} users took something again, or something new")
    found = rankings(board)
    with style():
        figure, axes = panels([0.55 + 0.22 * len(found)] * len(PARTS))
        for axis, (part, words) in zip(axes, PARTS.items(), strict=True):
            values = [value_of(ranking, part, k, "recall") for ranking in found.values()]
            bars(axis, list(found), values, [f"{value:.4f}" for value in values], colours(found))
            axis.set_title(f"{part} recall at {k}: {words}")
        svg = to_svg(figure, name, f"{title}: repeat and explore recall at {k}")
    cells: Rows = tuple(
        (ranking, int(at), *(value_of(each, part, at, "recall") for part in PARTS))
        for at in board["k"]
        for ranking, each in found.items()
    )
    counted = [
        f"{board[key]:,} users {did}"
        for key, did in (("n_users_repeat", "took something again"), ("n_users_explore", "took something new"))
        if key in board
    ]
    caption = "The same rankings asked two questions, each on its own scale: recall of what was bought before, and of all else."
    caption += f" {' and '.join(counted)}." if counted else ""
    return Plot(name, title, caption, svg, ("ranking", "k", "repeat recall", "explore recall"), cells)


def by_activity(board: Mapping[str, Any]) -> Plot | Absent:
    """Recall in groups of users by how often they came before."""
    name, title, k = "activity", "Recall by user activity", smallest_k(board)
    if k is None:
        return Absent(name, title, NOTHING)
    groups = [group for group in board.get("by_activity") or [] if group["n_users"] >= LEAST_USERS]
    if not groups:
        few = f"every group of users by activity is smaller than {LEAST_USERS}"
        return Absent(name, title, few if board.get("by_activity") else "the scoreboard holds no groups by activity")
    labels = [_bounds(group) for group in groups]
    with style():
        figure, (axis,) = panels([3.0])
        _lines(axis, groups, k)
        under = [f"{label}\n{group['n_users']:,} users" for label, group in zip(labels, groups, strict=True)]
        axis.set_xticks(list(range(len(groups))), under)
        svg = to_svg(figure, name, f"{title}, recall at {k}")
    cells: Rows = tuple(
        (label, group["n_users"], int(at), *(value_of(group, ranking, at, "recall") for ranking in ("model", BESIDE)))
        for label, group in zip(labels, groups, strict=True)
        for at in board["k"]
    )
    hidden = len(board["by_activity"]) - len(groups)
    caption = "Users in groups by how many visits they had made: the gap between the lines is what the model adds for their kind."
    caption += f" Groups of fewer than {LEAST_USERS} users are left out ({hidden})." if hidden else ""
    return Plot(name, title, caption, svg, ("visits before", "users", "k", "model", spoken(BESIDE)), cells)


def _lines(axis: Axes, groups: Sequence[Mapping[str, Any]], k: str) -> None:
    top = 0.0
    for ranking, colour, dash in ((BESIDE, QUIET, "s--"), ("model", MODEL, "o-")):
        values = [value_of(group, ranking, k, "recall") for group in groups]
        axis.plot(range(len(groups)), values, dash, color=colour, markersize=5, linewidth=1.4, label=spoken(ranking))
        top = max([top, *finite(values)])
    axis.set(
        ylim=(0, top * 1.15 or 1.0), xlim=(-0.4, len(groups) - 0.6), xlabel="visits before", ylabel=f"recall at {k}"
    )
    axis.tick_params(length=0)
    axis.grid(axis="y", color=GRID, linewidth=0.6)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=8.5, reverse=True, borderaxespad=0.2)


def coverage(board: Mapping[str, Any]) -> Plot | Absent:
    """How much of the catalogue anybody is shown, by every ranking that says so."""
    name, title, k = "coverage", "How much of the catalogue is shown", smallest_k(board)
    found = {ranking: part["coverage"] for ranking, part in rankings(board).items() if part.get("coverage")}
    if k is None or "model" not in found:
        return Absent(name, title, NOTHING if k is None else "the scoreboard holds no coverage")
    values = [float(shares.get(k, math.nan)) for shares in found.values()]
    with style():
        figure, (axis,) = panels([0.6 + 0.24 * len(found)])
        bars(axis, list(found), values, [f"{value:.1%}" for value in values], colours(found))
        axis.set_xlabel(f"share of products among somebody's first {k}")
        svg = to_svg(figure, name, f"{title}, first {k}")
    caption = (
        "The share of all products that at least one user's list holds: near zero, everybody is shown the same few. Long is not "
        "better by itself; what people buy again is a long list too."
    )
    cells: Rows = tuple((ranking, int(at), float(v)) for ranking, shares in found.items() for at, v in shares.items())
    return Plot(name, title, caption, svg, ("ranking", "k", "share of products"), cells)


def popularity_bias(board: Mapping[str, Any]) -> Plot | Absent:
    """How popular what is named is, beside what was taken."""
    name, title, k = "popularity", "Do the lists lean to what sells?", smallest_k(board)
    by_k = board.get("popularity_bias") or {}
    if k is None or not by_k:
        return Absent(name, title, NOTHING if k is None else "the scoreboard holds no popularity bias")
    taken = float(next(iter(by_k.values()))["targets"])
    named = {f"first {at} named": float(each["recommended"]) for at, each in by_k.items()}
    values = [*named.values(), taken]
    with style():
        figure, (axis,) = panels([0.6 + 0.24 * len(values)])
        bars(axis, [*named, "what was taken"], values, [f"{v:.3f}" for v in values], [*[MODEL] * len(named), OTHER])
        axis.set(xlim=(0, 1), xlabel="mean popularity percentile: 1 is the best seller")
        svg = to_svg(figure, name, title)
    gap = values[0] - taken
    caption = (
        "How popular the model's products are beside those that people took: green bars longer than the grey one lean to what "
        f"sells. Here the first {next(iter(by_k))} lean by {signed(gap, 3)}."
    )
    cells: Rows = tuple((int(at), float(each["recommended"]), float(each["targets"])) for at, each in by_k.items())
    return Plot(name, title, caption, svg, ("k", "named", "taken"), cells)


def _bounds(group: Mapping[str, Any]) -> str:
    low, high = group["visits"]
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
