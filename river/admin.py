"""What an administrator does at the command line, each act with who and why in the audit: keys, the serving model, reserves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from river.actor import by_shell
from river.known_stores import check_store
from river.steps import open_desk
from settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from offers.audit import Audited, By
    from serving.key_list import KeyCard


class AdminFault(Exception):
    """An administrator's act lacks something. One line: what, and what to do."""


@dataclass(frozen=True)
class NewKey:
    """A key that was just made. `key`: the secret, which nothing can show again."""

    key: str
    key_id: str
    scope: str
    store_id: str | None
    expires: datetime | None


def create_key(
    settings: Settings, scope: str, store_id: str | None, now: datetime,
    days: int | None = None, until: datetime | None = None, why: str = "",
) -> NewKey:  # fmt: skip
    """A new API key, for `days` or `until` a moment, else without an end. A till's is for a store that is known, where any is.

    Raises AdminFault, KeyFault, LedgerError, PlanError.
    """
    from serving import keys

    by = by_shell(why)
    if days is not None and until is not None:
        raise AdminFault("--days and --until both say when the key ends; give one of them")
    if days is not None and not 0 < days <= 36_500:
        raise AdminFault(f"--days {days}: not between 1 and 36500")
    expires = now + timedelta(days=days) if days is not None else until
    with _engine(settings) as engine:
        check_store(settings, engine, store_id)
        secret = keys.create(engine, scope, now, store_id=store_id, expires=expires, by=by)
    return NewKey(secret, keys.key_id_of(secret), scope, store_id, expires)


def list_keys(settings: Settings, now: datetime) -> list[KeyCard]:
    """Every key and what has become of it; never a secret. Raises LedgerError."""
    from serving.key_list import listed

    with _engine(settings) as engine:
        return listed(engine, now)


def revoke_key(settings: Settings, key_id: str, why: str, now: datetime) -> None:
    """End a key. Raises AdminFault without a reason, KeyFault, LedgerError."""
    from serving import keys

    if not (by := by_shell(why)).why:
        raise AdminFault("--why is empty: say in a few words why, for the audit")
    with _engine(settings) as engine:
        keys.revoke(engine, key_id, now, by)


def rotate_key(settings: Settings, key_id: str, overlap_hours: float, why: str, now: datetime) -> NewKey:
    """A successor of a key, which goes on working for the overlap. Raises KeyFault, LedgerError."""
    from serving import keys

    by = by_shell(why)
    with _engine(settings) as engine:
        secret = keys.rotate(engine, key_id, now, timedelta(hours=overlap_hours), by)
        new = next(card for card in list_keys(settings, now) if card.key_id == keys.key_id_of(secret))
    return NewKey(secret, new.key_id, new.scope, new.store_id, new.expires)


def promote(settings: Settings, version: str | None, force: bool, why: str, now: datetime) -> dict[str, Any]:
    """`training.promoting.promote_all`. Raises what that raises, LedgerError before anything changes."""
    from offers.audit import By
    from training.promoting import promote_all

    by = by_shell(why)
    with _engine(settings) as engine:
        done = promote_all(settings, version, force, by.why, now)
        if done["promoted"]:
            told = {"before": done["incumbent"], "forced": done["forced"]}
            _recorded(engine, "model_promoted", done["version"], By(by.actor, by.why or done["reason"]), now, told)
    return done


def rollback(settings: Settings, why: str, now: datetime) -> Any:
    """`training.gate.rollback`. Raises what that raises, LedgerError before anything changes."""
    from training import gate

    by = by_shell(why)
    with _engine(settings) as engine:
        done = gate.rollback(settings, now=now)
        _recorded(engine, "model_rolled_back", done.version, by, now, {"before": done.incumbent})
    return done


def release_reserve(settings: Settings, campaign_id: str, cents: int, why: str, now: datetime) -> int:
    """Let new coupons have some of a campaign's reserve; what is left of it. Raises LedgerError."""
    by = by_shell(why)
    with open_desk(settings) as desk:
        return desk.release_reserve(campaign_id, cents, by.actor, by.why, now)


def audited(settings: Settings, limit: int) -> list[Audited]:
    """The newest acts first. Raises LedgerError."""
    from offers.audit import newest

    with open_desk(settings) as desk, desk.journal.read() as connection:
        return newest(connection, limit)


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    from serving.tables import prepare

    with open_desk(settings) as desk:
        prepare(desk.journal.engine)
        yield desk.journal.engine


def _recorded(engine: Engine, act: str, subject: str, by: By, now: datetime, detail: Any) -> None:
    from offers.audit import record
    from offers.database import transaction

    with transaction(engine, write=True) as connection:
        record(connection, act, subject, by, now, detail)
