"""Everything that is held of one person, in one answer: what an export hands over.

Tables of the ledger's database are read by their columns, so a column that is added later is exported without a word here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from offers.tables import coupons, decisions, entries
from people.consent import allowed, said
from people.directory import names_of
from people.identity import kind_of
from people.secret import References
from people.tables import AUDIT, IDENTITIES, LINKS
from serving.holdings_files import Files
from serving.inbox import waiting_of
from serving.looks import looks_at
from serving.online_port import Portrait, UserFeatures
from settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ASKED = 5000
Rows = list[dict[str, Any]]


def holdings(
    connection: Connection, settings: Settings, references: References, user_id: str, now: datetime
) -> dict[str, Any]:
    """All of it as JSON values but the online row, which the caller has a store for. user_id: an id, or a reference.

    Identities are references: what they were made of is not held. Raises PlanError when a file is damaged, SecretFault.
    """
    names = names_of(connection, user_id)
    files = Files(settings, names)
    theirs = _rows(connection, coupons, coupons.c.user_id.in_(names))
    words = said(connection, names)
    return {
        "user_id": names[0],
        "exported_at": now,
        "identities": _identities(connection, names),
        "links": _links(connection, names),
        "consent": {
            "allowed": allowed(words, settings.consent_default),
            "said": [{**word._asdict(), "at": _moment(word.at_us)} for word in words],
        },
        "events": files.events(),
        "events_waiting": [record for _, record in waiting_of(connection, names)],
        "features": files.features(),
        "coupons": theirs,
        "decisions": _rows(connection, decisions, decisions.c.user_id.in_(names)),
        "entries": _entries(connection, [row["offer_id"] for row in theirs]),
        "answers": files.answers(),
        "shown_waiting": files.shown(),
        "reports": files.reports(),
        "looks": looks_at(connection, references, names),
    }


def online_of(known: UserFeatures, portrait: Portrait) -> dict[str, Any]:
    """What the online store holds, as JSON values."""
    history = known.history
    columns = ("counts", "decayed", "last_visit", "last_at_s")
    return {
        "as_of": None if known.as_of is None else known.as_of.isoformat(),
        "profile": {name: value.item() if hasattr(value, "item") else value for name, value in known.profile.items()},
        "portrait": dict(portrait.values),
        "history": {"product_ids": list(history.product_ids), **{c: getattr(history, c).tolist() for c in columns}},
        "n_visits": history.n_visits,
        "hour_of_week": known.rhythm.tolist() if known.rhythm.any() else [],
    }


def is_empty(found: dict[str, Any]) -> bool:
    """Whether nothing at all is held."""
    filled = (value for name, value in found.items() if name not in ("user_id", "exported_at", "consent", "looks"))
    return not (any(filled) or found["consent"]["said"])


def _identities(connection: Connection, names: Sequence[str]) -> Rows:
    found = connection.execute(sa.select(IDENTITIES).where(IDENTITIES.c.reference.in_(names)))
    rows = sorted(found, key=lambda row: names.index(row.reference))
    return [
        {
            "reference": row.reference,
            "kind": kind_of(row.reference),
            "first_seen_at": _moment(row.first_us),
            "store_id": row.store_id,
            "order_id": row.order_id,
        }
        for row in rows
    ]


def _links(connection: Connection, names: Sequence[str]) -> Rows:
    """Every link of theirs with what became of it, and the rulings on it. The other end of one that was refused is somebody
    else, perhaps, so it is told by its kind."""
    mine = {row.number for row in connection.execute(sa.select(IDENTITIES).where(IDENTITIES.c.reference.in_(names)))}
    ends = LINKS.c.left_number.in_(mine) | LINKS.c.right_number.in_(mine)
    found = connection.execute(sa.select(LINKS).where(ends).order_by(LINKS.c.number)).all()
    reference = {row.number: row.reference for row in _by_number(connection, found)}
    ruled: dict[int, Rows] = {}
    rulings = sa.select(AUDIT).where(AUDIT.c.act == "ruling", AUDIT.c.link_number.in_([row.number for row in found]))
    for row in connection.execute(rulings.order_by(AUDIT.c.seq)):
        ruled.setdefault(row.link_number, []).append(
            {"at": _moment(row.at_us), "by": row.actor, "ruling": str(row.detail).partition(":")[0]}
        )
    rows = []
    for row in found:
        both = (row.left_number, row.right_number)
        told = [reference[n] if n in mine else f"{kind_of(reference[n] or '')} of somebody else" for n in both]
        about = {name: getattr(row, name) for name in ("source", "evidence", "verdict")}
        rows.append({"between": told, **about, "seen_at": _moment(row.seen_us), "rulings": ruled.get(row.number, [])})
    return rows


def _by_number(connection: Connection, links: Iterable[Any]) -> Sequence[Any]:
    numbers = {number for row in links for number in (row.left_number, row.right_number)}
    return connection.execute(sa.select(IDENTITIES).where(IDENTITIES.c.number.in_(numbers))).all()


def _entries(connection: Connection, offer_ids: Sequence[str]) -> Rows:
    found: Rows = []
    for start in range(0, len(offer_ids), _ASKED):
        found += _rows(connection, entries, entries.c.offer_id.in_(offer_ids[start : start + _ASKED]))
    return sorted(found, key=lambda row: (row["campaign_id"], row["seq"]))


def _rows(connection: Connection, table: Table, where: sa.ColumnElement[bool]) -> Rows:
    keys = list(table.primary_key)
    rows = connection.execute(sa.select(table).where(where).order_by(*keys)).mappings()
    return [{name: _plain(name, value) for name, value in row.items()} for row in rows]


def _plain(name: str, value: Any) -> Any:
    """JSON columns as what they say, moments as RFC 3339."""
    if isinstance(value, datetime):
        return value.isoformat()
    return json.loads(value) if name in ("text", "arms", "detail") and isinstance(value, str) else value


def _moment(us: int) -> str:
    return (_EPOCH + timedelta(microseconds=us)).isoformat()
