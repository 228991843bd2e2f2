"""Who is who, reckoned the slow way by the rules of ADR 0014: what sequences of links, rulings and erasures must come to."""

from __future__ import annotations

from dataclasses import dataclass, field

EXCLUSIVE = ("user", "app", "card")
RANK = {"user": 0, "app": 1, "card": 2, "phone": 2, "mail": 2, "device": 3, "receipt": 4}


def kind(reference: str) -> str:
    head, dash, rest = reference.partition("-")
    return head if dash and len(rest) == 32 and head in RANK else "user"


@dataclass
class Told:
    """One link as it was told, and what an operator said of it."""

    evidence: str
    left: str
    right: str
    seen_us: int
    ruling: str = ""

    def turn(self) -> tuple[object, ...]:
        return (self.ruling != "accepted", self.seen_us, self.evidence, self.left, self.right)


@dataclass
class People:
    """Links as they were told; receipts by reference: (store, order)."""

    links: list[Told] = field(default_factory=list)
    first_us: dict[str, int] = field(default_factory=dict)
    receipts: dict[str, tuple[str, str]] = field(default_factory=dict)

    def tell(self, link: Told) -> None:
        self.links.append(link)
        for end in (link.left, link.right):
            self.first_us[end] = min(self.first_us.get(end, link.seen_us), link.seen_us)

    def groups(self) -> tuple[list[set[str]], list[Told]]:
        """(persons, links that wait). What waits before anybody rejects waits after it too."""
        groups, waiting = self._joined(self.links)
        if any(one.ruling == "rejected" for one in self.links):
            before = [one for one in waiting if one.ruling != "rejected"]
            left = [one for one in self.links if one.ruling != "rejected" and not any(one is held for held in before)]
            groups, waiting = self._joined(left)
            waiting += before
        return groups, waiting

    def _joined(self, links: list[Told]) -> tuple[list[set[str]], list[Told]]:
        of, waiting = {name: {name} for name in self.first_us}, []
        for link in sorted(links, key=Told.turn):
            one, other = of[link.left], of[link.right]
            if one is other:
                continue
            twice = any({kind(n) for n in one} & {kind(n) for n in other} & {k} for k in EXCLUSIVE)
            claimed = any(kind(end) == "receipt" and len(of[end]) > 1 for end in (link.left, link.right))
            if link.ruling != "accepted" and (twice or claimed):
                waiting.append(link)
                continue
            for name in other:
                of[name] = one
            one |= other
        return list({id(group): group for group in of.values()}.values()), waiting

    def names(self) -> dict[str, str]:
        """Person by reference."""
        named = {}
        for group in self.groups()[0]:
            name = min(group, key=lambda one: (RANK[kind(one)], self.first_us[one], one))
            named |= dict.fromkeys(group, name)
        return named

    def tickets(self) -> dict[tuple[str, str], str]:
        """Whose a ticket is, by store and order."""
        named = self.names()
        return {place: named[one] for one, place in self.receipts.items() if named.get(one, one) != one}

    def forget(self, reference: str) -> set[str]:
        """Erase the person who bears it; all their references."""
        gone = next((group for group in self.groups()[0] if reference in group), {reference})
        self.links = [link for link in self.links if not gone & {link.left, link.right}]
        for name in gone:
            self.first_us.pop(name, None)
            self.receipts.pop(name, None)
        return set(gone)
