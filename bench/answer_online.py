"""An online store of a count: the service's own reader over a connection that has every answer ready, so that asking and decoding
are counted, and waiting and the store are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp

from embedded.filled import PARTS
from models.history import History
from serving.history_kind import NAMES, history_kind
from serving.history_read import HistoryRead
from serving.online_port import Assortment, Past

N_PASTS, N_BOUGHT = 8, 100
_KEY = re.compile(rb"HMGET\r\n\$\d+\r\n(.+?)\r\n\$", re.DOTALL)


class Ready:
    """In place of a client, its pool and its connection: `rows` in turn, and marks that say that all stands."""

    def __init__(self, rows: Sequence[Sequence[bytes]], now: datetime) -> None:
        self._rows, self._asked, self.connection_pool = rows, list[bytes](), self
        self._marks = [now.isoformat().encode() for _ in PARTS]

    def get_connection(self) -> Ready:
        """Itself."""
        return self

    def send_packed_command(self, commands: Sequence[bytes], check_health: bool) -> None:
        """Whose keys are asked for; the last is that of the marks."""
        self._asked = _KEY.findall(commands[0])[::-1]

    def read_response(self, disable_decoding: bool) -> list[bytes]:
        """By the key's bytes, so that one person has one history."""
        key = self._asked.pop()
        return list(self._rows[sum(key) % len(self._rows)] if self._asked else self._marks)


class Online:
    """Everybody has a past, every store sells everything."""

    def __init__(self, ids: Sequence[str], now: datetime, rng: np.random.Generator) -> None:
        self.rows = [_row(_past(ids, now, rng), now) for _ in range(N_PASTS)]
        ready: Any = Ready(self.rows, now)
        self._reading = HistoryRead(ready, "counted", history_kind())
        self.filled = self._reading.filled
        n = len(ids)
        self._sold = Assortment(tuple(ids), np.arange(100, 100 + n), np.full(n, 5), np.ones(n, bool), now)

    def pasts(self, user_ids: Sequence[str]) -> list[Past | ValueError]:
        """As the service reads them."""
        return self._reading.read(user_ids)

    def store(self, store_id: str) -> Assortment:
        """The same for all."""
        return self._sold


def _past(ids: Sequence[str], now: datetime, rng: np.random.Generator) -> History:
    rows = np.sort(rng.permutation(len(ids))[:N_BOUGHT])
    last = rng.integers(1, 200, N_BOUGHT)
    at_s = int(now.timestamp()) - (200 - last) * 86_400
    counts = rng.integers(1, 9, N_BOUGHT)
    return History.of([ids[row] for row in rows], counts, counts * 0.5, last, at_s, 200)


def _row(history: History, now: datetime) -> list[bytes]:
    """As HMGET answers."""
    stamp, told = Timestamp(), history_kind().to_bytes(history)
    stamp.FromDatetime(now)
    return [*(told[name] for name in NAMES), stamp.SerializeToString()]
