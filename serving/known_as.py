"""The features of a person who is known by several ids.

Linked a moment ago, each of their ids still has a row of its own online; read together they are the person's, at once, and a
split takes them apart again as fast. The next `daypart features` reckons one row of all purchases and removes the others, so
nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.history import LIMIT
from models.joined import joined
from serving.gate import OnlineGate
from serving.online_port import Past, UserFeatures
from serving.persons import Names

MAX_READ = 8
"""Rows read of one person at most, the name's first: each is a look into the online store."""


def pasts_of(gate: OnlineGate, people: Sequence[Names], limit: int = LIMIT) -> list[Past | None]:
    """The purchases of each person of these ids, their name first, in one read; None when the online store can't say of
    any of them.

    limit: products kept of one person.
    """
    rows = iter(gate.pasts([name for names in people for name in names[:MAX_READ]]))
    return [_past_of([next(rows) for _ in names[:MAX_READ]], limit) for names in people]


def features_of(gate: OnlineGate, names: Names, limit: int = LIMIT, most: int | None = MAX_READ) -> UserFeatures | None:
    """All features of the person of these ids, otherwise the same, but for None where one row alone can't be told: who asks wants
    all that is held. most: rows read, None for all."""
    features = gate.user(names[0])
    if features is None or len(names) == 1:
        return features
    others = list[UserFeatures]()
    for name in names[1:most]:
        if (found := gate.user(name)) is None:
            return None
        others += (found,) if found.as_of is not None else ()
    if not others:
        return features
    # A profile isn't put together: the name's own, else that of the next who has one.
    first = next((one for one in (features, *others) if one.profile), features)
    past = _together([features, *others], limit)
    return replace(first, history=past.history, as_of=past.as_of)


def why_untold(gate: OnlineGate) -> tuple[str, str]:
    """(code, words) for None of `features_of` or of a portrait. A page without what was bought would say that nothing was, so
    there is none until the row is whole."""
    if gate.is_down:
        return "online_store_unavailable", "the online store does not answer; start it, or try again"
    return (
        "features_unreadable",
        "a row of this person's features can't be read: run `daypart features`, which writes it anew",
    )


def _past_of(rows: Sequence[Past | None], limit: int) -> Past | None:
    first, *others = rows
    if not others:
        return first
    known = [row for row in rows if row is not None and row.as_of is not None]
    if not known:
        return None if any(row is None for row in rows) else first
    if any(row is None for row in rows):
        return replace(_together(known, limit), lacks=True)
    return known[0] if len(known) == 1 else _together(known, limit)


def _together(told: Sequence[Past | UserFeatures], limit: int) -> Past:
    moments = [one.as_of for one in told if one.as_of is not None]
    return Past(joined([one.history for one in told], limit), max(moments))
