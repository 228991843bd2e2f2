"""What somebody tells in the clear, brought to a link at once: the last place where an identity is readable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from people.evidence import Link, link
from people.identity import IdentityFault, is_identity, parse, receipt
from people.plain import is_plain
from people.numbering import Ticket
from people.secret import References

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_ID_LENGTH = 128


def told(
    references: References, one: str, other: str, source: str, evidence: str, seen_at: datetime
) -> tuple[Link, dict[str, Ticket]]:
    """The link of two identities or ids, and the ticket of each receipt among them, by reference.

    Raises IdentityFault or ValueError, neither with anything personal in it, and SecretFault.
    """
    if seen_at.utcoffset() is None:
        raise ValueError("seen_at: give its offset, as in 2025-01-31T08:00:00Z")
    if len(evidence) > MAX_ID_LENGTH:
        raise ValueError(f"evidence: at most {MAX_ID_LENGTH} letters")
    if is_plain(evidence):
        raise IdentityFault("evidence: an event's, ticket's or session's id, no mail, phone or card")
    ends, tickets = [], {}
    for text in (one, other):
        if not text or text != text.strip() or (len(text) > MAX_ID_LENGTH and not is_identity(text)):
            raise IdentityFault(f"an id has 1 to {MAX_ID_LENGTH} letters and no spaces around it")
        reference = references.of(text)
        if is_identity(text) and (found := parse(text)).kind == "receipt":
            tickets[reference] = Ticket(*found.value.split("/", 1))
        ends.append(reference)
    return link(ends[0], ends[1], source, evidence, micros(seen_at)), tickets


def claim(
    references: References, user_id: str, store_id: str, order_id: str, seen_at: datetime
) -> tuple[Link, dict[str, Ticket]]:
    """A person shows the receipt of a ticket that named nobody. Raises as `told`."""
    if "/" in store_id:
        raise IdentityFault("receipt: the store's id holds no slash")
    return told(references, user_id, receipt(store_id, order_id), "claim", "receipt", seen_at)


def micros(moment: datetime) -> int:
    """Whole microseconds from 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
