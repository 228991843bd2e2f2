"""What a read of a person comes to: the row that stands, what was last known where a row was lost, or that nobody can say."""

from __future__ import annotations

from typing import NamedTuple

from embedded.filled import Filled
from serving.episode import Episode
from serving.last_known import LastKnown
from serving.online_port import Past


class Told(NamedTuple):
    """What can be told of a user: None when nobody can say; `is_last_known` when it may lack something by now."""

    past: Past | None
    is_last_known: bool


class Remembering:
    """Of one process. The log gets a line at each end of a loss, not one a person."""

    def __init__(self, last_known: LastKnown) -> None:
        self._last_known = last_known
        self._emptied = Episode("online store was emptied", "online store has everybody's history again")
        self._gone = Episode("online store has lost a row; run daypart features", "that row is there again")
        self._gone_id = ""

    def stands(self, has_histories: bool) -> None:
        """Whether everybody's history was in the store when it was read a moment ago."""
        if has_histories:
            self._emptied.end()
        else:
            self._emptied.begin("answers go by what is remembered until histories are reckoned again")

    def settled(self, user_id: str, read: Past | None, filled: Filled) -> Told:
        """read: None for a store that couldn't say; one that knows nobody has an empty history. filled: what stood whole as it
        was read. Of a row from a whole store the moment is told at which that was known, where it is later than the row's own.

        In a store that was emptied stands what was pushed since, be it on what was known before (`OnlineGate.lost`): the longer
        of that and memory counts, as last known. Otherwise a row that was there a moment ago and is gone was evicted: who was
        erased has no say here any more (`standing`), and is not in memory.
        """
        kept = self._last_known.of(user_id)
        if read is None:
            return Told(kept, kept is not None)
        if not filled.histories:
            found = kept if read.as_of is None or (kept and kept.history.n_visits > read.history.n_visits) else read
            return Told(found, found is not None)
        if read.lacks:
            # What was read whole a moment ago has more; and is remembered on, as this would overwrite it.
            return Told(read, False) if kept is None else Told(kept, True)
        if read.as_of is not None:
            if (as_of := filled.true_at(read.as_of)) is not read.as_of:
                read = Past(read.history, as_of)
            self._last_known.keep(user_id, read)
            if user_id == self._gone_id:
                self._gone.end()
            return Told(read, False)
        if kept is None:
            return Told(read, False)
        if not self._gone.is_on:
            self._gone_id = user_id
            self._gone.begin("it stood a moment ago")
        return Told(kept, True)
