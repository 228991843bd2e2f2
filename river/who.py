"""Who is who at the command line: receipts claimed, an operator's queue and rulings, and one person's file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from people.secret import References
from people.telling import check_living, claim, micros
from settings import Settings


def claim_receipt(
    settings: Settings, user_id: str, store_id: str, order_id: str, actor: str, now: datetime
) -> dict[str, Any]:
    """A person shows the receipt of a ticket that named nobody: what becomes of the link, and how many lines of it the lake has:
    with none it waits for its till, if there is such a ticket. Raises LinkFault, LedgerError, DataError."""
    from people.directory import stand
    from people.registry import take
    from people.tombstones import stones_of
    from river.contesting import contest_claims
    from river.steps import open_desk
    from serving.unwilling import withdraw_unwilling
    from training.persons import n_ticket_lines

    references = References(settings.identity_secret)
    one, tickets = claim(references, user_id, store_id, order_id, now)
    with open_desk(settings) as desk:
        with desk.journal.write() as connection:
            check_living(stones_of(connection, references, one[:2]).get, one)
            take(connection, [one], actor, micros(now), tickets)
        contest_claims(settings, desk, now)
        with desk.journal.read() as connection:
            found = stand(connection, [one])[0]
        withdraw_unwilling(desk.journal.engine, desk, one[:2], now)
    (ticket,) = tickets.values()
    return {**found._asdict(), "lines": n_ticket_lines(settings.lake, *ticket)}


def rule_link(settings: Settings, number: int, ruling: str, actor: str, why: str, now: datetime) -> dict[str, Any]:
    """An operator's word on a link: accepted, rejected, or nothing again; how it stands then. Raises RulingFault, LedgerError."""
    from offers.audit import By, record
    from people.directory import ends, stands
    from people.registry import rule
    from river.steps import open_desk
    from serving.unwilling import withdraw_unwilling

    with open_desk(settings) as desk:
        with desk.journal.write() as connection:
            rule(connection, number, ruling, actor, why, micros(now), References(settings.identity_secret))
            record(connection, "link_ruled", str(number), By(actor, why), now, {"ruling": ruling})
            found, joined = stands(connection, number), ends(connection, number)
        withdraw_unwilling(desk.journal.engine, desk, joined, now)
    return {} if found is None else found._asdict()


def waiting(settings: Settings, limit: int = 100, after: int = 0) -> list[dict[str, Any]]:
    """Links that contradict what stands, with the reason. Raises LedgerError."""
    from people.directory import queue
    from people.dossier import moment
    from river.steps import open_desk

    with open_desk(settings) as desk, desk.journal.read() as connection:
        rows = [row._asdict() for row in queue(connection, limit, after)]
    for row in rows:
        row["occurred_at"] = moment(row.pop("seen_us"))
    return rows


def who_is(settings: Settings, user_id: str) -> dict[str, Any]:
    """Whoever bears an id or identity: name, ids, links. Raises IdentityFault, SecretFault, LedgerError."""
    from people.dossier import who
    from river.steps import open_desk

    reference = References(settings.identity_secret).of(user_id)
    with open_desk(settings) as desk, desk.journal.read() as connection:
        return who(connection, reference)
