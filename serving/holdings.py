"""Everything that is held of one person, in one answer: what an export hands over.

Tables of the ledger's database are read by their columns, so a column that is added later is exported without a word here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from offers.tables import coupons, decisions, entries
from people.consent import allowed, said
from people.directory import names_of
from people.dossier import identities, links, moment
from people.secret import References
from serving.holdings_files import Files
from serving.inbox import waiting_of
from serving.looks import looks_at
from serving.online_port import Portrait, UserFeatures
from settings import Settings

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
        "identities": identities(connection, names),
        "links": links(connection, names),
        "consent": {
            "allowed": allowed(words, settings.consent_default),
            "said": [{**word._asdict(), "at": moment(word.at_us).isoformat()} for word in words],
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


def rows_of(found: dict[str, Any]) -> tuple[str, ...]:
    """Of an export, the ids under which an online row may stand, the name first."""
    others = (one["reference"] for one in found["identities"] if one["kind"] != "receipt")
    return tuple(dict.fromkeys((found["user_id"], *others)))


def is_empty(found: dict[str, Any]) -> bool:
    """Whether nothing at all is held."""
    filled = (value for name, value in found.items() if name not in ("user_id", "exported_at", "consent", "looks"))
    return not (any(filled) or found["consent"]["said"])


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
