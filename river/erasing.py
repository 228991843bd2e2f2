"""Erasing a person everywhere: asked for in one transaction, then store by store; whoever comes next finishes what broke off.

After the first transaction nobody is answered as that person and nothing late brings them back (`people.tombstones`). Every step
may be done again, and their ids are forgotten last, so a receipt that says done means that all of it was gone through.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from people.dossier import moment
from people.telling import micros
from river.leftovers import drop_leftovers
from river.settling import settle_files
from settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from offers.desk import Desk
    from people.erasing import Receipt


@dataclass(frozen=True)
class ErasureReceipt:
    """What was removed, when, by whom; nothing in it names the person. `done_at` None: files wait for the next offline verb."""

    erasure_id: str
    asked_at: datetime
    done_at: datetime | None
    actor: str
    removed: dict[str, int]
    """By store: lines, rows or files."""


def shell() -> str:
    """Who acts at the command line, as the audit names them."""
    return f"shell:{getpass.getuser()}"


def erase_person(settings: Settings, user_id: str, actor: str, now: datetime, why: str = "") -> ErasureReceipt:
    """Erase the person who bears an id or identity, under all their ids; nobody known is erased too, for what may still come.
    why: for the audit; it names nobody.

    Raises ReasonFault, IdentityFault, SecretFault, LedgerError, DataError, FeatureError, OnlineStoreError.
    """
    from offers.audit import By, record
    from people.erasing import ask, reason
    from people.secret import References
    from river.steps import open_desk
    from training.parts import locked

    references = References(settings.identity_secret)
    with locked(settings.home), open_desk(settings) as desk:
        with desk.journal.write() as connection:
            reference = references.of(user_id)
            by = By(actor, reason(connection, references, reference, why))
            erasure_id = ask(connection, references, reference, actor, micros(now))
            record(connection, "user_erased", erasure_id, by, now)
        done = finish_erasures(settings, desk, now)
    return next(receipt for receipt in done if receipt.erasure_id == erasure_id)


def finish(settings: Settings, now: datetime) -> list[ErasureReceipt]:
    """`finish_erasures` under the home's lock: what every verb does first that reads what people left."""
    from river.steps import open_desk
    from training.parts import locked

    with locked(settings.home), open_desk(settings) as desk:
        return finish_erasures(settings, desk, now)


def finish_erasures(settings: Settings, desk: Desk, now: datetime) -> list[ErasureReceipt]:
    """Go through every store for every erasure under way; their receipts. Call it under the home's lock. Raises as above."""
    from offers.erasing import empty_log
    from people.erasing import close, forget, note, receipts, under_way

    drop_leftovers(settings)
    with desk.journal.read() as connection:
        asked = under_way(connection)
    for erasure_id, ids in asked.items():
        _from_ledger(settings, desk, erasure_id, ids, now)
        _from_files(settings, desk, erasure_id, ids)
        with desk.journal.write() as connection:
            note(connection, erasure_id, forget(connection, ids, "system", micros(now)))
    settle_files(settings, desk)
    with desk.journal.write() as connection:
        for erasure_id in asked:
            # What was issued meanwhile, by a plan that had begun before, is found here.
            _nobodys(connection, erasure_id, asked[erasure_id])
            close(connection, erasure_id, micros(now))
        done = [receipt_of(found) for found in receipts(connection, list(asked))]
    if asked:
        empty_log(desk.journal.engine)
    return done


def receipt_of(found: Receipt) -> ErasureReceipt:
    """A receipt with times as people read them."""
    done = None if found.done_us is None else moment(found.done_us)
    return ErasureReceipt(found.erasure_id, moment(found.asked_us), done, found.actor, dict(found.counts))


def _from_ledger(settings: Settings, desk: Desk, erasure_id: str, ids: list[str], now: datetime) -> None:
    """Coupons, decisions, and events that wait or did."""
    from offers.erasing import ERASED, withdraw_open
    from people.erasing import note
    from serving import inbox
    from serving.tables import prepare
    from training.erasing import find

    prepare(desk.journal.engine)
    withdrawn = withdraw_open(desk.journal, ids, ERASED, now)
    found = find(settings.lake, ids)
    with desk.journal.write() as connection:
        note(connection, erasure_id, {"withdrawn": withdrawn})
        _nobodys(connection, erasure_id, ids)
        # Noted before anything goes: after a break there would be nothing left to count.
        note(connection, erasure_id, {"events": len(found.event_ids), "answers": found.n_answers})
        note(connection, erasure_id, {"inbox": inbox.forget(connection, set(ids), found.event_ids)})


def _nobodys(connection: Connection, erasure_id: str, ids: list[str]) -> None:
    from offers.erasing import make_nobodys
    from people.erasing import note

    note(connection, erasure_id, make_nobodys(connection, ids))


def _from_files(settings: Settings, desk: Desk, erasure_id: str, ids: list[str]) -> None:
    """Events, features on disk and online, and what was shown."""
    from embedded import lease_online_store
    from embedded.online_rows import delete_rows
    from people.erasing import note
    from serving.unshown import unshow
    from training.erasing import erase
    from training.snapshots import VIEWS, without_any

    views = [settings.features / f"{view}.parquet" for view, key in VIEWS.items() if key == "user_id"]
    erase(settings.lake, ids)
    counts = {"features": without_any(views, "user_id", ids)}
    with lease_online_store(settings) as online:
        counts["online"] = delete_rows(settings, online, "user_id", ids)
    counts["impressions"] = unshow(settings.home, set(ids))
    with desk.journal.write() as connection:
        note(connection, erasure_id, counts)
