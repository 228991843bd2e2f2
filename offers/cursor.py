"""Where a pull stands, and the text that says so.

A pull walks its window in passes. A pass goes by (send_at, number) over the offers that existed when it began and that nobody
has looked at, or whose wait (someone's lease, quiet time, a cap) was over when it began. Whatever a pull looks at gets a new
wait. Numbers are given under a lock held until commit and waits only grow, so no offer of a pass that is through can appear in it
late: a cursor never skips, and repeats nothing but what was handed out and not acknowledged within its lease.

Every pass begins two ticks after the one before it at least, and whatever happens in it a tick after its beginning at least, by
whichever machine's clock: so what happened before a pass is told from what happened in it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta

from offers.answers import CursorError
from offers.columns import micros

_MOST = 2**53
"""Above all numbers and microseconds: a forged cursor with more is none."""
_VALUES = 7
"""A window's two ends and the five of a place."""
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Place:
    """The pass covers numbers up to `high` (above `low` those of no earlier pass) and waits over at `until`, in microseconds; of
    these what comes after (`at`, `seq`). `at` is −1 between passes."""

    low: int = 0
    high: int = 0
    until: int = 0
    at: int = -1
    seq: int = 0

    @property
    def begun(self) -> bool:
        """Whether a pass is under way."""
        return self.at >= 0

    def begin(self, last: int, now: datetime) -> Place:
        """A new pass over all numbers up to `last`."""
        return replace(self, high=last, until=max(micros(now), self.until + 2), at=0, seq=0)

    def after(self, send_at: datetime, seq: int) -> Place:
        """Behind an offer."""
        return replace(self, at=micros(send_at), seq=seq)

    def end(self) -> Place:
        """The pass is through."""
        return replace(self, low=self.high, at=-1, seq=0)

    def clock(self, now: datetime) -> datetime:
        """The moment of what happens in the pass."""
        return max(now, moment_of(self.until + 1))


def moment_of(value: int) -> datetime:
    """Microseconds since 1970 as a moment in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def written(window: tuple[datetime, datetime], place: Place) -> str:
    """The cursor's text: the window it belongs to and the place."""
    values = [micros(window[0]), micros(window[1]), *astuple(place)]
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def read(cursor: str | None, window: tuple[datetime, datetime]) -> Place:
    """The place a cursor tells; the beginning without one. Raises CursorError."""
    if cursor is None:
        return Place()
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        values = None
    whole = isinstance(values, list) and len(values) == _VALUES and all(type(value) is int for value in values)
    if not whole or not all(-1 <= value < _MOST for value in values[2:]):
        raise CursorError("the cursor isn't one of ours; begin without one")
    first, last, *place = values
    if [first, last] != [micros(window[0]), micros(window[1])]:
        raise CursorError("the cursor belongs to another window; ask with the window it came from")
    return Place(*place)
