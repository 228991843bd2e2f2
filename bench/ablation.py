"""`python -m bench.ablation FOLDER [GROUP …]`: what each kind of term adds, by leaving it out.

Scored on held-out shopping that no figure of ours is quoted on: Complete Journey cut at the first of November, asked about the
household's first day after it. Prints one line a group, model without it minus model with all, paired over users, at 95%. The
table in docs/ranking.md comes from here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from bench.journey_cut import write_cut
from training.baskets import read_events_file, read_targets_file
from training.contest import MODEL, Contest, contest
from training.fitted import fitted
from training.intervals import interval, resampled_means
from training.recipe import Recipe
from training.sales import coded, sales

DAY = date(2017, 11, 1)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "habit (habit, lately, latest, count)": ("habit", "lately", "latest", "count"),
    "gaps (recency, ready, days)": ("recency", "ready", "days"),
    "neighbours (together, next, alike)": ("together", "next", "alike"),
    "how it is bought again (rebuy, repeat)": ("rebuy", "repeat"),
    "sales of late (month, week, taken, taken_last, final)": ("month", "week", "taken", "taken_last", "final"),
    "the user (visits, basket, kinds, away)": ("visits", "basket", "kinds", "away"),
    "company": ("company",),
    "here": ("here",),
}


def recipes() -> dict[str, Recipe]:
    """Name to recipe; the first has all terms. No search, so that nothing but the terms differs."""
    whole = replace(Recipe(), trials=1)
    made = {"all terms": whole}
    for name, gone in GROUPS.items():
        made[f"without {name}"] = replace(
            whole,
            usual_terms=tuple(term for term in whole.usual_terms if term not in gone),
            new_terms=tuple(term for term in whole.new_terms if term not in gone),
        )
    made["with als"] = replace(whole, new_terms=(*whole.new_terms, "als"), usual_terms=(*whole.usual_terms, "als"))
    made["with here among the usual"] = replace(whole, usual_terms=(*whole.usual_terms, "here"))
    return made


def main(argv: list[str]) -> int:
    """Write the cut into the folder, fit every recipe on it, print the table."""
    events, targets = write_cut(Path(argv[0]), DAY)
    lines, wanted = coded(sales(read_events_file(events)[0].lazy())), read_targets_file(targets)[0]
    whole: Contest | None = None
    for name, recipe in recipes().items():
        if argv[1:] and name != "all terms" and not any(word in name for word in argv[1:]):
            continue
        held = _held(lines, wanted, recipe)
        whole = whole or held
        sys.stdout.write(f"| {name} | {_told(held, whole)} |\n")
        sys.stdout.flush()
    return 0


def _held(lines: pl.DataFrame, wanted: pl.DataFrame, recipe: Recipe) -> Contest:
    model = fitted(lines, recipe, lambda what, done, total: None)
    users = wanted["user_id"].unique().sort().to_list()
    return contest(model.ranker, model.known, model.cases(users), wanted, 10, lambda what, done, total: None)


def _told(held: Contest, whole: Contest) -> str:
    """recall, NDCG and hit rate at 10, each with its paired difference to all terms."""
    mine, all_terms = held.values(MODEL, 10), whole.values(MODEL, 10)
    ahead = mine - all_terms
    low, high = interval(resampled_means(ahead), len(ahead), within=(-1.0, 1.0))
    cells = []
    for column in (0, 1, 3):
        cell = f"{mine[:, column].mean():.4f}"
        if held is not whole:
            cell += f" ({ahead[:, column].mean():+.4f}, {low[column]:+.4f} to {high[column]:+.4f})"
        cells.append(cell)
    return " | ".join(cells)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
