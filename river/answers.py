"""What was learned from offers comes up the river: the ledger's answered offers, written into the lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk

_BATCH = 20_000


def absorb_answers(settings: Settings, desk: Desk, now: datetime) -> tuple[int, Mapping[str, int]]:
    """Derive the lake's `answers.parquet` anew from the ledger as of `now`: how many offers were answered, and of the others
    sent how many were not, by reason (`offers.answered_offers.LEFT_OUT`).

    Who doesn't let themselves be measured by is left out.

    Derived whole each time, so what came late, was given back or was erased since is in it, and a run that broke off left the
    table as it was. Raises LedgerError, DataError.
    """
    import polars as pl

    from offers.answered_offers import answered_offers
    from people.consent import permission
    from people.directory import resolved
    from training.answers import SCHEMA, write_answers

    left_out = Counter[str]()

    def frames() -> Iterator[pl.DataFrame]:
        with desk.journal.read() as connection:
            may = permission(connection, resolved(connection), "measurement", settings.consent_default)
            found = (one for one in answered_offers(connection, now, left_out) if may.of(one.user_id))
            while rows := list(islice(found, _BATCH)):
                yield pl.DataFrame(rows, schema=SCHEMA, orient="row")

    return write_answers(settings.lake, frames()), dict(sorted(left_out.items()))
