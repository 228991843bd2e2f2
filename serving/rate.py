"""Rates: how many calls a second a key may make, and the token bucket that counts them. Pure: `now_s` comes from outside.

Token bucket: `burst` tokens at first, `per_s` more each second, never above `burst`; a call takes one (RFC 2697 calls the
size the committed burst). So any t seconds see at most burst + per_s · t calls.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """Calls a second, and how many may come at once."""

    per_s: int
    burst: int

    @property
    def handful(self) -> int:
        """Tokens that a worker fetches at once: a twentieth of a second's, at least one."""
        return max(1, min(self.per_s // 20, self.burst))


class Bucket:
    """Tokens of one key, full at first."""

    __slots__ = ("_at_s", "_rate", "_tokens")

    def __init__(self, rate: Rate, now_s: float) -> None:
        self._rate, self._tokens, self._at_s = rate, float(rate.burst), now_s

    def take(self, wanted: int, now_s: float) -> tuple[int, float]:
        """(tokens given, at most `wanted`; seconds until the next one where none was given)."""
        grown = max(0.0, now_s - self._at_s) * self._rate.per_s
        self._tokens, self._at_s = min(float(self._rate.burst), self._tokens + grown), now_s
        given = min(wanted, int(self._tokens))
        self._tokens -= given
        return given, 0.0 if given else (1.0 - self._tokens) / self._rate.per_s


def rates_of(text: str) -> dict[str, Rate]:
    """The setting `rate_limits`, `scope=per_second/burst` with spaces between, by scope; a rate of 0 is no limit.

    The settings have checked the form.
    """
    rates = {}
    for word in text.split():
        scope, _, numbers = word.partition("=")
        per_s, burst = (int(number) for number in numbers.split("/"))
        if per_s:
            rates[scope] = Rate(per_s, max(1, burst))
    return rates
