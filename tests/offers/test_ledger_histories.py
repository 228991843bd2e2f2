"""Half of three hundred histories; the others are in test_ledger_histories_more.py, so that two workers share them."""

import pytest

from tests.offers.history_files import play_on_files


# A minute and more, on a machine that does nothing else.
@pytest.mark.timeout(900)
def test_histories_agree_with_a_naive_book_and_reach_everything(migrated_file, tmp_path):
    play_on_files(range(150), migrated_file, tmp_path)
