"""The hand all plots of the report are drawn with: small figures that read on a phone, SVG that takes the page's colours.

Same data, same bytes: matplotlib's own defaults whatever the machine's matplotlibrc says, a fixed salt for its ids, no dates.
Words stay words (no glyph outlines), so the page's font shows them and a search finds them.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, GRID, PAPER, MODEL, OTHER, MINUS = (
    "#1f2328", "#5c6671", "#dde1e6", "#fefefe", "#1b7f5c", "#a3abb5", "#b4540a",
)  # fmt: skip
DARK = {
    INK: "#e6e8eb", QUIET: "#a0a9b3", GRID: "#3a4149", PAPER: "#16191d", MODEL: "#4fc596", OTHER: "#6d7681", MINUS: "#e89a52",
}  # fmt: skip
VARIABLES = dict(zip(DARK, ("ink", "quiet", "grid", "paper", "model", "other", "minus"), strict=True))
"""Colour to the CSS variable that stands for it in the page, so one drawing serves the light and the dark scheme."""
WIDTH = 4.2
LONGEST = 30
_STYLE: Any = {
    "svg.hashsalt": "daypart", "svg.fonttype": "none", "text.parse_math": False, "font.size": 9.0,
    "axes.titlesize": 9.0, "axes.titlelocation": "left", "axes.labelsize": 8.5, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.linewidth": 0.8,
    "text.color": INK, "axes.titlecolor": INK, "axes.labelcolor": QUIET, "axes.edgecolor": GRID,
    "xtick.color": GRID, "ytick.color": GRID, "xtick.labelcolor": QUIET, "ytick.labelcolor": INK, "grid.color": GRID,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "legend.frameon": False,
    "figure.constrained_layout.h_pad": 0.06,
}  # fmt: skip


@contextmanager
def style() -> Iterator[None]:
    """Draw and `to_svg` inside it."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A letter matplotlib cannot measure is still shown: the reader's font draws it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def panels(heights: Sequence[float], share_x: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure as wide as a phone, axes under each other; heights in inches, titles and ticks included."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights, sharex=share_x)
    return figure, list(axes[:, 0])


def to_svg(figure: Figure, name: str, label: str) -> str:
    """The drawing as an element for the middle of a page; name: of this plot alone, letters and dashes; label: read aloud."""
    from html import escape

    for artist in figure.findobj():
        # Clip paths are addressed as url(#…), which the page does not have; limits keep everything inside.
        artist.set_clip_on(False)
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None})
    drawn = target.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    for part in (r"<!--.*?-->", r"<metadata>.*?</metadata>", r"<style [^>]*>.*?</style>"):
        drawn = re.sub(rf"\s*{part}", "", drawn, flags=re.S)
    # Ids are unique in a drawing only, and the page holds many. A "<" of a label is escaped, so these are attributes.
    drawn = re.sub(r'(<[^>]*? )(id="|xlink:href="#)', rf"\1\2{name}-", drawn)
    drawn = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", drawn)
    for colour, variable in VARIABLES.items():
        drawn = re.sub(rf"(: ){colour}", rf"\1var(--{variable})", drawn)
    size = re.search(r'viewBox="[^"]*"', drawn)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size[0] if size else ""}'
    )
    return re.sub(
        r"<svg[^>]*>", lambda _: f'{opening} role="img" aria-label="{escape(label)}">', drawn, count=1
    ).strip()


def bars(
    axis: Axes,
    names: Sequence[str],
    values: Sequence[float],
    said: Sequence[str],
    colours: Sequence[str],
    intervals: Sequence[tuple[float, float] | None] | None = None,
) -> None:
    """Bars from zero, first on top, each with its interval as a whisker and what is `said` in a column at the right."""
    places = list(range(len(names)))
    axis.barh(places, [value if finite([value]) else 0.0 for value in values], color=colours, height=0.62)
    for place, interval in zip(places, intervals or [], strict=False):
        if interval is not None:
            axis.plot(interval, (place, place), color=INK, linewidth=1.2, solid_capstyle="butt")
    axis.axvline(0, color=QUIET, linewidth=0.8)
    rows(axis, names, said)
    edges = [0.0, *finite(values), *(edge for pair in intervals or [] if pair for edge in finite(pair))]
    low, high = min(edges), max(edges)
    room = 0.04 * (high - low or 1.0)
    axis.set_xlim(low - room * (low < 0), high + room if high > low else 1.0)


def fit(words: str, most: int = 60) -> str:
    """Words a drawing can hold: printable, and no longer than `most`."""
    kept = printable(words)
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"


def printable(words: str) -> str:
    """The same with what no file or font can hold (control characters, half a surrogate pair) replaced by the sign for it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)


def rows(axis: Axes, names: Sequence[str], said: Sequence[str]) -> None:
    """Name each row at the left and say its value at the right."""
    axis.set_yticks(list(range(len(names))), [fit(name, LONGEST) for name in names])
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.locator_params(axis="x", nbins=5)
    beside: dict[str, Any] = {"transform": axis.get_yaxis_transform(), "va": "center", "fontsize": 8.5}
    for place, words in enumerate(said):
        axis.text(1.02, place, words, **beside)


def finite(values: Sequence[float]) -> list[float]:
    """Those one can draw."""
    return [float(value) for value in values if value == value and abs(value) != float("inf")]
