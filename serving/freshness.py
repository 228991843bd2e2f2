"""How old what an answer rests on is, whether our clock can be right about it, and whether anybody still brings features online.

A person's row may be as old as it likes: it is true until the moment at which all were (`embedded.filled`). What goes stale is
what only `daypart features` brings, when that runs no more.
"""

from __future__ import annotations

from datetime import datetime

from feature_repo.events import MAX_SKEW

AHEAD, STALE = "features_ahead", "stale_features"
"""Warnings of an answer."""
_SKEW_S = MAX_SKEW.total_seconds()
SAYS = "users' features are true later than now, so a clock is wrong: ours, or that of who wrote them"


def age_s(as_of: datetime, now: datetime) -> float | None:
    """Seconds since `as_of`, 0 where it is ahead by no more than clocks differ that somebody sets; None where it is further
    ahead: nobody can tell then."""
    seconds = (now - as_of).total_seconds()
    return seconds if seconds > 0 else 0.0 if seconds >= -_SKEW_S else None


def is_stale(brought_at: datetime | None, now: datetime, fresh_s: int) -> bool:
    """Whether the last features run that brought anything online knows only what was known over `fresh_s` ago. brought_at: until
    when it knew all; None where nobody said. fresh_s: 0 is for ever."""
    return brought_at is not None and fresh_s > 0 and (now - brought_at).total_seconds() > fresh_s
