"""Pacing: a date planned again while it goes on, for those whom money or stock left without an offer.

The plan of the morning ages: coupons are used or not, windows pass and give back what was set aside for them, budgets are
raised or cut, shelves fill and empty. Who has an offer keeps it. Who was decided against for any other reason than money or stock
is left alone, and so is whoever's day chance was to decide. The others are weighed again as they are now, and planned, audited
and issued as in the morning, out of what the ledger and the shelves have left. Only what changes is recorded: for someone who
still gets nothing the decision before it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from offers.candidates import Candidate
from offers.drafts import Decision
from offers.journal import Journal
from offers.persons import Persons
from offers.tables import decisions

WAITS = ("budget", "store_budget", "stock", "budget_exhausted")
"""Reasons that the day may overtake; the last is the desk's own, when somebody else was quicker."""
NOBODY = "again: money and stock left nobody without an offer"
NOTHING = (
    "again: of {n} whom money or stock left without an offer nobody can be sent one now; nothing was issued for them"
)


def waiting(journal: Journal, campaign_id: str, for_date: date, persons: Persons) -> dict[str, int]:
    """Persons, by name, who were decided for the date and have no offer for want of money or stock alone, whichever of their ids
    was decided about; to how often they were. Raises LedgerError."""
    mine = (decisions.c.campaign_id == campaign_id) & (decisions.c.for_date == for_date.isoformat())
    found = sa.select(decisions.c.user_id, decisions.c.again, decisions.c.reason).where(mine)
    last = dict[str, dict[str, tuple[int, bool]]]()
    with journal.read() as connection:
        for user, again, reason in connection.execute(found.where(decisions.c.user_id.is_not(None))):
            ids = last.setdefault(persons.name(user), {})
            ids[user] = max(ids.get(user, (-1, False)), (again, reason in WAITS))
    waits = {name: ids.values() for name, ids in last.items() if all(waits for _, waits in ids.values())}
    return {name: 1 + max(again for again, _ in each) for name, each in waits.items()}


def left_alone(
    users: Collection[str], persons: Persons, decided: Collection[str], waits: Collection[str]
) -> tuple[set[str], int]:
    """(users who aren't weighed: another id of theirs is, or their date was decided and they don't wait; how many are the
    former)."""
    doubles, names = persons.doubles(users), {persons.name(user) for user in decided} - set(waits)
    return doubles | {user for user in users if persons.name(user) in names}, len(doubles)


def once_more(candidates: Sequence[Candidate], waits: Mapping[str, int]) -> list[Candidate]:
    """The candidates, those who wait with how often they were decided before, but for those whose day chance was to decide."""
    numbered = [replace(one, again=waits[one.user_id]) if one.user_id in waits else one for one in candidates]
    return [one for one in numbered if not one.again or one.drawn is None]


def changed(made: Sequence[Decision]) -> list[Decision]:
    """What is to be recorded: every first decision, and of those made again what means an offer for somebody, held out or not, if
    anybody of them is sent one. Both sides of the holdout so stay alike."""
    anybody = any(decision.again and decision.terms for decision in made)
    return [decision for decision in made if not decision.again or (anybody and decision.planned_arm)]


def told(made: Sequence[Decision], kept: Sequence[Decision], again: bool) -> tuple[str, ...]:
    """What a run that plans again and changes nothing for those who wait says of it."""
    n = sum(decision.again > 0 for decision in made)
    if not again or any(decision.again for decision in kept):
        return ()
    return (NOTHING.format(n=n) if n else NOBODY,)
