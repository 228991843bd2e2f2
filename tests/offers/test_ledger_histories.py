from collections import Counter

from tests.offers.memory_ledger import MemoryLedger
from tests.suites.ledger_histories import assert_all_reached, run_history


def test_sixty_histories_agree_with_a_naive_book_and_reach_everything():
    reached = Counter()
    for seed in range(60):
        reached += run_history(MemoryLedger(), seed, 120)
    assert_all_reached(reached)
    assert reached.total() == 60 * 120
