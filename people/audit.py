"""The audit of identities: a row for every link, ruling, wait, merge and split; replayed, it gives the state that is stored.
Pure.

Merge, split and rename all say the same: `members` of the person `from_person` are `to_person` now. So each undoes the other,
and a replay need know no rule.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

MOVES = ("merge", "split", "rename")
ACTS = ("link", "ruling", "verdict", "erasure", *MOVES)


class AuditRow(NamedTuple):
    """`link_number` for link, ruling and verdict, with the news in `detail` (a ruling's reason behind a colon); the rest for
    moves."""

    act: str
    link_number: int | None = None
    from_person: int | None = None
    to_person: int | None = None
    members: str | None = None
    detail: str | None = None


@dataclass
class State:
    """What a replay ends with: person by identity (those never moved are their own), verdict and ruling by link."""

    person: dict[int, int] = field(default_factory=dict)
    verdict: dict[int, str] = field(default_factory=dict)
    ruling: dict[int, str] = field(default_factory=dict)


def moves(before: Mapping[int, int], after: Mapping[int, int]) -> list[AuditRow]:
    """Rows that lead from one assignment of persons to the other, by person left and person joined.

    before, after: person by identity, for all identities of every person touched. A whole person that joins one who was there is
    merged; a whole one under a name nobody bore is renamed; a part of one is split off.
    """
    of: dict[int, set[int]] = defaultdict(set)
    for one, person in before.items():
        of[person].add(one)
    moved: dict[tuple[int, int], set[int]] = defaultdict(set)
    for one, person in after.items():
        if before.get(one, one) != person:
            moved[before.get(one, one), person].add(one)
    rows = []
    for (old, new), members in sorted(moved.items()):
        whole = members == of[old]
        # A person of that name who keeps nobody of theirs is not joined but replaced.
        stayed = any(after.get(one, one) == new for one in of.get(new, ()))
        act = ("merge" if stayed else "rename") if whole else "split"
        rows.append(AuditRow(act, None, old, new, json.dumps(sorted(members))))
    return rows


def replay(rows: Iterable[AuditRow]) -> State:
    """The state that the rows, in their order, lead to. Raises ValueError where a row tells of members who were not there."""
    state = State()
    for row in rows:
        if row.act in MOVES:
            for one in json.loads(row.members or "[]"):
                if state.person.get(one, one) != row.from_person:
                    raise ValueError(
                        f"the audit moves identity {one} away from person {row.from_person}, who hasn't got it"
                    )
                state.person[one] = int(row.to_person or 0)
        elif row.link_number is not None:
            news = (row.detail or "").split(":")[0]
            if row.act == "link":
                state.verdict[row.link_number], state.ruling[row.link_number] = "joined", ""
            else:
                (state.verdict if row.act == "verdict" else state.ruling)[row.link_number] = news
    return state
