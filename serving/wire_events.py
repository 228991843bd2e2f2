"""The wire of `POST /v1/events`. What an event is: `feature_repo/events.py`; a row as it is judged: `events.py`."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from serving.wire import MAX_EVENTS, Ask


class EventsAsk(Ask, frozen=True):
    """Body of `POST /v1/events`: rows as in the events table; each is judged alone."""

    events: Annotated[tuple[Raw, ...], Meta(max_length=MAX_EVENTS)]


class Rejected(Struct, frozen=True):
    """An event that was not taken: its place in the list, a code and why."""

    index: int
    code: str
    detail: str


class Adjusted(Struct, frozen=True):
    """An event that was taken, but not as it was told: its place in the list, a code and what was changed."""

    index: int
    code: str
    detail: str


class EventsTaken(Struct, frozen=True, kw_only=True):
    """Answer of `POST /v1/events`, given after the accepted ones are durable. `adjusted` is there if anything was."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]
    adjusted: list[Adjusted] | UnsetType = UNSET
