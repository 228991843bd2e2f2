"""The parts of the report's page: figures with their numbers, tables, the style sheet. Whatever comes in is escaped here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from training.report_svg import DARK, VARIABLES, printable

Cell = str | int | float
Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Plot:
    """A drawing, how to read it, and its numbers: rows hold one cell per column."""

    name: str
    title: str
    caption: str
    svg: str
    columns: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True)
class Absent:
    """A plot that could not be drawn. why: one line for a person."""

    name: str
    title: str
    why: str


_COLOURS = "".join(f"--{variable}:{colour};" for colour, variable in VARIABLES.items())
_DARK = "".join(f"--{VARIABLES[light]}:{dark};" for light, dark in DARK.items())
STYLE = f"""
:root{{color-scheme:light dark;{_COLOURS}}}
@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:66rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}}
h1{{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}}
h2{{font-size:1.15rem;line-height:1.3;margin:0 0 .25rem}}
p{{margin:.25rem 0 .75rem;max-width:44rem}}
.quiet,figcaption,summary{{color:var(--quiet);font-size:.9rem}}
.lead{{font-size:1.1rem}}
.plots{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:2rem 2.5rem;align-items:start}}
section{{margin:2rem 0 0}}
.plots section{{margin:0}}
figure{{margin:0}}
figcaption{{margin-bottom:.6rem}}
svg{{display:block;width:100%;max-width:30rem;height:auto;overflow:visible;stroke-linejoin:round;stroke-linecap:butt}}
svg text{{font-family:system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}}
summary{{cursor:pointer;padding:.4rem 0}}
.wide{{overflow-x:auto}}
table{{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}}
th,td{{padding:.2rem .9rem .2rem 0;border-bottom:1px solid var(--grid);text-align:left;vertical-align:top;overflow-wrap:normal}}
td.n,th.n{{text-align:right;white-space:nowrap}}
tbody th{{font-weight:400}}
dl{{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.2rem 1.5rem;margin:0;font-size:.9rem}}
dt{{color:var(--quiet)}}
dd{{margin:0}}
.notes{{border-left:4px solid var(--minus);padding-left:1rem}}
@media print{{body{{max-width:none;padding:0;font-size:10pt}}section{{break-inside:avoid}}
.plots{{grid-template-columns:1fr 1fr;gap:1.2rem 1.5rem}}summary{{display:none}}
*{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}}}
"""


def text(value: object) -> str:
    """A value as text of the page or of an attribute, never as markup."""
    return escape(printable(str(value)))


def said(value: Cell) -> str:
    """A number as a person reads it: thousands apart, four places below one, a dash for none."""
    if isinstance(value, str | bool):
        return str(value)
    if not math.isfinite(value):
        return "–"
    if isinstance(value, int) or (abs(value) >= 1000 and float(value).is_integer()):
        return f"{int(value):,}"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.4f}" if size >= 0.001 or not size else f"{value:.2g}"


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """First column names its row."""
    head = "".join(f'<th scope="col"{_kind(at)}>{text(column)}</th>' for at, column in enumerate(columns))
    body = "".join(
        f'<tr><th scope="row">{text(said(row[0]))}</th>'
        + "".join(f'<td class="n">{text(said(cell))}</td>' for cell in row[1:])
        + "</tr>\n"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'


def _kind(at: int) -> str:
    return ' class="n"' if at else ""


def section(plot: Plot | Absent) -> str:
    """One plot with its caption and its numbers, or why there is none."""
    head = f'<section id="{text(plot.name)}"><h2>{text(plot.title)}</h2>'
    if isinstance(plot, Absent):
        return f'{head}<p class="quiet">Not drawn: {text(plot.why)}</p></section>'
    numbers = f"<details><summary>The numbers</summary>{table(plot.columns, plot.rows)}</details>"
    return f"{head}<figure><figcaption>{text(plot.caption)}</figcaption>{plot.svg}</figure>{numbers}</section>"


def facts(pairs: Mapping[str, str]) -> str:
    """A list of terms and what they are."""
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>\n" for name, value in pairs.items()) + "</dl>"
