from people.consequences import person_of


def test_an_id_is_its_persons_and_else_its_own():
    assert [person_of({"card-1": "ann"}, user_id) for user_id in ("card-1", "ann", "bob")] == ["ann", "ann", "bob"]
