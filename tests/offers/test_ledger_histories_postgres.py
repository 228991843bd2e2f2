from collections import Counter

import pytest

from offers.journal import Journal
from tests.suites.ledger_histories import COMMANDS, run_history


@pytest.mark.parametrize("begin", [0, 6])
def test_some_of_the_histories_on_postgres(begin, postgres):
    reached = Counter()
    for seed in range(begin, begin + 6):
        journal = Journal(postgres.empty_ledger())
        reached += run_history(journal, seed)
        journal.close()
    assert sum(reached.values()) > 6 * COMMANDS * 0.95
    # Money was refused here too: that every reason is met is shown on SQLite.
    assert {"redeem", "budget_exhausted", "below_margin_floor"} <= {told for _, told in reached}
