"""Ann, Bob and what they carry: a chain known by heart, its evidence, and who is who worked out the slow way."""

from __future__ import annotations

from contextlib import contextmanager

import sqlalchemy as sa

from people.evidence import Link, link
from people.tables import METADATA

DAY_US = 86_400_000_000
HEX = "0123456789abcdef" * 2


def ref(name):
    """`card1` → a reference of its kind that sorts like the name; plain words are ids of the merchant."""
    kind, number = name.rstrip("0123456789"), name.lstrip("abcdefghijklmnopqrstuvwxyz")
    known = ("app", "card", "phone", "device", "receipt", "mail")
    return f"{kind}-{int(number):032x}" if kind in known else name


def told(one, other, day=1, source="login", evidence=None):
    return link(ref(one), ref(other), source, evidence or f"{one} {other}", day * DAY_US)


@contextmanager
def database():
    """An empty SQLite in memory with this room's tables, and the connection to it."""
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


RANK = {"app": 1, "card": 2, "phone": 2, "mail": 2, "device": 3, "receipt": 4}


def kind(reference):
    return reference.split("-")[0] if "-" in reference else "user"


def since(one, taken):
    """When a link counts from. taken: when links came, those after each of them that it doesn't name."""
    came = taken.get(one, 10**18)
    return came if one.source == "app" else min(one.seen_us, came)


def who_is_who(links: list[Link], rulings: dict[Link, str], taken: dict[Link, int] | None = None):
    """(person by reference, verdict by link): groups as plain sets, joined one link after the other.

    Twice: what waits as long as nobody rejected anything is left out of the second time.
    """
    unruled = {one: ruling for one, ruling in rulings.items() if ruling != "rejected"}
    taken = taken or {}
    _, waits = joined(links, unruled, taken)
    waits = {one: reason for one, reason in waits.items() if reason != "joined"}
    rejected = {one: "rejected" for one in links if rulings.get(one) == "rejected"}
    groups, verdicts = joined([one for one in links if one not in waits | rejected], unruled, taken)
    groups = {**{end: {end} for one in links for end in one[:2]}, **groups}
    seen = {}
    for one in links:
        for end in (one.left, one.right):
            seen[end] = min(seen.get(end, one.seen_us), one.seen_us)
    name = {end: min(group, key=lambda x: (RANK.get(kind(x), 0), seen[x], x)) for end, group in groups.items()}
    return name, {**waits, **rejected, **verdicts}


def joined(links: list[Link], rulings: dict[Link, str], taken: dict[Link, int]):
    """(group by reference, verdict by link), the older first, and before them what an operator accepted."""
    groups = {end: {end} for one in links for end in (one.left, one.right)}
    verdicts = {}
    for one in sorted(
        links,
        key=lambda x: (rulings.get(x) != "accepted", since(x, taken), x.seen_us, x.source, x.evidence, x.left, x.right),
    ):
        a, b = groups[one.left], groups[one.right]
        verdicts[one] = "joined" if a is b or rulings.get(one) == "accepted" else contradiction(one, a, b)
        if verdicts[one] == "joined" and a is not b:
            a |= b
            for each in b:
                groups[each] = a
    return groups, verdicts


def contradiction(one, a, b):
    for each, reason in (("user", "two_users"), ("app", "two_apps"), ("card", "two_cards")):
        if each in {kind(x) for x in a} and each in {kind(x) for x in b}:
            return reason
    claims = [group for end, group in ((one.left, a), (one.right, b)) if kind(end) == "receipt"]
    return "claimed_twice" if any(len(group) > 1 for group in claims) else "joined"
