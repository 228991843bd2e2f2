"""The HTML report of a training run: one file that opens from disk with no network, on a phone, on paper, in the dark.

No script, no font and no picture from elsewhere; the same data gives the same bytes, so two runs can be compared by their
reports. It tells of rankings, groups and products' terms, never of a user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.report_board import comparison, difference, rankings, smallest_k, value_of
from training.report_chances import calibration_curve, novelty_dial
from training.report_html import STYLE, Absent, Plot, facts, section, text
from training.report_run import stage_seconds, strongest_weights
from training.report_spread import by_activity, coverage, popularity_bias, repeat_explore


@dataclass(frozen=True)
class ReportData:
    """Everything the page shows; plain values, none of them about one person. Whatever is empty is left out, and said so."""

    title: str
    version: str
    trained_through: str
    board: Mapping[str, Any]
    """The validation scoreboard (`training.scoreboard`); empty when nothing could be compared."""
    calibration: Sequence[Mapping[str, float]]
    """Bins of `training.calibration`, least probable first."""
    novelty: Sequence[Mapping[str, float]]
    """Settings of the dial: novelty (0 to 1), repeat_recall, explore_recall, recall."""
    weights: Mapping[str, Mapping[str, float]]
    """Half of the blend (usual, new) to term to linear weight per standard deviation."""
    seconds: Mapping[str, float]
    """Stage to seconds, in the order they ran."""
    notes: Sequence[str]
    """What the run fell back on, one sentence each."""
    facts: Mapping[str, str]
    """What else the record holds: counts, seeds, versions of libraries, hyperparameters."""


def render(data: ReportData) -> str:
    """The page, a whole HTML document."""
    plots = "\n".join(section(plot) for plot in _plots(data))
    notes = "".join(f"<li>{text(note)}</li>\n" for note in data.notes)
    fallback = f'<section class="notes"><h2>What the run fell back on</h2><ul>\n{notes}</ul></section>' if notes else ""
    record = f'<section id="facts"><h2>The record</h2>{facts(data.facts)}</section>' if data.facts else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(data.title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{text(data.title)}</h1>
<p class="quiet">Version {text(data.version)}, trained on events before {text(data.trained_through)}.</p>
<p class="lead">{text(_verdict(data.board))}</p>
</header>
<main>
{fallback}
<section class="plots">
{plots}
</section>
{record}
</main>
</body>
</html>
"""


def write_report(data: ReportData, path: Path) -> Path:
    """Write the page to `path`, whole or not at all; returns `path`. TrainingError when it cannot be written."""
    beside = path.with_name(f".{path.name}.tmp")
    page = render(data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(page, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise TrainingError(
            f"{path}: the report cannot be written ({error.strerror}); free the place or choose another, and train again"
        ) from None
    return path


def _plots(data: ReportData) -> list[Plot | Absent]:
    return [
        comparison(data.board),
        difference(data.board),
        repeat_explore(data.board),
        by_activity(data.board),
        novelty_dial(data.novelty),
        calibration_curve(data.calibration),
        coverage(data.board),
        popularity_bias(data.board),
        strongest_weights(data.weights),
        stage_seconds(data.seconds),
    ]


def _verdict(board: Mapping[str, Any]) -> str:
    """The page in a sentence or two."""
    k = smallest_k(board)
    if k is None:
        return "Nobody came twice, so the model could not be compared with counting."
    found = {name: value_of(part, "k", k, "recall") for name, part in rankings(board).items()}
    mine = found.pop("model")
    users = f"{board['n_users']:,} users" if "n_users" in board else "its users"
    first = f"Asked for {k} products for each of {users}, the model names {mine:.1%} of what they took next."
    if not found:
        return first
    best = max(found, key=lambda name: found[name])
    return f"{first} The best of the counting baselines, {best}, names {found[best]:.1%}."
