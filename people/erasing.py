"""Erasing a person, the part that stands in this room's tables: asked for, done store by store, closed with a receipt.

The first transaction sets tombstones and notes whom it is about; every store is gone through after that, each step harmless
when done again; the last one forgets whom it was about. So an erasure that breaks off is finished by whoever comes next.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from people.audit import AuditRow
from people.directory import names_of
from people.identity import kind_of
from people.reason import checked
from people.registry import record
from people.secret import References
from people.settling import settle
from people.tables import CONSENT, ERASURES, IDENTITIES, LINKS, TARGETS
from people.tombstones import bury


class Receipt(NamedTuple):
    """What was removed where, when and by whom; of the person it says nothing. `done_us` None: some stores still wait."""

    erasure_id: str
    asked_us: int
    done_us: int | None
    actor: str
    counts: Mapping[str, int]


def ask(connection: sa.Connection, references: References, reference: str, actor: str, now_us: int) -> str:
    """Begin the erasure of the person who bears a reference or id, all their ids, claimed receipts included; its id.

    One that is under way is that one. Raises SecretFault.
    """
    names = names_of(connection, reference)
    begun = sa.select(TARGETS.c.erasure_id).where(TARGETS.c.reference.in_(names)).limit(1)
    erasure_id = connection.execute(begun).scalar()
    if erasure_id is None:
        erasure_id = secrets.token_hex(16)
        row = {"erasure_id": erasure_id, "asked_us": now_us, "actor": actor, "counts": "{}"}
        connection.execute(sa.insert(ERASURES), [row])
    known = set(connection.execute(sa.select(TARGETS.c.reference).where(TARGETS.c.erasure_id == erasure_id)).scalars())
    fresh = [{"erasure_id": erasure_id, "reference": name} for name in names if name not in known]
    if fresh:
        connection.execute(sa.insert(TARGETS), fresh)
    # A receipt is whoever's shows it next.
    bury(connection, {references.mark(name) for name in names if kind_of(name) != "receipt"}, now_us)
    # Moves `directory.version`, by which serving processes know that they must ask again.
    record(connection, [AuditRow("erasure", detail=erasure_id)], actor, now_us)
    return str(erasure_id)


def reason(connection: sa.Connection, references: References, reference: str, why: str) -> str:
    """Why somebody is erased, for an audit that outlives them. Raises ReasonFault where it names them, or is too long."""
    return checked(why, names_of(connection, reference), references)


def under_way(connection: sa.Connection) -> dict[str, list[str]]:
    """Ids by erasure, of those that are not done, the oldest first."""
    rows = connection.execute(
        sa.select(TARGETS)
        .join(ERASURES, ERASURES.c.erasure_id == TARGETS.c.erasure_id)
        .order_by(ERASURES.c.asked_us, ERASURES.c.erasure_id, TARGETS.c.reference)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.erasure_id, []).append(row.reference)
    return found


def forget(connection: sa.Connection, names: Sequence[str], actor: str, now_us: int) -> dict[str, int]:
    """Take a person out of the registry and of consent: every link of theirs is rejected, so nobody else's stands on it, and
    what remains are numbers; how many by table. The audit stays whole and replays to what is stored."""
    found = connection.execute(sa.select(IDENTITIES.c.number).where(IDENTITIES.c.reference.in_(names)))
    numbers = set(found.scalars())
    theirs = LINKS.c.left_number.in_(numbers) | LINKS.c.right_number.in_(numbers)
    links = list(connection.execute(sa.select(LINKS).where(theirs).order_by(LINKS.c.number)))
    for link in links:
        # Evidence is told by others and may name whom it is about.
        told = {"ruling": "rejected", "evidence": f"erased-{link.number}"}
        connection.execute(sa.update(LINKS).where(LINKS.c.number == link.number).values(told))
    rejected = [AuditRow("ruling", link.number, detail="rejected:erased") for link in links]
    record(connection, rejected, actor, now_us)
    # Before the rest is settled, which sees by it that nothing may wait on them.
    nobody = {"reference": None, "store_id": None, "order_id": None}
    connection.execute(sa.update(IDENTITIES).where(IDENTITIES.c.number.in_(numbers)).values(nobody))
    touched = {number for link in links for number in (link.left_number, link.right_number)}
    record(connection, settle(connection, touched), actor, now_us)
    said = sa.update(CONSENT).where(CONSENT.c.reference.in_(names)).values(reference=None)
    return {"identities": len(numbers), "links": len(links), "consent": connection.execute(said).rowcount}


def note(connection: sa.Connection, erasure_id: str, counts: Mapping[str, int]) -> None:
    """Write down what was found in stores. Told again after a break, the larger count stands: the rest had gone already."""
    mine = ERASURES.c.erasure_id == erasure_id
    stands = json.loads(connection.execute(sa.select(ERASURES.c.counts).where(mine)).scalar_one())
    for store, n in counts.items():
        stands[store] = max(n, stands.get(store, 0))
    connection.execute(sa.update(ERASURES).where(mine).values(counts=json.dumps(stands, sort_keys=True)))


def close(connection: sa.Connection, erasure_id: str, now_us: int) -> None:
    """Every store was gone through: forget whom it was about."""
    connection.execute(sa.delete(TARGETS).where(TARGETS.c.erasure_id == erasure_id))
    connection.execute(sa.update(ERASURES).where(ERASURES.c.erasure_id == erasure_id).values(done_us=now_us))


def receipts(connection: sa.Connection, ids: Collection[str]) -> list[Receipt]:
    """The receipts of these erasures, in the order in which they were asked for."""
    mine = sa.select(ERASURES).where(ERASURES.c.erasure_id.in_(ids))
    return [_receipt(row) for row in connection.execute(mine.order_by(ERASURES.c.asked_us, ERASURES.c.erasure_id))]


def _receipt(row: Any) -> Receipt:
    return Receipt(row.erasure_id, row.asked_us, row.done_us, row.actor, json.loads(row.counts))
