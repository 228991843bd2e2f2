import pytest

from people.batches import batches


@pytest.mark.parametrize(
    ("rows", "parts"),
    [("", []), ("a", ["a"]), ("ab", ["ab"]), ("abc", ["ab", "c"]), ("abcd", ["ab", "cd"])],
)
def test_all_of_them_in_their_order_and_no_more_at_once(rows, parts):
    assert list(batches(rows, 2)) == parts
