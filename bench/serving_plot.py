"""Latency by percentile, up to one in ten thousand, as one self-contained SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.ledger_load import Shot

COLOURS = ("#1b7f5c", "#b8b8b8", "#c2571a", "#2b5fa8", "#8a4fb0")
MARKS = (0.5, 0.9, 0.99, 0.999, 0.9999)


def draw(measured: Mapping[str, Sequence[Shot]], path: Path) -> None:
    """One line for each load, by the words of its legend."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # No date and no random names inside: the same figures make the same file.
    with matplotlib.rc_context({"svg.hashsalt": "daypart"}):
        figure, axis = pyplot.subplots(figsize=(7, 4), layout="constrained")
        for (name, shots), colour in zip(measured.items(), COLOURS, strict=True):
            took = np.sort([shot.took_s for shot in shots]) * 1e3
            rest = 1.0 - (np.arange(len(took)) + 0.5) / len(took)
            axis.plot(1.0 / rest, took, color=colour, lw=1.5, label=name)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks([1 / (1 - mark) for mark in MARKS], [f"{100 * mark:g}%" for mark in MARKS])
        axis.set_xlabel("share of requests answered by then")
        axis.set_ylabel("milliseconds from the appointed time")
        axis.grid(color="#eeeeee")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=9)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
