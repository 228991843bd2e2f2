"""The people of a lift: who stands on which side, since when, and the two sides' sums."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from offers.chance import is_held_out
from offers.lift import Lift, lift_of
from offers.moments import Moments
from offers.power import Showable, smallest_effect
from offers.sequential import tuning
from river.proof_rows import PEOPLE

if TYPE_CHECKING:
    from offers.assigned import Assigned
    from people.consent import Permission


def sides(decided: Iterable[Assigned]) -> pl.DataFrame:
    """PEOPLE, a row a user."""
    return pl.DataFrame(list(decided), schema=PEOPLE, orient="row")


def one_a_person(rows: pl.DataFrame) -> pl.DataFrame:
    """PEOPLE, a row a person, of PEOPLE and `person`, a row an id: the decision on the person's name counts, else their first.

    The name is the oldest account, chosen without a look at any draw, so the sides stay comparable. Taking whoever was held out
    under any id as held out would fill the holdout with people of many ids, who buy more.
    """
    own = (pl.col.user_id != pl.col.person).alias("other")
    chosen = rows.sort("person", own, "start", "user_id").group_by("person", maintain_order=True)
    found = chosen.agg(pl.col("held", "start").first(), pl.col.untouched.min())
    return found.rename({"person": "user_id"}).select(PEOPLE.names())


def allowed_by(rows: pl.DataFrame, may: Permission) -> pl.DataFrame:
    """Rows of those who let themselves be measured by. rows: with `person`."""
    said = [person for person, yes in may.words.items() if yes is not may.otherwise]
    others = pl.col.person.is_in(pl.Series(said, dtype=pl.String).implode())
    return rows.filter(~others if may.otherwise else others)


def would_be_decided(user_ids: pl.Series, share: float, at: datetime) -> pl.DataFrame:
    """PEOPLE of a campaign that begins at `at`: everybody known, on the side where the hash will put them."""
    known = user_ids.drop_nulls().unique().sort()
    held = [is_held_out(user, share) for user in known.to_list()]
    return pl.DataFrame({"user_id": known, "held": held, "start": at, "untouched": at}, schema=PEOPLE)


def showable(rows: pl.DataFrame, share: float) -> Showable | None:
    """The smallest effect these people could show if `share` of them are held out; rows: `river.proof_rows.windows`."""
    return smallest_effect(Moments.of(rows["before"].to_numpy(), rows["earlier"].to_numpy()), share)


def lift_in(rows: pl.DataFrame, outcome: str) -> Lift:
    """The lift of a column, what each person brought before taken out of it; with the interval for every look where enough
    is known of the days before to tune it."""
    parts = [rows.filter(side) for side in (~pl.col.held, pl.col.held)]
    treated, holdout = (Moments.of(part[outcome].to_numpy(), part["before"].to_numpy()) for part in parts)
    expected = showable(rows, holdout.n / len(rows)) if len(rows) else None
    tuned = tuning(expected.error_cents, len(rows)) if expected and expected.error_cents > 0 else None
    return lift_of(treated, holdout, tuned)
