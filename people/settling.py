"""Settling: the components that something touched, read whole, resolved anew, and what differs written down."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from people.audit import AuditRow, moves
from people.batches import batches
from people.evidence import CODES, FORGOTTEN, RULINGS, VERDICTS, since_us
from people.identity import kind_of
from people.resolution import Evidence, resolve
from people.tables import IDENTITIES, LINKS

_ASKED = 5000


def settle(connection: sa.Connection, touched: Iterable[int]) -> list[AuditRow]:
    """Bring persons and verdicts of the touched identities' components up to the evidence; the rows that tell of each change."""
    nodes, links = _component(connection, touched)
    if not links:
        return []
    found = resolve(evidence_of(nodes, links))
    after = {node.number: nodes[person].number for node, person in zip(nodes, found.person.tolist(), strict=True)}
    before = {node.number: node.person for node in nodes}
    news = [{"n": number, "p": person} for number, person in after.items() if before[number] != person]
    if news:
        mine = IDENTITIES.c.number == sa.bindparam("n")
        connection.execute(sa.update(IDENTITIES).where(mine).values(person=sa.bindparam("p")), news)
    told = [VERDICTS[verdict] for verdict in found.verdict.tolist()]
    changed = [(one.number, said) for one, said in zip(links, told, strict=True) if one.verdict != said]
    if changed:
        mine = LINKS.c.number == sa.bindparam("n")
        said = [{"n": number, "v": verdict} for number, verdict in changed]
        connection.execute(sa.update(LINKS).where(mine).values(verdict=sa.bindparam("v")), said)
    verdicts = [AuditRow("verdict", number, detail=verdict) for number, verdict in sorted(changed)]
    return [*verdicts, *moves(before, after)]


def evidence_of(nodes: Sequence[Any], links: Sequence[Any]) -> Evidence:
    """Arrays of rows of `identities`, sorted by reference, and of `identity_links` between them; an end without a reference was
    erased."""
    erased = {node.number for node in nodes if node.reference is None}
    place = {node.number: at for at, node in enumerate(nodes)}
    ends = [sorted((place[one.left_number], place[one.right_number])) for one in links]
    keys = [(one.seen_us, one.source, one.evidence, *pair) for one, pair in zip(links, ends, strict=True)]
    order = {key: at for at, key in enumerate(sorted(keys))}
    pairs = np.array(ends, np.int64).reshape(-1, 2)
    return Evidence(
        kind=np.array([CODES.index(kind_of(node.reference or "")) for node in nodes], np.uint8),
        first_us=np.array([node.first_us for node in nodes], np.int64),
        left=pairs[:, 0],
        right=pairs[:, 1],
        since_us=np.array([since_us(one.source, one.seen_us, one.taken_us) for one in links], np.int64),
        tie=np.array([order[key] for key in keys], np.int64),
        ruling=np.array(
            [FORGOTTEN if erased & {one.left_number, one.right_number} else RULINGS.index(one.ruling) for one in links],
            np.uint8,
        ),
    )


def _component(connection: sa.Connection, touched: Iterable[int]) -> tuple[list[Any], list[Any]]:
    """Every identity that evidence of any standing leads to, by reference, and every link between them."""
    links: dict[int, Any] = {}
    nodes = frontier = set(touched)
    while frontier:
        found = []
        for column in (LINKS.c.left_number, LINKS.c.right_number):
            found += _rows(connection, LINKS, column, frontier)
        links |= {row.number: row for row in found}
        reached = {number for row in found for number in (row.left_number, row.right_number)}
        frontier, nodes = reached - nodes, nodes | reached
    rows = _rows(connection, IDENTITIES, IDENTITIES.c.number, nodes)
    return sorted(rows, key=lambda row: row.reference or ""), [links[number] for number in sorted(links)]


def _rows(connection: sa.Connection, table: sa.Table, column: sa.Column[Any], numbers: Collection[int]) -> list[Any]:
    wanted, rows = sorted(numbers), list[Any]()
    for some in batches(wanted, _ASKED):
        rows += connection.execute(sa.select(table).where(column.in_(some))).all()
    return rows
