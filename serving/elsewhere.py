"""What another worker could not put into the online store: whoever asks this one is told that it lacks, too.

A worker says so by a file beside those in which all count (`workers.FOLDER`), and takes it away when purchases reach the store
again; one that has died says nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from serving.visits import Visits
from serving.workers import FOLDER, is_dead

SIGN = "purchases_missed_"


class Elsewhere:
    """Of one process; one thread alone calls `look`."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits

    def look(self) -> None:
        """An errand: tell the others, and hear them. Raises nothing; without a folder, or room in it, nobody is told."""
        if (folder := os.environ.get(FOLDER)) is None:
            return
        own = Path(folder) / f"{SIGN}{os.getpid()}"
        with suppress(OSError):
            if self._visits.are_missed:
                own.touch(mode=0o600)
            else:
                own.unlink(missing_ok=True)
        signs = (sign for sign in Path(folder).glob(f"{SIGN}*") if sign != own)
        self._visits.others_miss = any(not is_dead(sign.name.removeprefix(SIGN)) for sign in signs)
