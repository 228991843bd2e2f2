"""One person shown at the command line: the service's own card of them, and how their products and stores are called."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from river.person_words import Shown
from settings import Settings


def show_user(settings: Settings, user_id: str, actor: str, now: datetime) -> Shown | None:
    """One person, by any of their ids, as `GET /v1/users/{id}` tells of them; None where nobody is known. That `actor` looked
    is written down first.

    Raises IdentityFault, SecretFault, LedgerError, OnlineStoreError, DataError.
    """
    from embedded import OnlineStoreError, lease_online_store
    from offers.audit import By
    from people.secret import References
    from river.steps import open_desk
    from serving.gate import OnlineGate
    from serving.known_as import features_of, why_untold
    from serving.looks import look
    from serving.online import RedisOnline
    from serving.people import card, is_unknown

    references = References(settings.identity_secret)
    reference = references.of(user_id)
    with open_desk(settings) as desk:
        with desk.journal.write() as connection:
            told = look(connection, references, settings.consent_default, reference, By(actor), now)
        found = [offer for name in told.rows for offer in desk.wallet(name, now)]
    offers = sorted(found, key=lambda offer: (offer.valid_from, offer.offer_id))
    with lease_online_store(settings) as store:
        gate = OnlineGate(RedisOnline(settings, store), time.monotonic)
        features, portrait = features_of(gate, told.rows, settings.history_limit), gate.portrait(told.names[0])
    if features is None or portrait is None:
        raise OnlineStoreError(why_untold(gate)[1])
    shown = card(told, features, portrait, len(offers))
    if is_unknown(told, shown):
        return None
    return Shown(shown, offers, _names(settings.lake, "products"), _names(settings.lake, "stores"))


def _names(lake: Path, table: str) -> dict[str, str]:
    from training.lake import read_table

    rows = read_table(lake, table).drop_nulls("name")
    return dict(zip(rows[f"{table[:-1]}_id"], rows["name"], strict=True))
