"""A person's own calls, made for them: their word on purposes, everything held of them, and to be forgotten."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from embedded import OnlineStoreError
from offers.audit import By, record
from offers.database import transaction
from offers.erasing import ERASED, NO_CONSENT, make_nobodys, withdraw_open
from offers.errors import PlanError
from people import erasing
from people.consent import ConsentFault, allowed, said, say
from people.directory import names_of
from people.reason import ReasonFault
from serving import inbox
from serving.admitting import micros
from serving.asked import Asked, Reply
from serving.holdings import holdings, is_empty, online_of, rows_of
from serving.known_as import features_of, why_untold
from serving.looks import EXPORTED, note
from serving.problems import malformed, not_found, unavailable
from serving.wire_privacy import Allowed, ConsentCard, ErasureCard, Export

log = logging.getLogger("daypart.serving")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def consent(asked: Asked) -> Reply:
    """What a person allows."""
    return Reply(await asked.begin(_consent, asked, {}))


async def say_consent(asked: Asked) -> Reply:
    """A person's new word; a no to offers withdraws those that are open."""
    told = {name: word for name, word in msgspec.structs.asdict(asked.body).items() if word is not None}
    try:
        return Reply(await asked.begin(_consent, asked, told))
    except ConsentFault as fault:
        raise malformed(str(fault), "", "no_purpose") from None


async def export(asked: Asked) -> Reply:
    """Everything held of a person."""
    try:
        found = await asked.begin(_held, asked)
    except PlanError as fault:
        log.warning("an export failed: %s", fault)
        raise unavailable("files_unreadable", "a file of features or events can't be read") from None
    gate, theirs, limit = asked.parts.gate, rows_of(found), asked.parts.settings.history_limit
    features = await asked.begin(features_of, gate, theirs, limit, None)
    portrait = await asked.begin(gate.portrait, theirs[0])
    if features is None or portrait is None:
        raise unavailable(*why_untold(gate))
    if is_empty(found) and features.as_of is None and portrait.as_of is None:
        raise not_found("unknown_user", "nothing is held of anybody with this id")
    return Reply(Export(**found, online=online_of(features, portrait)))


async def erase(asked: Asked) -> Reply:
    """Forget a person: at once in what answers and in the database, in files by the next offline verb."""
    try:
        return Reply(await asked.begin(_erase, asked))
    except ReasonFault as fault:
        raise malformed(str(fault), "query/why", "bad_reason") from None


async def erasure(asked: Asked) -> Reply:
    """How far an erasure is."""
    found = await asked.begin(_receipt, asked, asked.path["erasure_id"])
    if found is None:
        raise not_found("unknown_erasure", "no erasure has this id")
    return Reply(found)


def _consent(asked: Asked, told: dict[str, bool]) -> ConsentCard:
    parts, user_id, now_us = asked.parts, asked.path["user_id"], micros(asked.now)
    references = parts.persons.references
    if asked.body is not None:
        with transaction(parts.engine, write=True) as connection:
            say(connection, references, user_id, told, asked.key.key_id, now_us)
    with transaction(parts.engine, write=False) as connection:
        names = names_of(connection, user_id)
        state = allowed(said(connection, names), parts.settings.consent_default)
    n_withdrawn = 0
    if told and not state["offers"]:
        n_withdrawn = withdraw_open(parts.desk.journal, names, NO_CONSENT, asked.now)
    return ConsentCard(user_id=names[0], allowed=Allowed(**state), n_withdrawn=n_withdrawn)


def _held(asked: Asked) -> dict[str, Any]:
    references = asked.parts.persons.references
    with transaction(asked.parts.engine, write=True) as connection:
        note(connection, references, EXPORTED, asked.path["user_id"], By(asked.key.key_id), asked.now)
    with transaction(asked.parts.engine, write=False) as connection:
        return holdings(connection, asked.parts.settings, references, asked.path["user_id"], asked.now)


def _erase(asked: Asked) -> ErasureCard:
    parts, actor = asked.parts, asked.key.key_id
    with transaction(parts.engine, write=True) as connection:
        references, user_id = parts.persons.references, asked.path["user_id"]
        by = By(actor, erasing.reason(connection, references, user_id, asked.query.why))
        erasure_id = erasing.ask(connection, references, user_id, actor, micros(asked.now))
        ids = erasing.under_way(connection)[erasure_id]
        record(connection, "user_erased", erasure_id, by, asked.now)
    withdrawn = withdraw_open(parts.desk.journal, ids, ERASED, asked.now)
    with transaction(parts.engine, write=True) as connection:
        removed = {**make_nobodys(connection, ids), "inbox": inbox.forget(connection, set(ids), [])}
        removed |= erasing.forget(connection, ids, actor, micros(asked.now))
        erasing.note(connection, erasure_id, {**removed, "withdrawn": withdrawn})
    try:
        n_online = parts.standing.forget(ids)
    except (OnlineStoreError, OSError) as error:
        # Whoever finishes the erasure deletes it; until then nobody is answered by it.
        log.warning("an erased person's online row waits: %s", type(error).__name__)
    else:
        with transaction(parts.engine, write=True) as connection:
            erasing.note(connection, erasure_id, {"online": n_online})
    found = _receipt(asked, erasure_id)
    assert found is not None
    return found


def _receipt(asked: Asked, erasure_id: str) -> ErasureCard | None:
    with transaction(asked.parts.engine, write=False) as connection:
        found = erasing.receipts(connection, [erasure_id])
    if not found:
        return None
    one = found[0]
    return ErasureCard(
        erasure_id=one.erasure_id,
        asked_at=_EPOCH + timedelta(microseconds=one.asked_us),
        done_at=None if one.done_us is None else _EPOCH + timedelta(microseconds=one.done_us),
        actor=one.actor,
        removed=dict(one.counts),
    )
