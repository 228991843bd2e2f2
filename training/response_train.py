"""`daypart train`, the third candidate: what a discount does, fitted on the answers to earlier offers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from models.artifact import ArtifactError
from models.response_model import Response, in_use
from models.timing import daypart_of_hour
from training.answers import known_answers, read_answers
from training.export import export_response
from training.recipe import DAYPARTS
from training.response_judged import in_cells, judged
from training.response_mixture import fit_response

LEAST_ANSWERS = 200
"""Fewer would only repeat the belief that the fit begins with (`training.response_mixture.PRIOR_USERS`)."""
MOST_ANSWERS = 200_000
"""The newest so many teach how common each way of answering is; more would take minutes and change nothing."""


def train_response(shelf: Path, lake: Path, lines: pl.DataFrame, end: datetime) -> tuple[str | None, tuple[str, ...]]:
    """Fit on the answers known before `end` (aware), and write a candidate; nothing is promoted.

    Its version, None when too few have answered; and what is to be told, a sentence each. lines: `training.sales`, all before
    `end`. A damaged one in use is told and not compared. Raises DataError when the lake's answers are damaged.
    """
    known = known_answers(read_answers(lake), lines, end)
    if len(known) < LEAST_ANSWERS:
        said = f"{len(known)} answered offers, {LEAST_ANSWERS} are needed"
        return None, (f"what a discount does was not learned: {said}; plans go by what is in use or believed",)
    notes: list[str] = []
    if len(known) > MOST_ANSWERS:
        notes.append(f"the newest {MOST_ANSWERS:,} of {len(known):,} answers are learned from")
        known = known.tail(MOST_ANSWERS)
    parts = daypart_of_hour(DAYPARTS)
    try:
        serving = in_use(shelf)
    except ArtifactError as error:
        serving = None
        notes.append(f"what is in use is damaged and isn't compared ({error})")
    inner = judged(known, parts, serving)
    if not inner:
        notes.append("all answers were given at one moment, so none could be held out")
    answers, n_users = in_cells(known, parts)
    metrics = {"n_answers": len(known), "n_users": n_users, "inner": inner}
    artifact = export_response(shelf, Response(fit_response(answers, n_users), parts), metrics, end)
    return artifact.version, tuple(f"what a discount does: {note}" for note in notes)
