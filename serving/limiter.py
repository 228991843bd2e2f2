"""Calls a second per key, over all workers: one token bucket a key in the online store, from which workers fetch handfuls.

A worker spends its handful without asking anybody, and fetches the next before the last one is spent, so a call waits for
the store only when a key begins, or runs at its limit. What holds: all workers together never get more than burst + rate · t
tokens in the t seconds since a key was first seen; in a later window what they still held then comes on top, at most one and
a half handfuls each. A key that is out of tokens is refused from memory until the store would have one. While the store is
away each worker counts alone: a key may then get as much again per worker, and nobody is refused for the store's sake.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from serving.episode import Episode
from serving.keys import ApiKey
from serving.problems import Problem
from serving.rate import Bucket, Rate

# A store that is gone costs one time-out a second, not one a call.
CLOSED_S = 1.0
# What rounding leaves of a wait must not have us ask again at once, for ever.
LEAST_WAIT_S = 0.001


class Purse(Protocol):
    """Where the workers' buckets stand. Raises PurseGone when it can't be asked."""

    def take(self, key_id: str, rate: Rate, wanted: int) -> tuple[int, float]:
        """(tokens given, seconds until the next one where none was). Blocking."""
        ...


class PurseGone(Exception):
    """The shared buckets can't be asked."""


class _Hand:
    """What this worker holds of one key."""

    __slots__ = ("alone", "asking", "refused_until_s", "tokens")

    def __init__(self) -> None:
        self.tokens = 0
        self.refused_until_s = 0.0
        self.asking: asyncio.Future[None] | None = None
        self.alone: Bucket | None = None


class Limiter:
    """The limits of one process. Without a purse it counts alone; without rates it limits nothing."""

    def __init__(self, rates: Mapping[str, Rate], purse: Purse | None, clock_s: Callable[[], float]) -> None:
        self._rates, self._purse, self._clock_s = rates, purse, clock_s
        self._hands: dict[str, _Hand] = {}
        self._closed_until_s = -math.inf
        self._alone = Episode("rate limits are counted per worker", "rate limits are counted over all workers again")
        self._asker = ThreadPoolExecutor(1, thread_name_prefix="limiter")

    async def spend(self, key: ApiKey) -> None:
        """Take a token for one call. Raises Problem 429 with Retry-After when there is none."""
        rate = self._rates.get(key.scope)
        if rate is None:
            return
        hand = self._hands.get(key.key_id)
        if hand is None:
            hand = self._hands[key.key_id] = _Hand()
        while hand.tokens < 1:
            wait_s = hand.refused_until_s - self._clock_s()
            if wait_s > 0:
                raise refused(rate, wait_s)
            # Shielded: one client that leaves must not end what others wait for.
            await asyncio.shield(self._more(key, rate, hand))
        hand.tokens -= 1
        if hand.tokens <= rate.handful // 2 and hand.asking is None and self._clock_s() >= hand.refused_until_s:
            self._more(key, rate, hand)

    def close(self) -> None:
        """Let the asking thread go."""
        self._asker.shutdown()

    def _more(self, key: ApiKey, rate: Rate, hand: _Hand) -> asyncio.Future[None]:
        """The fetching of a handful, begun unless it runs."""
        if hand.asking is None:
            hand.asking = asyncio.ensure_future(self._fetch(key, rate, hand))
        return hand.asking

    async def _fetch(self, key: ApiKey, rate: Rate, hand: _Hand) -> None:
        try:
            given, wait_s = await self._taken(key, rate, hand)
            hand.tokens += given
            if not given:
                hand.refused_until_s = self._clock_s() + max(wait_s, LEAST_WAIT_S)
        finally:
            hand.asking = None

    async def _taken(self, key: ApiKey, rate: Rate, hand: _Hand) -> tuple[int, float]:
        if self._purse is not None and self._clock_s() >= self._closed_until_s:
            try:
                taken = await asyncio.get_running_loop().run_in_executor(self._asker, self._asked, key.key_id, rate)
            except PurseGone as error:
                self._alone.begin(error)
            else:
                self._alone.end()
                hand.alone = None
                return taken
        if hand.alone is None:
            hand.alone = Bucket(rate, self._clock_s())
        return hand.alone.take(rate.handful, self._clock_s())

    def _asked(self, key_id: str, rate: Rate) -> tuple[int, float]:
        """On the asking thread, where one key waits for another: after a silence those behind must not sit out one each."""
        if self._purse is None or self._clock_s() < self._closed_until_s:
            raise PurseGone("asked a moment ago")
        try:
            return self._purse.take(key_id, rate, rate.handful)
        except PurseGone:
            self._closed_until_s = self._clock_s() + CLOSED_S
            raise


def refused(rate: Rate, wait_s: float) -> Problem:
    """429 of a key that asks too often."""
    detail = f"this key may ask {rate.per_s} times a second, {rate.burst} at once"
    return Problem(429, "rate_limited", detail, headers={"Retry-After": str(max(1, math.ceil(wait_s)))})
