"""What Feast's protocol buffers mean here, read without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from serving.online_port import Assortment


def plain(value: Any) -> Any:
    """A Feast value as Python has it; None for one that is not set."""
    kind = value.WhichOneof("val")
    if kind is None:
        return None
    content = getattr(value, kind)
    return list(content.val) if kind.endswith("_list_val") else content


def moment_of(stamp: Any) -> datetime | None:
    """None for zero: on Redis Feast reports an entity without a row as present, true in 1970."""
    if not (stamp.seconds or stamp.nanos):
        return None
    return datetime.fromtimestamp(stamp.seconds, UTC) + timedelta(microseconds=stamp.nanos // 1000)


def assortment_of(read: Mapping[str, tuple[Any, datetime | None]]) -> Assortment | None:
    """What a store sells, of (value, moment) by feature; None where the store has no row."""
    ids, as_of = read["product_ids"]
    if as_of is None:
        return None
    return Assortment(
        product_ids=tuple(ids),
        price_cents=np.array(read["price_cents"][0], dtype=np.int64),
        stock_units=np.array(read["stock_units"][0], dtype=np.int64),
        stock_known=np.array(read["stock_known"][0], dtype=bool),
        as_of=as_of,
    )
