"""Evidence: a link says that two identities are one person's, by whom it was told and when. And which links contradict each
other.

| rule | what waits | why |
|---|---|---|
| `two_users` | a link between sides that each hold an id of the merchant | two people until somebody says otherwise |
| `two_apps` | ... that each hold an app account | a phone handed on, a tablet shared |
| `two_cards` | ... that each hold a loyalty card | a couple's phone, a card found |
| `claimed_twice` | a second claim of a receipt that has its person | one purchase, one person |

Phones, mails and devices may be many: people change them. They are one person's all the same: a phone that two app accounts name
stays with the one that named it first, and the other waits.
"""

from __future__ import annotations

from typing import NamedTuple

from people.identity import KINDS, USER, kind_of

CODES = (USER, *KINDS)
"""Kinds by number."""
RECEIPT = CODES.index("receipt")
RANKS = {USER: 0, "app": 1, "card": 2, "phone": 2, "mail": 2, "device": 3, "receipt": 4}
"""Who names a person: the smaller rank. What the merchant can look up comes first, what passes from hand to hand last."""
SOURCES = ("app", "login", "till", "event", "claim", "file", "operator")
"""Who may tell of a link: an app over HTTP; and as a table or a verb has it, a session, a ticket with two identities, an event, a
person with a receipt, the table itself, an operator."""
ON_ARRIVAL = ("app",)
"""Whose links count from when they came, whatever moment they state: a customer's device may have made it up, or its clock."""
VERDICTS = ("joined", "two_users", "two_apps", "two_cards", "claimed_twice", "rejected")
"""What became of a link, by number; between the first and the last it waits for an operator."""
JOINED, CLAIMED_TWICE, REFUSED = 0, VERDICTS.index("claimed_twice"), VERDICTS.index("rejected")
EXCLUSIVE = {CODES.index(kind): VERDICTS.index(f"two_{kind}s") for kind in (USER, "app", "card")}
"""Kinds of which a person has one, and the verdict on a link that would bring a second."""
RULINGS = ("", "accepted", "rejected")
ACCEPTED, REJECTED = RULINGS.index("accepted"), RULINGS.index("rejected")
FORGOTTEN = len(RULINGS)
"""Stands where a ruling would on a link of somebody erased: it joins nothing, and nothing waits on it."""
QUEUED = VERDICTS[JOINED + 1 : REFUSED]


class Link(NamedTuple):
    """Two references (or ids) that are one person's, by `source`, proven by `evidence` (its id), seen at microseconds from 1970.

    Both ends the same: nothing but that the account was there then, an account's opening day say.
    """

    left: str
    right: str
    source: str
    evidence: str
    seen_us: int


def since_us(source: str, seen_us: int, taken_us: int) -> int:
    """The moment from which a link counts, in microseconds from 1970: what an app told, from when it came, so that no moment it
    states puts it before what stands; what an operator loaded, from the moment the table vouches for, or that of loading."""
    return taken_us if source in ON_ARRIVAL else min(seen_us, taken_us)


def link(one: str, other: str, source: str, evidence: str, seen_us: int) -> Link:
    """A link with its ends in order. Raises ValueError for an unknown source, no evidence, or a receipt for a receipt."""
    if source not in SOURCES:
        raise ValueError(f"source {source!r}: name one of {', '.join(SOURCES)}")
    if not evidence:
        raise ValueError("evidence: name the event, ticket or session that tells of the link")
    if one != other and kind_of(one) == kind_of(other) == "receipt":
        raise ValueError("a receipt can't claim a receipt; name whose it is")
    return Link(min(one, other), max(one, other), source, evidence, seen_us)
