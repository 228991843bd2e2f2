"""Tables of links, evidence of who is who: good rows into the registry, bad ones into a quarantine file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from people.evidence import Link
from people.numbering import Ticket
from people.secret import References
from people.telling import LinkFault, check_living, micros, told
from settings import Settings

if TYPE_CHECKING:
    from console import Report
    from people.tombstones import Tombstone

_BATCH = 5000
StoneOf = Callable[[str], "Tombstone | None"]


@dataclass
class LinksTaken:
    """What became of a table of links. `refused`: (row, column, reason of `training.faults`), nothing personal."""

    accepted: int = 0
    duplicates: int = 0
    """Links that the same evidence had told before."""
    waiting: int = 0
    """Links in the queue now, those of earlier tables included."""
    refused: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class LinksReport:
    """What became of a file: `rows` = `accepted` + `duplicates` + `quarantined`; the rest as `LinksTaken` and `IngestReport`."""

    file: Path
    rows: int
    accepted: int
    duplicates: int
    quarantined: int
    quarantine_file: Path | None
    faults: dict[tuple[str, str], int]
    warnings: tuple[str, ...]
    waiting: int


def link_file(settings: Settings, path: Path, actor: str, now: datetime, report: Report | None = None) -> LinksReport:
    """Take a file of links (.csv, .csv.gz, .parquet); bad rows go to a quarantine file. A rerun changes nothing.

    The service knows within a second; lake and features follow at the next `daypart features`. Raises DataError, LedgerError.
    """
    from training.links import quarantine, read_links
    from training.repeats import ROW

    read = read_links(path, now)
    rows = read.good.rename({ROW: "row"})
    taken = take_links(settings, rows.iter_rows(named=True), actor, now, report, len(rows))
    file, faults = quarantine(settings.lake, read, taken.refused)
    counts = faults.group_by("column", "reason").len().sort("column", "reason")
    return LinksReport(
        file=path,
        rows=read.source.n_rows,
        accepted=taken.accepted,
        duplicates=taken.duplicates,
        quarantined=faults["row"].n_unique(),
        quarantine_file=file,
        faults={(column, reason): n for column, reason, n in counts.iter_rows()},
        warnings=read.source.warnings,
        waiting=taken.waiting,
    )


def take_links(
    settings: Settings,
    rows: Iterable[Mapping[str, Any]],
    actor: str,
    now: datetime,
    report: Report | None = None,
    n_rows: int = 0,
) -> LinksTaken:
    """Take links: `identity`, `other`, `evidence`, `occurred_at` (aware); `row`, `source` if not its place and a file.

    A bad one is refused and the others go in. Raises LedgerError, SecretFault.
    """
    from offers.erasing import NO_CONSENT, withdraw_open
    from people.directory import n_waiting
    from people.registry import take
    from people.tombstones import every
    from river.steps import open_desk
    from river.withdrawing import unwilling_of

    references, taken, numbered = References(settings.identity_secret), LinksTaken(), enumerate(rows, 1)
    with open_desk(settings) as desk:
        with desk.journal.read() as connection:
            stone_of = _stones(references, every(connection))
        while part := list(islice(numbered, _BATCH)):
            links, tickets = _good(references, stone_of, part, taken)
            with desk.journal.write() as connection:
                fresh = take(connection, links, actor, micros(now), tickets)
            taken.accepted, taken.duplicates = taken.accepted + fresh, taken.duplicates + len(links) - fresh
            if report:
                report("links", part[-1][0], n_rows)
        # A no that was said under a card before the card was theirs.
        withdraw_open(desk.journal, unwilling_of(desk), NO_CONSENT, now)
        with desk.journal.read() as connection:
            taken.waiting = n_waiting(connection)
    return taken


def _good(
    references: References,
    stone_of: StoneOf,
    part: list[tuple[int, Mapping[str, Any]]],
    taken: LinksTaken,
) -> tuple[list[Link], dict[str, Ticket]]:
    """The links of some rows, and their tickets; the others are noted as refused."""
    links, tickets = list[Link](), dict[str, Ticket]()
    for place, row in part:
        try:
            one, found = _told(references, row)
            links.append(check_living(stone_of, one))
        except LinkFault as fault:
            taken.refused.append((row.get("row", place), fault.part, fault.code))
        else:
            tickets |= found
    return links, tickets


def _stones(references: References, stones: Mapping[str, Tombstone]) -> StoneOf:
    """stones: by mark."""
    return (lambda end: stones.get(references.mark(end))) if stones else (lambda end: None)


def _told(references: References, row: Mapping[str, Any]) -> tuple[Link, dict[str, Ticket]]:
    identity, other, evidence = (row[name] or "" for name in ("identity", "other", "evidence"))
    return told(references, identity, other, row.get("source") or "file", evidence, row["occurred_at"])
