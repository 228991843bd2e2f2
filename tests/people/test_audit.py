import pytest

from people.audit import AuditRow, moves, replay


def said(before, after):
    return [(row.act, row.from_person, row.to_person, row.members) for row in moves(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ({1: 1, 2: 2}, {1: 1, 2: 1}, [("merge", 2, 1, "[2]")]),
        ({1: 1, 2: 1}, {1: 1, 2: 2}, [("split", 1, 2, "[2]")]),
        ({1: 1, 2: 1, 3: 1}, {1: 2, 2: 2, 3: 2}, [("rename", 1, 2, "[1, 2, 3]")]),
        ({1: 1, 2: 1, 3: 3, 4: 3}, {1: 1, 2: 1, 3: 1, 4: 1}, [("merge", 3, 1, "[3, 4]")]),
        ({1: 1, 2: 1, 3: 3}, {1: 1, 2: 3, 3: 3}, [("split", 1, 3, "[2]")]),
        ({1: 1, 2: 1, 3: 3}, {1: 3, 2: 3, 3: 3}, [("merge", 1, 3, "[1, 2]")]),
        ({1: 1}, {1: 1}, []),
    ],
)
def test_each_change_has_its_name(before, after, rows):
    assert said(before, after) == rows
    steps = [AuditRow("merge", None, one, person, f"[{one}]") for one, person in before.items() if one != person]
    state = replay([*steps, *moves(before, after)])
    assert {one: state.person.get(one, one) for one in after} == after
    assert {
        one: replay([*steps, *moves(before, after), *moves(after, before)]).person.get(one, one) for one in before
    } == before


def test_verdicts_and_rulings_are_the_last_told():
    rows = [
        AuditRow("link", 1),
        AuditRow("verdict", 1, detail="two_apps"),
        AuditRow("ruling", 1, detail="accepted:so: said"),
    ]
    state = replay(rows)
    assert (state.verdict, state.ruling) == ({1: "two_apps"}, {1: "accepted"})
    assert replay([*rows, AuditRow("ruling", 1, detail=":no")]).ruling == {1: ""}


def test_a_move_of_somebody_who_was_not_there_is_found():
    with pytest.raises(ValueError, match="identity 2"):
        replay([AuditRow("split", None, 1, 2, "[2]")])
