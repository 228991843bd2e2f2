"""Who is who, for the offline verbs: links and rulings go into the registry, and what it knows goes beside the lake's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from people.evidence import Link
from people.numbering import Ticket
from people.secret import References
from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk
    from people.tombstones import Tombstone

_BATCH = 5000


@dataclass
class LinksTaken:
    """What became of a table of links. `refused`: (row from 1, why), without anything personal."""

    accepted: int = 0
    known: int = 0
    waiting: int = 0
    """Links in the queue now, those of earlier tables included."""
    refused: list[tuple[int, str]] = field(default_factory=list)


def take_links(settings: Settings, rows: Iterable[Mapping[str, str]], actor: str, now: datetime) -> LinksTaken:
    """Take a table of links: `identity`, `other`, `evidence`, `seen_at` (RFC 3339 with offset), and `source` if not a file's.

    Raises LedgerError, SecretFault; a bad row is told and the others go in. The lake follows at the next `daypart features`.
    """
    from people.directory import n_waiting
    from people.registry import take
    from people.telling import told
    from people.tombstones import every
    from river.steps import open_desk

    references, taken, links = References(settings.identity_secret), LinksTaken(), list[Link]()
    tickets: dict[str, Ticket] = {}
    with open_desk(settings) as desk:
        with desk.journal.read() as connection:
            stones = every(connection)

        def send() -> None:
            with desk.journal.write() as connection:
                fresh = take(connection, links, actor, _micros(now), tickets)
            taken.accepted, taken.known = taken.accepted + fresh, taken.known + len(links) - fresh
            links.clear()

        for number, row in enumerate(rows, 1):
            try:
                seen_at = datetime.fromisoformat(row.get("seen_at") or "")
                identity, other, evidence = (row.get(name) or "" for name in ("identity", "other", "evidence"))
                one, found = told(references, identity, other, row.get("source") or "file", evidence, seen_at)
                _check_living(stones, references, one)
            except ValueError as error:
                taken.refused.append((number, _why(error)))
                continue
            links.append(one)
            tickets |= found
            if len(links) >= _BATCH:
                send()
        send()
        with desk.journal.read() as connection:
            taken.waiting = n_waiting(connection)
    return taken


def rule_link(settings: Settings, number: int, ruling: str, actor: str, why: str, now: datetime) -> None:
    """An operator's word on a link: accepted, rejected, or nothing again. Raises ValueError, LedgerError."""
    from people.registry import rule
    from river.steps import open_desk

    with open_desk(settings) as desk, desk.journal.write() as connection:
        rule(connection, number, ruling, actor, why, _micros(now))


def waiting(settings: Settings, limit: int = 100, after: int = 0) -> list[dict[str, Any]]:
    """Links that contradict what stands, with the reason. Raises LedgerError."""
    from people.directory import queue
    from river.steps import open_desk

    with open_desk(settings) as desk, desk.journal.read() as connection:
        return [row._asdict() for row in queue(connection, limit, after)]


def name_of(settings: Settings, told: str) -> str:
    """The name of the person of an identity, a reference or an id. Raises IdentityFault, SecretFault, LedgerError."""
    from people.directory import person_named
    from river.steps import open_desk

    reference = References(settings.identity_secret).of(told)
    with open_desk(settings) as desk, desk.journal.read() as connection:
        return person_named(connection, reference)


def settle_persons(settings: Settings, desk: Desk) -> None:
    """Write who is who beside the lake's events, as the registry knows it. Raises LedgerError, DataError."""
    from people.directory import claimed, resolved
    from training.parts import locked
    from training.persons import write_persons

    with desk.journal.read() as connection:
        people, tickets = resolved(connection), claimed(connection)
    with locked(settings.lake):
        write_persons(settings.lake, people, tickets)


def forget_aliases(settings: Settings) -> int:
    """Take features out that stand under an id which is somebody's and not their name; how many ids there are."""
    from embedded import lease_online_store
    from training.feast_store import open_store, remove
    from training.persons import aliases
    from training.snapshots import VIEWS, without

    gone = aliases(settings.lake)
    if gone:
        for view in (view for view, key in VIEWS.items() if key == "user_id"):
            without(settings.features / f"{view}.parquet", "user_id", gone)
        with lease_online_store(settings) as online:
            remove(open_store(settings, online), online, "user_id", gone)
    return len(gone)


def _check_living(stones: Mapping[str, Tombstone], references: References, one: Link) -> None:
    """Raises ValueError when a link tells of an id that is nobody's."""
    from people.tombstones import verdict

    if stones and any(verdict(stones.get(references.mark(end)), one.seen_us) != "theirs" for end in one[:2]):
        raise ValueError("erased: one of them asked to be forgotten")


def _why(error: ValueError) -> str:
    # What Python says of a time it can't read repeats the cell.
    return "seen_at: write RFC 3339 with an offset" if "isoformat" in str(error) else str(error)


def _micros(moment: datetime) -> int:
    from people.telling import micros

    return micros(moment)
