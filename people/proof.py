"""Proof of the registry: all evidence resolved anew and the audit replayed, both beside what the tables say."""

from __future__ import annotations

import sqlalchemy as sa

from people.audit import AuditRow, replay
from people.evidence import VERDICTS
from people.resolution import resolve
from people.settling import evidence_of
from people.tables import AUDIT, IDENTITIES, LINKS


def differences(connection: sa.Connection) -> list[str]:
    """A sentence for each person, verdict or ruling that the evidence or the audit gives otherwise; numbers only."""
    nodes = sorted(connection.execute(sa.select(IDENTITIES)).all(), key=lambda row: row.reference or "")
    links = connection.execute(sa.select(LINKS).order_by(LINKS.c.number)).all()
    found = resolve(evidence_of(nodes, links))
    columns = [AUDIT.c[name] for name in AuditRow._fields]
    rows = connection.execute(sa.select(*columns).order_by(AUDIT.c.seq))
    try:
        told = replay(AuditRow(*row) for row in rows)
    except ValueError as error:
        return [str(error)]
    said = []
    for node, person in zip(nodes, found.person.tolist(), strict=True):
        for whose, number in (
            ("the evidence", nodes[person].number),
            ("the audit", told.person.get(node.number, node.number)),
        ):
            if number != node.person:
                said.append(f"identity {node.number}: stored under person {node.person}, by {whose} {number}")
    for link, verdict in zip(links, found.verdict.tolist(), strict=True):
        ways = (("the evidence", VERDICTS[verdict]), ("the audit", told.verdict.get(link.number)))
        said += [
            f"link {link.number}: stored as {link.verdict}, by {whose} {now}"
            for whose, now in ways
            if now != link.verdict
        ]
        if told.ruling.get(link.number, "") != link.ruling:
            said.append(f"link {link.number}: ruled {link.ruling!r}, by the audit {told.ruling.get(link.number)!r}")
    return said
