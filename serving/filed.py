"""What the lake holds already of events that come over HTTP: of files, and of those the inbox has long forgotten.

Read from the hashes that `training.filed` writes beside the lake, memory-mapped: a batch costs one search. Where the lake is not
on this machine nothing is known of it, and `daypart features` quarantines what contradicts it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import Engine, select

from offers.database import transaction
from people.batches import batches
from serving.episode import Episode
from serving.events import Record, derived_id
from serving.tables import EVENT_INBOX

LOOK_S = 1.0
"""How often a newer file is looked for."""
_PREFIX, _DIGITS, _AT_ONCE = len("row-"), 15, 1000


class Judged(NamedTuple):
    """Places of records: those that the lake holds, and those whose id another event has there."""

    same: set[int]
    other: set[int]


class Filed:
    """lake: its folder, None where there is none. clock: monotonic seconds."""

    def __init__(self, lake: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._lake, self._clock, self._look_at = lake, clock, 0.0
        self._name, self._every = "", np.empty((2, 0), dtype=np.int64)
        self._unread = Episode(
            "what the lake holds can't be read, events of new files are not known yet",
            "what the lake holds can be read again",
        )

    def judge(self, engine: Engine, told: Sequence[Record]) -> Judged:
        """Judge events as they were told, by all but their `event_id`. What the inbox knows is left to it: it knows them as they
        were told, the lake on our clock. Blocking, raises LedgerError."""
        found = self._said([one["event_id"] for one in told])
        if found:
            waits = _in_inbox(engine, sorted({told[place]["event_id"] for place in found}))
            found = {place: said for place, said in found.items() if told[place]["event_id"] not in waits}
        same = {place for place, said in found.items() if _number(derived_id(told[place])[_PREFIX:]) == said}
        return Judged(same, found.keys() - same)

    def _said(self, event_ids: Sequence[str]) -> dict[int, int]:
        """What the lake's event of an id says, by place."""
        self._renew()
        if not event_ids or not self._every.shape[1]:
            return {}
        wanted = np.array([_number(hashlib.md5(one.encode(), usedforsecurity=False).hexdigest()) for one in event_ids])
        places = np.searchsorted(self._every[0], wanted).clip(max=self._every.shape[1] - 1)
        hits = np.flatnonzero(self._every[0][places] == wanted)
        return {int(hit): int(self._every[1, places[hit]]) for hit in hits}

    def _renew(self) -> None:
        if self._lake is None or self._clock() < self._look_at:
            return
        self._look_at = self._clock() + LOOK_S
        newest: Path | None = self._lake
        try:
            newest = max(self._lake.glob("event_ids-*.npy"), default=None)
            if newest is not None and newest.name != self._name:
                self._every, self._name = np.load(newest, mmap_mode="r"), newest.name
        except (OSError, ValueError) as error:
            # Replaced meanwhile, mostly, or no descriptor is left. What was known still holds.
            self._unread.begin(f"{newest}: {error}")
        else:
            self._unread.end()


def _number(digits: str) -> int:
    return int(digits[:_DIGITS], 16)


def _in_inbox(engine: Engine, event_ids: Sequence[str]) -> set[str]:
    column, found = EVENT_INBOX.c.event_id, set[str]()
    with transaction(engine, write=False) as connection:
        for some in batches(event_ids, _AT_ONCE):
            found |= set(connection.execute(select(column).where(column.in_(some))).scalars())
    return found
