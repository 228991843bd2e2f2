"""One self-contained SVG of the timing bench: are chances true, and when do people come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.when_cut import SLOT_H, Cut, Said
from bench.when_score import reliability

OURS, INK, GREY = "#1b7f5c", "#333333", "#b8b8b8"


def draw(asked: Sequence[tuple[Cut, Said]], path: Path) -> None:
    """Left: chance of a visit within the week against what came, ten bins, all cuts. Middle: the slots, expected and real.

    Right: the share of visits whose slot was thought likeliest, second, …, expected and real.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # No date and no random names inside: the same figures make the same file.
    with matplotlib.rc_context({"svg.hashsalt": "daypart"}):
        figure, axes = pyplot.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
        for panel, axis in zip((_reliability, _slots, _ranks), axes, strict=True):
            panel(axis, asked)
            axis.spines[["top", "right"]].set_visible(False)
        figure.suptitle(f"Complete Journey, {len(asked)} cuts, households with five visits or more")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def _reliability(axis: Any, asked: Sequence[tuple[Cut, Said]]) -> None:
    said = np.concatenate([said.week for _, said in asked])
    came = np.concatenate([cut.came for cut, _ in asked])
    bins = reliability(said, came)
    x, y, n = (np.array(column, dtype=np.float64) for column in zip(*bins, strict=True))
    axis.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    axis.errorbar(x, y, yerr=1.96 * np.sqrt(y * (1 - y) / n), fmt="o-", color=OURS, ecolor=INK, capsize=3, lw=1, ms=4)
    axis.set_title("a visit within 7 days", fontsize=10)
    axis.set_xlabel("chance given")
    axis.set_ylabel("share who came (95%)")


def _slots(axis: Any, asked: Sequence[tuple[Cut, Said]]) -> None:
    expected = np.concatenate([s.slot for _, s in asked]).mean(axis=0)
    real = np.bincount(np.concatenate([c.slot for c, _ in asked]), minlength=len(expected)).astype(np.float64)
    hours = np.arange(len(expected)) * SLOT_H
    axis.bar(hours, real / real.sum(), width=1.6, align="edge", color=GREY, label="came")
    axis.plot(hours + 0.8, expected, "o-", color=OURS, lw=1, ms=4, label="expected")
    axis.set_title("2-hour slot of the next visit", fontsize=10)
    axis.set_xlabel("hour of the store's day")
    axis.legend(frameon=False, fontsize=9)


def _ranks(axis: Any, asked: Sequence[tuple[Cut, Said]]) -> None:
    density = np.concatenate([said.slot for _, said in asked])
    slot = np.concatenate([cut.slot for cut, _ in asked])
    own = density[np.arange(len(slot)), slot]
    rank = (density > own[:, None]).sum(axis=1)
    share = np.bincount(rank, minlength=density.shape[1]) / len(rank)
    expected = np.sort(density, axis=1)[:, ::-1].mean(axis=0)
    axis.bar(np.arange(1, len(share) + 1), share, color=GREY, label="came")
    axis.plot(np.arange(1, len(share) + 1), expected, "o-", color=OURS, lw=1, ms=4, label="expected")
    axis.set_title("rank of the slot that came", fontsize=10)
    axis.set_xlabel("likeliest slot first")
    axis.legend(frameon=False, fontsize=9)
