import pytest

from people.consequences import is_spared, person_of


def test_an_id_is_its_persons_and_else_its_own():
    assert [person_of({"card-1": "ann"}, user_id) for user_id in ("card-1", "ann", "bob")] == ["ann", "ann", "bob"]


@pytest.mark.parametrize(
    ("names", "decided", "spared"),
    [
        (["ann", "card-1"], [], False),
        (["ann", "card-2"], [], False),  # its draw would hold it out, and nobody ever drew
        (["ann", "card-2"], ["card-2"], True),
        (["ann", "card-1"], ["ann", "card-1"], False),
        (["bob", "card-1"], ["card-1"], True),
        (["card-2"], [], True),
    ],
)
def test_who_was_held_out_stays_held_out(names, decided, spared):
    assert is_spared(names, decided, {"bob", "card-2"}.__contains__) is spared
