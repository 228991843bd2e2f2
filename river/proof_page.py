"""The lift report as one HTML file beside its JSON: the sentences, a drawing of the intervals, and their numbers. No network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from offers.lift import Lift
from offers.lift_report import LiftReport, report_file
from river.proof_words import sentences

if TYPE_CHECKING:
    from training.report_html import Absent, Plot

_NAMES = ("everybody decided", "everybody, at every look", "meant for an offer", "meant, at every look")


def write_page(home: Path, report: LiftReport) -> Path:
    """Write `reports/lift-<campaign>.html`, replaced whole; the path."""
    path = report_file(home, report.campaign_id).with_suffix(".html")
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_text(page(report), "utf-8")
    fresh.replace(path)
    return path


def page(report: LiftReport) -> str:
    """The whole document; the same report makes the same bytes."""
    from training.report_html import STYLE, section, text

    said = "".join(f"<p>{text(line)}</p>\n" for line in sentences(report))
    title = f"Lift of {report.campaign_id}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header><h1>{text(title)}</h1></header>
<main>
{said}<section class="plots">
{section(_plot(report))}
</section>
</main>
</body>
</html>
"""


def intervals(report: LiftReport) -> list[tuple[str, float, float, float]]:
    """(name, lift, low, high) in cents a person, of those that could be concluded."""
    found = []
    for at, each in enumerate((report.everyone, report.planned)):
        found += [(_NAMES[2 * at + k], *ends) for k, ends in enumerate(_ends(each)) if ends]
    return found


def _ends(each: Lift) -> list[tuple[float, float, float] | None]:
    if each.lift is None or each.low is None or each.high is None:
        return []
    once = (each.lift, each.low, each.high)
    if each.always_low is None or each.always_high is None:
        return [once]
    return [once, (each.lift, each.always_low, each.always_high)]


def _plot(report: LiftReport) -> Plot | Absent:
    from training.report_html import Absent, Plot
    from training.report_svg import MODEL, OTHER, bars, panels, style, to_svg

    title = "Lift, cents of margin a person"
    found = intervals(report)
    if not found:
        return Absent("lift", title, "No lift can be concluded yet.")
    names, values = [row[0] for row in found], [row[1] for row in found]
    with style():
        figure, (axis,) = panels([0.6 + 0.35 * len(found)])
        said = [f"{value:+,.1f}" for value in values]
        colours = [OTHER if "every look" in name else MODEL for name in names]
        bars(axis, names, values, said, colours, [(low, high) for _, _, low, high in found])
        svg = to_svg(figure, "lift", title)
    caption = "Bars from zero, whiskers are 95% intervals: for one planned look, and wider for looking every day."
    return Plot("lift", title, caption, svg, ("who", "lift", "low", "high"), tuple(found))
