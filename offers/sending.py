"""May this offer be sent now? Pure: values in, a verdict out.

A message's moment is the offer's planned one, or now when that is past. It must not lie in the campaign's quiet time by the
store's clock, nor nearer than `gap_s` to another message of the same user, nor be the day's one too many; else the offer
waits for the first moment that is right. What can't be used any more, or would come too late to be used, is withdrawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from offers.slots import DAY, Store, is_open, is_quiet, moment, zone_of
from settings import Settings

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Sending:
    """Rules of sending, over all campaigns and channels: seconds an offer stays with the scheduler it was handed to, most
    messages to a user in a local day (0: any number), least seconds between two."""

    lease_s: int = 300
    per_day: int = 2
    gap_s: int = 7200


def sending_of(settings: Settings) -> Sending:
    """The rules that the settings say."""
    return Sending(settings.lease_s, settings.messages_per_day, settings.message_gap_s)


@dataclass(frozen=True)
class Sendable:
    """An offer about to be sent: its times, where it stands, and its campaign's say. `quiet`: minutes of the day, None for none;
    `units`: of the product in stock, None when unknown."""

    send_at: datetime
    valid_from: datetime
    valid_until: datetime
    held_until: datetime | None = None
    store: Store | None = None
    quiet: tuple[int, int] | None = None
    stopped: bool = False
    units: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The store's zone; UTC for a store whose clock is unknown."""
        return zone_of(self.store.timezone if self.store else "UTC")


@dataclass(frozen=True)
class Verdict:
    """`send`, with the moment of the message; `wait`, with the moment to look again; or `withdraw`, and why."""

    act: Literal["send", "wait", "withdraw"]
    at: datetime
    why: str = ""


def verdict(offer: Sendable, others: Sequence[datetime], sending: Sending, now: datetime) -> Verdict:
    """What to do with an offer. `others`: moments of the user's other messages."""
    why = lost(offer, now)
    if why is not None:
        return Verdict("withdraw", now, why)
    if offer.held_until is not None and offer.held_until > now:
        return Verdict("wait", offer.held_until, "held")
    wanted = max(offer.send_at, now)
    loud = after_quiet(wanted, offer.zone, offer.quiet)
    at = next_moment(wanted, offer.zone, offer.quiet, others, sending)
    if at >= offer.valid_until:
        return Verdict("withdraw", now, "expired" if loud >= offer.valid_until else "limit_reached")
    return Verdict("wait", at) if at > wanted else Verdict("send", wanted)


def lost(offer: Sendable, now: datetime) -> str | None:
    """Why the offer can't be used any more, by the name of the refusal a till would give; None when it can."""
    if offer.valid_until <= now:
        return "expired"
    if offer.store is not None and not _opens(offer.store, offer.valid_from, offer.valid_until):
        return "store_closed"
    if offer.units is not None and offer.units <= 0:
        return "out_of_stock"
    return "campaign_stopped" if offer.stopped else None


def next_moment(
    wanted: datetime, zone: ZoneInfo, quiet: tuple[int, int] | None, others: Sequence[datetime], sending: Sending
) -> datetime:
    """The first moment from `wanted` on at which a message may be sent. It ends: beyond the last other message only quiet
    time is in the way, and that has an end."""
    at, gap = wanted, timedelta(seconds=sending.gap_s)
    while True:
        before = at
        at = after_quiet(at, zone, quiet)
        day = at.astimezone(zone).date()
        if sending.per_day and sum(one.astimezone(zone).date() == day for one in others) >= sending.per_day:
            at = max(moment(zone, day, DAY), at + TICK)
        near = [one for one in others if abs(one - at) < gap]
        at = max((one + gap for one in near), default=at)
        if at == before:
            return at


def after_quiet(at: datetime, zone: ZoneInfo, quiet: tuple[int, int] | None) -> datetime:
    """`at`, or the end of the quiet time it lies in. A clock set back into quiet time that was over begins none."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    if quiet is None or not is_quiet(minute, quiet):
        return at
    return max(at, moment(zone, local.date(), quiet[1] if minute < quiet[1] else DAY + quiet[1]))


def _opens(store: Store, begin: datetime, end: datetime) -> bool:
    """Whether the store is open at the beginning or the end of a window; a window is shorter than a day."""
    return is_open(store, begin) or is_open(store, end - TICK)
