"""The deadline of a request: `X-Deadline-Ms`, how many milliseconds the caller will wait, counted from when we see it.

A recommendation spends less on what it can do without (coupons, the online store) and answers in time; anything else that can't
be done in time is a 503 `deadline`. Nobody gets more than the front's own limit, whatever they ask.
"""

from __future__ import annotations

from collections.abc import Mapping

from serving.problems import malformed

HEADER = "x-deadline-ms"
MAX_DIGITS = 9
ANSWER_S = 0.005
"""Kept back of every deadline for scoring and writing."""


def budget_s(headers: Mapping[str, str], most_s: float) -> float:
    """Seconds that this request has. Raises Problem 400 for anything but a whole number from 1."""
    told = headers.get(HEADER)
    if told is None:
        return most_s
    if not (told.isascii() and told.isdecimal() and len(told) <= MAX_DIGITS and int(told) > 0):
        raise malformed(
            "X-Deadline-Ms: not a whole number of milliseconds from 1", "header/X-Deadline-Ms", "bad_deadline"
        )
    return min(most_s, int(told) / 1000)
