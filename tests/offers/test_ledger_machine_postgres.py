import pytest

from offers.journal import Journal
from tests.suites.ledger_machine import search


@pytest.mark.timeout(900)
def test_no_run_of_commands_parts_the_desk_from_the_naive_book(postgres):
    reached = search(lambda: Journal(postgres.empty_ledger()), n_runs=20, n_steps=50)
    assert {"redeem", "hold", "token", "reverse", "below_margin_floor"} <= {told for _, told in reached}
    assert min(reached["again", "same"], reached["again", "reused"]) > 2
