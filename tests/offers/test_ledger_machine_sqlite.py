import itertools
import shutil

import pytest

from offers.journal import Journal
from tests.suites.ledger_machine import search


@pytest.mark.timeout(900)
def test_no_run_of_commands_parts_the_desk_from_the_naive_book(tmp_path, migrated_file):
    numbers = itertools.count()

    def open_journal():
        file = tmp_path / f"{next(numbers)}.db"
        shutil.copy(migrated_file, file)
        return Journal(f"sqlite:///{file}")

    reached = search(open_journal, n_runs=100, n_steps=50)
    done = {"redeem", "hold", "token", "reverse", "overpay already_redeemed", "below_margin_floor", "budget_exhausted"}
    assert done <= {told for _, told in reached}
    assert min(reached["again", "same"], reached["again", "reused"], reached["settle", "redeem"]) > 20
