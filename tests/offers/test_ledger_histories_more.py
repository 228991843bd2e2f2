"""The other half of three hundred histories."""

import pytest

from tests.offers.history_files import play_on_files


# Half a minute each, on a machine that does nothing else.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("begin", [150, 200, 250])
def test_histories_agree_with_a_naive_book_and_reach_everything(begin, migrated_file, tmp_path):
    play_on_files(range(begin, begin + 50), migrated_file, tmp_path)
