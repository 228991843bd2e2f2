"""Everything held of one person, for the command line: the service's own export, and what is online."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from settings import Settings


class ExportFault(Exception):
    """The export can't be written. One line: where, why, what to do."""


def export(settings: Settings, user_id: str, actor: str, now: datetime) -> dict[str, Any]:
    """All of it as JSON values; that `actor` took it out is written down first.

    Raises ExportFault, IdentityFault, SecretFault, LedgerError, PlanError, OnlineStoreError.
    """
    from embedded import lease_online_store
    from offers.audit import By
    from people.secret import References
    from river.steps import open_desk
    from serving.gate import OnlineGate
    from serving.holdings import holdings, online_of, rows_of
    from serving.known_as import features_of, why_untold
    from serving.looks import EXPORTED, note
    from serving.online import RedisOnline
    from serving.tables import prepare

    references = References(settings.identity_secret)
    reference = references.of(user_id)
    with open_desk(settings) as desk:
        prepare(desk.journal.engine)
        with desk.journal.write() as connection:
            note(connection, references, EXPORTED, reference, By(actor), now)
        with desk.journal.read() as connection:
            found = holdings(connection, settings, references, reference, now)
    with lease_online_store(settings) as store:
        gate = OnlineGate(RedisOnline(settings, store), time.monotonic)
        features = features_of(gate, rows_of(found), settings.history_limit, None)
        portrait = gate.portrait(found["user_id"])
    if features is None or portrait is None:
        raise ExportFault(why_untold(gate)[1])
    return {**found, "online": online_of(features, portrait)}


def write_private(file: Path, text: str) -> None:
    """Write a new file that its owner alone can read. Raises ExportFault when something of that name is there."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ExportFault(f"{file}: cannot be made ({error.strerror}); name a new file") from None
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
