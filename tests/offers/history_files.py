"""Histories of the ledger on SQLite files, each on one of its own."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from offers.journal import Journal
from tests.suites.ledger_duel import Reached
from tests.suites.ledger_histories import COMMANDS, assert_all_reached, run_history


def play_on_files(seeds: Iterable[int], migrated_file: Path, folder: Path) -> None:
    """Play the histories and assert that together they reached every outcome of every command."""
    reached: Reached = Counter()
    n_histories = 0
    for seed in seeds:
        file = folder / f"{seed}.db"
        shutil.copy(migrated_file, file)
        journal = Journal(f"sqlite:///{file}")
        reached += run_history(journal, seed)
        journal.close()
        n_histories += 1
    assert_all_reached(reached)
    # A transaction of several commands counts each.
    assert sum(reached.values()) > n_histories * COMMANDS * 0.95
