import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.consequences import is_spared, limit_left, may_use, person_of, side, summed

ANNS = {"card-1": "ann", "phone-1": "ann"}
IDS = st.sampled_from(["ann", "bob", "card-1", "phone-1", "card-2"])


@given(st.lists(st.tuples(IDS, st.integers(-500, 500))), st.dictionaries(IDS, st.sampled_from(["ann", "bob"])))
def test_sums_are_kept_through_merge_and_split(lines, resolved):
    total = sum(cents for _, cents in lines)
    merged, apart = summed(resolved, lines), summed({}, lines)
    assert sum(merged.values()) == sum(apart.values()) == total
    assert summed({}, lines) == apart  # nothing was written over: the split is exact
    for person in merged:
        assert merged[person] == sum(cents for one, cents in lines if person_of(resolved, one) == person)


@pytest.mark.parametrize(
    ("owner", "asking", "may"),
    [("ann", "card-1", True), ("card-1", "ann", True), ("card-1", "phone-1", True), ("ann", "bob", False),
     ("bob", "card-1", False), ("ann", None, True), (None, "ann", False), (None, None, True), ("x", "x", True)],
)  # fmt: skip
def test_a_coupon_is_the_persons_under_any_id(owner, asking, may):
    assert may_use(ANNS, owner, asking) is may


@pytest.mark.parametrize(
    ("limit", "used", "left"),
    [(2, [0, 0], 2), (2, [1, 0], 1), (2, [1, 1], 0), (1, [1, 1], 0), (None, [9], None), (3, [], 3)],
)
def test_uses_add_up(limit, used, left):
    assert limit_left(limit, used) == left


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
    assert side(names[0], {"bob", "card-2"}.__contains__) is (names[0] in {"bob", "card-2"})
