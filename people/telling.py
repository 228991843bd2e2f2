"""What somebody tells in the clear, brought to a link at once: the last place where an identity is readable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from people.evidence import SOURCES, Link, link
from people.identity import IdentityFault, is_identity, kind_of, parse, receipt
from people.numbering import Ticket
from people.plain import is_plain
from people.secret import References
from people.spelling import misspelt
from people.tombstones import Tombstone, are_living

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_ID_LENGTH = 128


class LinkFault(ValueError):
    """A link that can't be one: which of its parts (`identity`, `other`, `evidence`, `source`, `occurred_at`), a code, and a line
    that repeats nothing of it."""

    def __init__(self, part: str, code: str, says: str) -> None:
        super().__init__(f"{part}: {says}" if part else says)
        self.part, self.code = part, code


def told(
    references: References, one: str, other: str, source: str, evidence: str, seen_at: datetime
) -> tuple[Link, dict[str, Ticket]]:
    """The link of two identities or ids, and the ticket of each receipt among them, by reference.

    Raises LinkFault, SecretFault.
    """
    if seen_at.utcoffset() is None:
        raise LinkFault("occurred_at", "naive_time", "give its offset, as in 2025-01-31T08:00:00Z")
    if not evidence:
        raise LinkFault("evidence", "missing", "name the event, ticket or session that tells of the link")
    if len(evidence) > MAX_ID_LENGTH:
        raise LinkFault("evidence", "too_long", f"at most {MAX_ID_LENGTH} letters")
    if reason := misspelt(evidence):
        raise LinkFault(
            "evidence", reason, "no id: it has spaces around it, invisible characters, or is a word for nothing"
        )
    if is_plain(evidence):
        raise LinkFault("evidence", "personal_data", "an event's, ticket's or session's id, no mail, phone or card")
    if source not in SOURCES:
        raise LinkFault("source", "unknown_value", f"name one of {', '.join(SOURCES)}")
    ends, tickets = [], {}
    for part, text in (("identity", one), ("other", other)):
        if not text or text != text.strip() or (len(text) > MAX_ID_LENGTH and not is_identity(text)):
            says = f"an id has 1 to {MAX_ID_LENGTH} letters and no spaces around it"
            raise LinkFault(part, "bad_identity" if text else "missing", says)
        if (reason := misspelt(text)) and not is_identity(text):
            raise LinkFault(part, reason, "no id: it has invisible characters, or is a word for nothing")
        try:
            reference = references.of(text)
        except IdentityFault as fault:
            raise LinkFault(part, "bad_identity", str(fault)) from None
        if is_identity(text) and (found := parse(text)).kind == "receipt":
            tickets[reference] = Ticket(*found.value.split("/", 1))
        ends.append(reference)
    if ends[0] != ends[1] and kind_of(ends[0]) == kind_of(ends[1]) == "receipt":
        raise LinkFault("other", "two_receipts", "a receipt can't claim a receipt; name whose it is")
    return link(ends[0], ends[1], source, evidence, micros(seen_at)), tickets


def check_living(stone_of: Callable[[str], Tombstone | None], one: Link) -> Link:
    """The link, if both ends are somebody's at its moment. stone_of: the tombstone of an id that has one. Raises LinkFault."""
    if not are_living({end: stone_of(end) for end in one[:2]}, one.seen_us):
        raise LinkFault("", "erased", "one of them asked to be forgotten")
    return one


def claim(
    references: References, user_id: str, store_id: str, order_id: str, seen_at: datetime
) -> tuple[Link, dict[str, Ticket]]:
    """A person shows the receipt of a ticket that named nobody. Raises as `told`."""
    if "/" in store_id:
        raise LinkFault("identity", "bad_identity", "the store's id of a receipt holds no slash")
    return told(references, receipt(store_id, order_id), user_id, "claim", "receipt", seen_at)


def micros(moment: datetime) -> int:
    """Whole microseconds from 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
