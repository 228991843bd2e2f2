"""A person's word on what may be done with what is known of them, taken at the command line, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from settings import Settings


@dataclass(frozen=True)
class ConsentState:
    """What a person allows, by purpose, and how many open offers a no withdrew."""

    user_id: str
    allowed: Mapping[str, bool]
    withdrawn: int


def consent(settings: Settings, user_id: str, told: Mapping[str, bool], actor: str, now: datetime) -> ConsentState:
    """Take what was told (nothing: only look). Raises ConsentFault, IdentityFault, LedgerError."""
    from offers.erasing import NO_CONSENT, withdraw_open
    from people.consent import allowed, said, say
    from people.directory import names_of
    from people.secret import References
    from people.telling import micros
    from river.steps import open_desk

    references = References(settings.identity_secret)
    reference = references.of(user_id)
    with open_desk(settings) as desk:
        if told:
            with desk.journal.write() as connection:
                say(connection, references, reference, told, actor, micros(now))
        with desk.journal.read() as connection:
            names = names_of(connection, reference)
            state = allowed(said(connection, names), settings.consent_default)
        n_withdrawn = 0 if state["offers"] else withdraw_open(desk.journal, names, NO_CONSENT, now)
    return ConsentState(names[0], state, n_withdrawn)
