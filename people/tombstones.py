"""Tombstones: what outlives an erasure, so that nothing late brings the person back. A keyed hash and moments, nothing else.

| of an erased id comes | it is |
|---|---|
| what happened at or before the erasure | refused: it was here and went, or would have gone |
| what happened later | nobody's: a sale stays a sale, without the id |
| what happened since they said yes to something anew | theirs: they are a new person under an old id |

An id that was never erased has no tombstone: who comes back with a new account starts new at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple

import sqlalchemy as sa

from people.batches import batches
from people.secret import References
from people.tables import TOMBSTONES

Verdict = Literal["theirs", "stale", "nobody"]
_ASKED = 5000


class Tombstone(NamedTuple):
    """Microseconds from 1970: of the erasure, and since when the id is somebody's again (None: it is not)."""

    erased_us: int
    returned_us: int | None


def verdict(stone: Tombstone | None, at_us: int) -> Verdict:
    """What an act at `at_us` is under an id with this tombstone."""
    if stone is None:
        return "theirs"
    if at_us <= stone.erased_us:
        return "stale"
    return "theirs" if stone.returned_us is not None and at_us >= stone.returned_us else "nobody"


def every(connection: sa.Connection) -> dict[str, Tombstone]:
    """All of them by mark, for those who judge many ids offline."""
    rows = connection.execute(sa.select(TOMBSTONES).order_by(TOMBSTONES.c.mark))
    return {row.mark: Tombstone(row.erased_us, row.returned_us) for row in rows}


def there_are(connection: sa.Connection) -> bool:
    """Whether anybody was ever erased."""
    return connection.execute(sa.select(TOMBSTONES.c.mark).limit(1)).first() is not None


def stones_of(connection: sa.Connection, references: References, ids: Iterable[str]) -> Mapping[str, Tombstone]:
    """The tombstones of those ids that have one, by id. Raises SecretFault."""
    if not there_are(connection):
        return {}
    marks = {references.mark(one): one for one in ids}
    found: dict[str, Tombstone] = {}
    for part in batches(sorted(marks), _ASKED):
        for row in connection.execute(sa.select(TOMBSTONES).where(TOMBSTONES.c.mark.in_(part))):
            found[marks[row.mark]] = Tombstone(row.erased_us, row.returned_us)
    return found


def are_living(stones: Mapping[str, Tombstone | None], at_us: int) -> bool:
    """Whether each of these ids, with its tombstone if it has one, is somebody's at `at_us`."""
    return all(verdict(stone, at_us) == "theirs" for stone in stones.values())


def bury(connection: sa.Connection, marks: Collection[str], now_us: int) -> None:
    """Set the tombstones; one that stands is made the newest, and nobody has returned since."""
    for part in batches(sorted(marks), _ASKED):
        connection.execute(sa.delete(TOMBSTONES).where(TOMBSTONES.c.mark.in_(part)))
        connection.execute(sa.insert(TOMBSTONES), [{"mark": mark, "erased_us": now_us} for mark in part])


def welcome(connection: sa.Connection, marks: Collection[str], now_us: int) -> None:
    """Let what happens from now on be theirs again."""
    for part in batches(sorted(marks), _ASKED):
        back = TOMBSTONES.c.mark.in_(part) & TOMBSTONES.c.returned_us.is_(None)
        connection.execute(sa.update(TOMBSTONES).where(back).values(returned_us=now_us))
