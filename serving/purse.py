"""The token buckets of all workers in the online store: one script, which the store runs alone, by its own clock."""

from __future__ import annotations

import redis

from serving.limiter import PurseGone
from serving.rate import Rate

PREFIX = "daypart:rate:"
# A bucket that nobody asked for is full by the time it is forgotten.
_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(kept[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(kept[2]) or now)) * rate)
local given = math.min(wanted, math.floor(tokens))
tokens = tokens - given
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return {given, given > 0 and 0 or math.ceil((1 - tokens) / rate * 1000)}
"""


class StorePurse:
    """Buckets in a Redis or Valkey. `client` never retries and waits a moment at most (`embedded.connect`)."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(_SCRIPT)

    def take(self, key_id: str, rate: Rate, wanted: int) -> tuple[int, float]:
        """See `limiter.Purse`. Raises PurseGone."""
        try:
            given, wait_ms = self._script(keys=[PREFIX + key_id], args=[rate.per_s, rate.burst, wanted])
        except (redis.RedisError, OSError, ValueError) as error:
            raise PurseGone(str(error)) from None
        return int(given), int(wait_ms) / 1000
