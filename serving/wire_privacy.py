"""The wire of consent, export and erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from people.reason import MAX_WHY
from serving.wire import PRINTABLE, Ask

Rows = list[dict[str, Any]]


class ConsentAsk(Ask, frozen=True):
    """A person's new word: yes or no to each purpose that is named."""

    recommend: bool | None = None
    offers: bool | None = None
    measurement: bool | None = None


class Allowed(Struct, frozen=True, kw_only=True):
    """Whether a purpose is allowed now."""

    recommend: bool
    offers: bool
    measurement: bool


class ConsentCard(Struct, frozen=True, kw_only=True):
    """What a person allows, their own words and the default taken together; `n_withdrawn`: open offers that a no took back."""

    user_id: str
    allowed: Allowed
    n_withdrawn: int = 0


class EraseQuery(Ask, frozen=True):
    """Query of `DELETE /v1/users/{user_id}`. `why` is kept in the audit for ever and names nobody."""

    why: Annotated[str, Meta(max_length=MAX_WHY, pattern=PRINTABLE)] = ""


class ErasureCard(Struct, frozen=True, kw_only=True):
    """The receipt of an erasure. `done_at` null: nobody is answered as that person any more and nothing late brings them back,
    but files still wait for `daypart purge`, `features` or `user erase`. `removed`: lines or rows by store."""

    erasure_id: str
    asked_at: datetime
    done_at: datetime | None
    actor: str
    removed: dict[str, int]


class Export(Struct, frozen=True, kw_only=True):
    """Everything held of one person, by kind; `docs/privacy.md` says what each is. Identities are references."""

    user_id: str
    exported_at: datetime
    identities: Rows
    links: Rows
    consent: dict[str, Any]
    events: Rows
    events_waiting: Rows
    features: dict[str, Rows]
    online: dict[str, Any]
    coupons: Rows
    decisions: Rows
    entries: Rows
    answers: Rows
    shown_waiting: Rows
    reports: list[str]
    looks: Rows
