"""Who is who over HTTP: an app tells whom it saw log in or show a receipt, an operator rules on contradictions."""

from __future__ import annotations

from datetime import datetime

from feature_repo.events import EARLIEST_UTC, MAX_AHEAD
from offers.audit import By, record
from offers.database import transaction
from people.directory import Stands, ends, n_waiting, names_of, person_named, queue, stand, stands
from people.dossier import moment
from people.evidence import Link
from people.identity import IdentityFault
from people.numbering import Ticket
from people.registry import RulingFault, UnknownLink, rule, take
from people.secret import References
from people.telling import LinkFault, check_living, told
from people.tombstones import stones_of
from serving.admitting import micros
from serving.asked import Asked, Reply
from serving.problems import malformed, not_found
from serving.ticket_owners import owners
from serving.unwilling import withdraw_unwilling
from serving.wire_events import Rejected
from serving.wire_links import LinkCard, LinkQueue, LinkRow, LinksTaken, LinkTaken, RulingAsk, WaitingLink


async def links(asked: Asked) -> Reply:
    """Take what an app tells of a person; whoever is asked about next is the person who is left."""
    taken = await asked.begin(_take, asked)
    asked.parts.persons.moved()
    asked.parts.standing.moved()
    return Reply(taken)


async def waiting(asked: Asked) -> Reply:
    """Links that contradict what stands."""
    return Reply(await asked.begin(_queue, asked))


async def ruling(asked: Asked) -> Reply:
    """An operator's word on a link."""
    try:
        card = await asked.begin(_rule, asked)
    except UnknownLink as fault:
        raise not_found("unknown_link", str(fault)) from None
    except RulingFault as fault:
        raise malformed(str(fault), "/why", "bad_ruling") from None
    asked.parts.persons.moved()
    asked.parts.standing.moved()
    return Reply(card)


def _take(asked: Asked) -> LinksTaken:
    parts, user_id, references = asked.parts, asked.path["user_id"], asked.parts.persons.references
    good, tickets, rejected = dict[int, Link](), dict[str, Ticket](), []
    with transaction(parts.engine, write=True) as connection:
        ends = {_reference(references, row.identity) for row in asked.body.links}
        stones = stones_of(connection, references, {user_id, *ends} - {""})
        for index, row in enumerate(asked.body.links):
            try:
                one, found = _told(asked, user_id, row)
                good[index] = check_living(stones.get, one)
            except LinkFault as fault:
                rejected.append(Rejected(index, fault.code, str(fault)))
            else:
                tickets |= found
        contrary = owners(connection, tickets, names_of(connection, user_id))
        take(connection, contrary, asked.key.key_id, micros(asked.now), tickets)
        fresh = take(connection, list(good.values()), asked.key.key_id, micros(asked.now), tickets)
        stood = stand(connection, list(good.values()))
        name = person_named(connection, user_id)
    withdraw_unwilling(parts.engine, parts.desk, {end for one in good.values() for end in one[:2]}, asked.now)
    cards = [LinkTaken(index=index, **one._asdict()) for index, one in zip(good, stood, strict=True)]
    return LinksTaken(user_id=name, accepted=fresh, duplicates=len(good) - fresh, links=cards, rejected=rejected)


def _reference(references: References, text: str) -> str:
    """Empty for what can't be an identity."""
    try:
        return references.of(text)
    except IdentityFault:
        return ""


def _told(asked: Asked, user_id: str, row: LinkRow) -> tuple[Link, dict[str, Ticket]]:
    """The link and the ticket of a receipt. Raises LinkFault."""
    _check_moment(row.occurred_at, asked.now)
    return told(asked.parts.persons.references, row.identity, user_id, "app", row.evidence, row.occurred_at)


def _check_moment(at: datetime, now: datetime) -> None:
    if at < EARLIEST_UTC:
        raise LinkFault("occurred_at", "too_early", f"before {EARLIEST_UTC.date()}")
    if at > now + MAX_AHEAD:
        raise LinkFault("occurred_at", "too_late", f"over {MAX_AHEAD.days} day ahead of our clock")


def _queue(asked: Asked) -> LinkQueue:
    limit, after = asked.query.limit, asked.query.after
    with transaction(asked.parts.engine, write=False) as connection:
        rows, n = queue(connection, limit, after), n_waiting(connection)
    told = [{**row._asdict(), "occurred_at": moment(row.seen_us)} for row in rows]
    found = [WaitingLink(**{name: row[name] for name in WaitingLink.__struct_fields__}) for row in told]
    return LinkQueue(links=found, n_waiting=n, next_after=found[-1].number if len(found) == limit else None)


def _rule(asked: Asked) -> LinkCard:
    said: RulingAsk = asked.body
    word, actor, number = "" if said.ruling == "none" else said.ruling, asked.key.key_id, _number(asked.path["number"])
    references = asked.parts.persons.references
    with transaction(asked.parts.engine, write=True) as connection:
        rule(connection, number, word, actor, said.why, micros(asked.now), references)
        record(connection, "link_ruled", str(number), By(actor, said.why), asked.now, {"ruling": word})
        found, joined = stands(connection, number), ends(connection, number)
    withdraw_unwilling(asked.parts.engine, asked.parts.desk, joined, asked.now)
    assert isinstance(found, Stands)
    return LinkCard(**found._asdict())


def _number(text: str) -> int:
    """A link's number; 0, which none has, for what is no number of one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
