"""The plot of the honesty bench: each share that should be 95%, with its Monte-Carlo interval, beside the band aimed at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.results import Row

_SHOWN = ("holds the truth", "taken out", "misses at any")
OURS, THEIRS, INK, BAND = "#1b7f5c", "#b8b8b8", "#333333", "#e4efe9"


def draw(rows: Sequence[Row], path: Path) -> None:
    """Coverage figures of `rows` as dots, those they are held against as squares; an ever-missed share as what held."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    shown = [each for each in rows if any(words in each["figure"] for words in _SHOWN)]
    # No date and no random names inside: the same figures make the same file.
    with matplotlib.rc_context({"svg.hashsalt": "daypart"}):
        figure, axis = pyplot.subplots(figsize=(9, 0.5 + 0.42 * len(shown)), layout="constrained")
        axis.axvspan(0.93, 0.97, color=BAND, lw=0)
        axis.axvline(0.95, color=INK, linestyle=":", lw=1)
        for place, each in enumerate(shown):
            value, beside = _held(each)
            error = 1.96 * float((re.search(r"± ([\d.]+)", each["unit"]) or ["", "0"])[1])
            axis.errorbar([value], [place], xerr=[error], fmt="o", color=OURS, ecolor=OURS, capsize=3, ms=5)
            if beside is not None:
                axis.plot([beside], [place], "s", color=THEIRS, ms=5)
        axis.set_yticks(range(len(shown)), [_said(each["figure"]) for each in shown])
        axis.invert_yaxis()
        axis.set_xlabel("how often the truth was held\n(squares: by the plain interval)")
        axis.spines[["top", "right"]].set_visible(False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def _held(each: Row) -> tuple[float, float | None]:
    value, beside = each["value"], each["against_value"]
    if "misses at any" in each["figure"]:
        return 1.0 - value, None if beside is None else 1.0 - beside
    return value, beside


def _said(figure: str) -> str:
    return figure.replace("interval for every look misses at any of", "interval for every look holds at all of")
