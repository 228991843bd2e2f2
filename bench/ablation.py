"""`python -m bench.ablation FOLDER [GROUP …]`: what each kind of term adds, by leaving it out.

Scored on held-out shopping that is nobody's target: Complete Journey cut at the first of November, asked about the household's
first day after it; and where the variable TAFENG names a folder with its files, Ta-Feng's users asked about the last basket
that is known of each (`bench.tafeng`), the targets not read at all. Prints one line a group, model without it minus model with
all, paired over users, at 95%. The tables in docs/ranking.md come from here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from bench.journey_cut import write_cut
from bench.tafeng import read
from models.term_names import NEW_TERMS
from training.baskets import read_events_file, read_targets_file
from training.contest import MODEL, Contest, contest
from training.fitted import fitted
from training.intervals import interval, resampled_means
from training.recipe import Recipe
from training.sales import coded, sales

DAY = date(2017, 11, 1)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "habit": ("habit", "lately", "count"),
    "gaps": ("recency", "ready", "days"),
    "neighbours": ("next", "alike"),
    "rebuying": ("rebuy", "repeat"),
    "sales of late": ("month", "week", "taken", "final"),
    "the user": ("visits", "basket"),
    "company": ("company",),
    "here": ("here",),
}
"""Name to terms; what is in none of them is popularity and `cold`, which only a product without sales needs."""
MORE = {
    "als": ("als",), "together": ("together",), "latest": ("latest",), "taken_last": ("taken_last",), "faithful": ("faithful",),
    "more of the user": ("away", "kinds", "last_basket"),
}  # fmt: skip
"""Terms that the arithmetic knows and the recipe leaves out, as they added nothing."""


def recipes() -> dict[str, Recipe]:
    """Name to recipe; the first has all terms. No search, so that nothing but the terms differs."""
    whole = replace(Recipe(), trials=1)
    made = {"all terms": whole}
    for name, gone in GROUPS.items():
        made[f"without {name} ({', '.join(gone)})"] = replace(
            whole,
            usual_terms=tuple(term for term in whole.usual_terms if term not in gone),
            new_terms=tuple(term for term in whole.new_terms if term not in gone),
        )
    for name, more in MORE.items():
        new = tuple(term for term in more if term in NEW_TERMS)
        made[f"with {name}"] = replace(
            whole, usual_terms=(*whole.usual_terms, *more), new_terms=(*whole.new_terms, *new)
        )
    return made


def main(argv: list[str]) -> int:
    """Write the files into the folder, fit every recipe on them, print a table for each data set."""
    folder = Path(argv[0])
    files = {f"Complete Journey, cut at {DAY}": write_cut(folder / "journey", DAY)}
    if given := os.environ.get("TAFENG"):
        files["Ta-Feng, the last basket known"] = write_last_known(Path(given).expanduser(), folder / "tafeng")
    for title, (events, targets) in files.items():
        lines, wanted = coded(sales(read_events_file(events)[0].lazy())), read_targets_file(targets)[0]
        sys.stdout.write(f"{title}, {wanted['user_id'].n_unique():,} users\n")
        whole: Contest | None = None
        for name, recipe in recipes().items():
            if argv[1:] and name != "all terms" and not any(word in name for word in argv[1:]):
                continue
            held = _held(lines, wanted, recipe)
            whole = whole or held
            sys.stdout.write(f"| {name} | {_told(held, whole)} |\n")
            sys.stdout.flush()
    return 0


def write_last_known(data: Path, folder: Path) -> tuple[Path, Path]:
    """(events, targets) of Ta-Feng's users with two known baskets or more: the last known one is the target."""
    known = read(data)[0]
    last = known.filter(pl.col.occurred_at == pl.col.occurred_at.max().over("user_id"))
    before = known.join(last, on=["user_id", "occurred_at"], how="anti")
    folder.mkdir(parents=True, exist_ok=True)
    events, targets = folder / "events.parquet", folder / "targets.parquet"
    before.write_parquet(events)
    last.join(before, on="user_id", how="semi").select("user_id", "product_id").write_parquet(targets)
    return events, targets


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
