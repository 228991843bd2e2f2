"""Who is who from all the evidence at once: a table of links in, a table of persons out, by the arithmetic of
`people.resolution`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from people.components import Ints
from people.evidence import CODES, ON_ARRIVAL, RULINGS, VERDICTS
from people.identity import KINDS
from people.resolution import Evidence, resolve

LINKS = pl.Schema(
    {
        "left": pl.String,
        "right": pl.String,
        "source": pl.String,
        "evidence": pl.String,
        "seen_us": pl.Int64,
        "taken_us": pl.Int64,
        "ruling": pl.String,
    }
)
# `people.evidence.since_us`, of whole columns.
_SINCE = (
    pl.when(pl.col("source").is_in(ON_ARRIVAL))
    .then("taken_us")
    .otherwise(pl.min_horizontal("seen_us", "taken_us"))
    .alias("since_us")
)
_KIND = rf"^({'|'.join(KINDS)})-[0-9a-f]{{32}}$"


@dataclass(frozen=True)
class Whole:
    """people: user_id, person of everybody named in the links. verdicts: of each link, in the order given."""

    people: pl.DataFrame
    verdicts: pl.Series


def who_is_who(links: pl.DataFrame) -> Whole:
    """The same persons and verdicts as the registry's, link by link. links: the columns of LINKS, ends as references."""
    names, ends = _numbered(links)
    seen = links["seen_us"].to_numpy()
    first = np.full(len(names), np.iinfo(np.int64).max)
    for end in ends:
        np.minimum.at(first, end, seen)
    kinds = names.str.extract(_KIND).fill_null(CODES[0]).cast(pl.Enum(CODES)).to_physical()
    found = resolve(
        Evidence(
            kind=kinds.to_numpy().astype(np.uint8),
            first_us=first,
            left=ends[0],
            right=ends[1],
            since_us=links.select(_SINCE)["since_us"].to_numpy(),
            tie=_ties(links, *ends),
            ruling=links["ruling"].cast(pl.Enum(RULINGS)).to_physical().to_numpy().astype(np.uint8),
        )
    )
    people = pl.DataFrame({"user_id": names, "person": names.gather(found.person)})
    return Whole(
        people,
        pl.Series(found.verdict).cast(pl.UInt32).replace_strict(dict(enumerate(VERDICTS)), return_dtype=pl.String),
    )


def _numbered(links: pl.DataFrame) -> tuple[pl.Series, tuple[Ints, Ints]]:
    """(every name once, in order; int64[L], twice: where each end stands among them).

    By hash, as sorting numbers is far cheaper than sorting texts; that no two names share one is looked at, not hoped for.
    """
    both = pl.concat([links["left"], links["right"].alias("left")])
    _, first, place = np.unique(both.hash().to_numpy(), return_index=True, return_inverse=True)
    names = both.gather(first)
    if (names.gather(place) == both).all():
        names = names.sort()
        # The n-th smallest hash is that of the name which stands at the n-th place of this.
        place = np.argsort(names.hash().to_numpy())[place]
    else:
        names = both.unique().sort()
        place = both.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    return names, (place[: len(links)], place[len(links) :])


def _ties(links: pl.DataFrame, left: Ints, right: Ints) -> Ints:
    """int64[L]: the place of each link in the order of moment, source, evidence and ends, among those that don't count alone from
    theirs."""
    keys = links.select("seen_us", "source", "evidence", left=pl.Series(left), right=pl.Series(right))
    keys = keys.with_row_index("at")
    alike = links.select(_SINCE)["since_us"].is_duplicated()
    order = keys.filter(alike).sort("seen_us", "source", "evidence", "left", "right")["at"].to_numpy()
    ties = np.zeros(len(links), np.int64)
    ties[order] = np.arange(len(order))
    return ties
