"""Whose an event is: two small tables in the lake, written from the registry of people, through which every event is read.

Events keep the reference under which they came, so a merge moves a whole history at the next read, a split moves it back, and
no line is ever lost or read twice. `people.parquet` says person by user_id; `tickets.parquet` whose an anonymous ticket is,
by store and order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from people.identity import IdentityFault, is_identity
from people.plain import SUSPECT_ID, SUSPECT_PERSON, is_plain, is_plain_person
from people.secret import References
from training.cells import Cells, read_id
from training.faults import found
from training.parts import check_whole, parts, write_whole

PEOPLE, TICKETS = "people.parquet", "tickets.parquet"
# An identity, or what may be personal data in the clear.
_ASKED = rf"^[A-Za-z]+:|{SUSPECT_PERSON}"


def write_persons(lake: Path, resolved: Mapping[str, str], tickets: Iterable[tuple[str, str, str]]) -> None:
    """Say who is who from now on. resolved: person by user_id, of those who bear another name. tickets: store, order, person."""
    people = pl.DataFrame(
        {"user_id": list(resolved), "person": list(resolved.values())}, {"user_id": pl.String, "person": pl.String}
    )
    columns = ("store_id", "order_id", "person")
    claimed = pl.DataFrame(list(tickets), dict.fromkeys(columns, pl.String), orient="row")
    # One line a ticket: a second would double what was bought.
    claimed = claimed.unique(["store_id", "order_id"], keep="first", maintain_order=True)
    write_whole(lake / PEOPLE, people)
    write_whole(lake / TICKETS, claimed)


def by_person(lake: Path, events: pl.LazyFrame) -> pl.LazyFrame:
    """The same events, each under its person's name: an alias's, and of a claimed ticket the lines that nobody else was named on.

    DataError when a table is damaged.
    """
    if _holds(lake / PEOPLE):
        events = events.join(pl.scan_parquet(lake / PEOPLE, glob=False), on="user_id", how="left")
        events = events.with_columns(pl.coalesce("person", "user_id").alias("user_id")).drop("person")
    if _holds(lake / TICKETS):
        tickets = pl.scan_parquet(lake / TICKETS, glob=False)
        events = events.join(tickets, on=["store_id", "order_id"], how="left")
        events = events.with_columns(pl.coalesce("user_id", "person").alias("user_id")).drop("person")
    return events


def n_ticket_lines(lake: Path, store_id: str, order_id: str) -> int:
    """How many lines of a ticket that name nobody lie in the lake. DataError when a part is missing or damaged."""
    files = [path for _, path in parts(lake)]
    if not files:
        return 0
    mine = pl.col.user_id.is_null() & (pl.col.store_id == store_id) & (pl.col.order_id == order_id)
    lines = pl.scan_parquet(files, hive_partitioning=False, glob=False, extra_columns="ignore")
    return int(lines.filter(mine).select(pl.len()).collect().item())


def named(lake: Path, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `person` beside each `user_id`: whose it is by the table that the events are read through."""
    if not _holds(lake / PEOPLE):
        return frame.with_columns(person=pl.col.user_id)
    people = pl.read_parquet(lake / PEOPLE, glob=False)
    joined = frame.join(people, on="user_id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("person", "user_id").alias("person"))


def aliases(lake: Path) -> list[str]:
    """Ids that are somebody's and not their name, in order: no feature may stand under them."""
    return pl.read_parquet(lake / PEOPLE, glob=False)["user_id"].sort().to_list() if _holds(lake / PEOPLE) else []


def read_person(rows: pl.Series, raw: pl.Series, references: References) -> Cells:
    """User ids, identities among them as references. What cannot be an identity is a fault; its text goes no further."""
    cells = read_id(rows, raw)
    asked = cells.values.filter(cells.values.str.contains(_ASKED).fill_null(False)).unique()
    made = {text: _reference(text, references) for text in asked if is_identity(text) or is_plain_person(text)}
    if not made:
        return cells
    bad = [text for text, reference in made.items() if reference is None]
    faulty = cells.values.is_in(bad).fill_null(False)
    values = cells.values.replace_strict(list(made), list(made.values()), default=cells.values, return_dtype=pl.String)
    faults = found(rows.filter(faulty), raw.name, "bad_identity", cells.values.filter(faulty))
    return Cells(values.rename(raw.name), pl.concat([cells.faults, faults]))


def impersonal(rows: pl.Series, raw: pl.Series) -> Cells:
    """Ids of anything else; personal data in the clear is a fault, and its text goes no further."""
    cells = read_id(rows, raw)
    asked = cells.values.filter(cells.values.str.contains(SUSPECT_ID).fill_null(False)).unique()
    plain = cells.values.is_in([text for text in asked if is_plain(text)]).fill_null(False)
    if not plain.any():
        return cells
    values = cells.values.set(plain, None)
    return Cells(values, pl.concat([cells.faults, found(rows.filter(plain), raw.name, "personal_data")]))


def _reference(text: str, references: References) -> str | None:
    try:
        return references.of(text)
    except IdentityFault:
        return None


def _holds(path: Path) -> bool:
    if not path.exists():
        return False
    check_whole(path)
    return True
