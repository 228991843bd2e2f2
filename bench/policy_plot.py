"""The plot of the loop: incremental margin by week, beside uniform coupons and the oracle. One SVG file, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.cafe.weeks import Week, best_uniform

OURS, GREY, INK = "#1b7f5c", "#8f8f8f", "#333333"


def draw(weeks: Sequence[Week], path: Path) -> None:
    """Cents a member and week; same figures, same bytes. Without a line of zeros where no plan without exploring is known."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    depth, number = best_uniform(weeks), [week.number for week in weeks]
    lines = (
        ("oracle, any hour", [week.oracle for week in weeks], INK, "-"),
        ("oracle, usual window", [week.oracle_usual for week in weeks], INK, ":"),
        ("plan without exploring", [week.greedy for week in weeks], OURS, "--"),
        ("policy, exploring included", [week.policy for week in weeks], OURS, "-"),
        ("same coupon to everyone, best depth", [week.uniform[depth] for week in weeks], GREY, "-"),
    )
    with matplotlib.rc_context({"svg.hashsalt": "daypart"}):
        figure, axis = pyplot.subplots(figsize=(9, 4), layout="constrained")
        for name, values, colour, style in lines:
            if not any(values):
                continue
            axis.plot(number, values, style, color=colour, marker="o", ms=3, label=name)
        axis.axhline(0.0, color=INK, lw=0.5)
        axis.set_xlabel("week since the first offer")
        axis.set_ylabel("incremental margin, cents a member and week")
        axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
