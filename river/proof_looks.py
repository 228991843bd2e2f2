"""A look at a campaign told, or the one before it told again: the people of a lift laid beside those of earlier looks."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from offers.lift_looks import Group, group, looks_file, one_at_a_time, remember, told_again
from offers.lift_report import LiftReport
from offers.lift_told import told
from people.secret import read_secret
from settings import Settings
from training.persons import named


def held_still(settings: Settings, people: dict[str, pl.DataFrame], made: LiftReport, n_redeemers: int) -> LiftReport:
    """`made` as it is told, or what was told of nearly the same people. people: a row a person by `user_id`, with all that the
    report reads of them; a frame with `held` is two groups. Raises PlanError, SecretFault."""
    groups = groups_of(people, looks_secret(settings))
    path = looks_file(settings.home, made.campaign_id)
    with one_at_a_time(path):
        before = told_again(settings.home, made.campaign_id, groups)
        if before is not None:
            return replace(before, held_still=True)
        found = told(made, n_redeemers)
        remember(path, groups, found)
    return found


def looks_secret(settings: Settings) -> bytes:
    """What the hashes of looks are keyed with: the home's secret, for this alone. Raises SecretFault."""
    return hmac.digest(read_secret(settings.identity_secret), b"looks", "sha256")


def groups_of(people: dict[str, pl.DataFrame], secret: bytes) -> dict[str, Group]:
    """The groups by name, those of a frame with `held` by side."""
    found: dict[str, Group] = {}
    for name, rows in people.items():
        sides = {"": rows}
        if "held" in rows.columns:
            sides = {" treated": rows.filter(~pl.col.held), " held out": rows.filter(pl.col.held)}
        found |= {f"{name}{side}": group(_said(part), secret) for side, part in sides.items()}
    return found


def redeemers(lake: Path, moves: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """user_id and moves, a row a person, of (user_id, what they redeemed), a row an id."""
    rows = named(lake, pl.DataFrame(list(moves), schema={"user_id": pl.String, "moves": pl.String}, orient="row"))
    joined = rows.sort("person", "user_id").group_by("person", maintain_order=True).agg(pl.col.moves.str.join(" "))
    return joined.rename({"person": "user_id"})


def _said(rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Cents and units whole: sums that threads add up in another order are the same."""
    whole = rows.with_columns(pl.col(pl.Float64).round().cast(pl.Int64))
    for user, *rest in whole.select("user_id", pl.exclude("user_id")).iter_rows():
        yield user, "|".join(map(str, rest))
