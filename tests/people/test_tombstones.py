"""What comes late of somebody who was erased, by the clock, both sides of each edge."""

import pytest

from people.secret import References
from people.tombstones import Tombstone, are_living, bury, every, stones_of, there_are, verdict, welcome
from tests.people.chain import database

ERASED, BACK = 1000, 2000


@pytest.mark.parametrize(
    ("stone", "at_us", "said"),
    [
        (None, 0, "theirs"),
        (Tombstone(ERASED, None), ERASED, "stale"),
        (Tombstone(ERASED, None), ERASED + 1, "nobody"),
        (Tombstone(ERASED, BACK), ERASED, "stale"),
        (Tombstone(ERASED, BACK), BACK - 1, "nobody"),
        (Tombstone(ERASED, BACK), BACK, "theirs"),
    ],
)
def test_the_rule(stone, at_us, said):
    assert verdict(stone, at_us) == said


@pytest.mark.parametrize(
    ("stones", "living"),
    [([], True), ([None], True), ([None, Tombstone(ERASED, None)], False), ([Tombstone(ERASED, BACK), None], True),
     ([Tombstone(ERASED, BACK), Tombstone(ERASED, None)], False)],
)  # fmt: skip
def test_one_of_several_ids_that_is_gone_is_enough(stones, living):
    assert are_living({str(n): stone for n, stone in enumerate(stones)}, BACK) is living


def test_a_tombstone_is_found_by_the_id_and_tells_nobody_else_of_it(tmp_path):
    mine, others = References(tmp_path / "a"), References(tmp_path / "b")
    with database() as connection:
        assert not there_are(connection)
        assert stones_of(connection, mine, ["ann"]) == {}
        bury(connection, {mine.mark("ann")}, ERASED)
        assert stones_of(connection, mine, ["ann", "bob"]) == {"ann": Tombstone(ERASED, None)}
        assert stones_of(connection, others, ["ann"]) == {}
        assert "ann" not in str(every(connection))
        assert mine.mark("ann") not in mine.of("card:ann")


def test_who_came_back_and_is_erased_again_is_gone_again(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        mark = references.mark("ann")
        bury(connection, {mark}, ERASED)
        welcome(connection, [mark, references.mark("bob")], BACK)
        welcome(connection, [mark], BACK + 5)
        assert every(connection) == {mark: Tombstone(ERASED, BACK)}
        bury(connection, {mark}, BACK + 9)
        assert every(connection) == {mark: Tombstone(BACK + 9, None)}
