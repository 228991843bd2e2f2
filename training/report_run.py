"""The report's plots of the run: what the blend learned to listen to, and where the time went."""

from __future__ import annotations

from collections.abc import Mapping

from training.report_board import signed, spoken
from training.report_html import Absent, Plot
from training.report_svg import MINUS, MODEL, bars, finite, fit, panels, style, to_svg

MOST_WEIGHTS = 12
HALVES = {"usual": "the usual: products bought before", "new": "the new: all other products"}


def strongest_weights(weights: Mapping[str, Mapping[str, float]]) -> Plot | Absent:
    """The heaviest terms of each half of the blend."""
    name, title = "weights", "What the score listens to"
    halves = {
        half: sorted(terms.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
        for half, terms in weights.items()
        if terms
    }
    if not halves:
        return Absent(name, title, "no weights were learned: the defaults are in use")
    with style():
        figure, axes = panels([0.5 + 0.21 * min(len(terms), MOST_WEIGHTS) for terms in halves.values()])
        for axis, (half, terms) in zip(axes, halves.items(), strict=True):
            top = terms[:MOST_WEIGHTS]
            values = [float(value) for _, value in top]
            bars(
                axis,
                [spoken(term) for term, _ in top],
                values,
                [signed(v, 3) for v in values],
                [MODEL if v >= 0 else MINUS for v in values],
            )
            axis.set_title(fit(HALVES.get(half, half)))
        svg = to_svg(figure, name, f"{title}: the strongest weights")
    caption = (
        "How much the log-odds of a purchase move when the term moves by one standard deviation, strongest first; left of "
        "zero the term speaks against the product. Terms that say nearly the same share their weight."
    )
    return Plot(
        name,
        title,
        caption,
        svg,
        ("half: term", "weight"),
        tuple((f"{half}: {term}", float(v)) for half, terms in halves.items() for term, v in terms),
    )


def stage_seconds(seconds: Mapping[str, float]) -> Plot | Absent:
    """Where the run's time went."""
    name, title = "seconds", "Where the time went"
    if not seconds:
        return Absent(name, title, "the run did not time its stages")
    values = [float(value) for value in seconds.values()]
    total = sum(finite(values))
    with style():
        figure, (axis,) = panels([0.6 + 0.24 * len(seconds)])
        bars(axis, list(seconds), values, [f"{value:,.1f} s" for value in values], [MODEL] * len(values))
        axis.set_xlabel("seconds")
        svg = to_svg(figure, name, f"{title}: seconds per stage")
    caption = f"Seconds of each stage of this run, in the order they ran; {total:,.1f} s together."
    return Plot(
        name,
        title,
        caption,
        svg,
        ("stage", "seconds"),
        tuple((stage, value) for stage, value in zip(seconds, values, strict=True)),
    )
