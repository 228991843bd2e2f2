"""Issued offers as the simulator's arms: ids to rows, windows to the store's own day and hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from bench.cafe.arms import Windows
from bench.cafe.draw import Ints, Texts
from bench.cafe.members import user_id
from bench.cafe.truth import CafeTruth


def read_offers(truth: CafeTruth, offers: pl.DataFrame) -> tuple[Windows, Ints, Texts]:
    """Arms, discount_cents (int64[k] > 0) and coupon ids (str[k], empty for none), row-aligned with `offers`.

    offers: user_id, product_id, store_id, discount_cents, valid_from and valid_until (aware), coupon_id if there.
    Raises ValueError naming the first row that is not an offer of this café: an unknown id, no discount, a window that is
    empty or leaves the store's local day, a second offer for the member on that day.
    """
    rows = [_row(truth, k, offer) for k, offer in enumerate(offers.iter_rows(named=True))]
    member, product, store, day, start, end, discount, coupon = zip(*rows, strict=True) if rows else ((),) * 8
    arms = Windows.of(member, product, store, day, start, end)
    seen: set[tuple[int, str]] = set()
    for k, key in enumerate(zip(member, map(str, day), strict=True)):
        if key in seen:
            raise ValueError(
                f"offer row {k}: a second offer for {user_id(key[0])} on {key[1]}; the café answers one a day"
            )
        seen.add(key)
    return arms, np.array(discount, dtype=np.int64), np.array(coupon, dtype=np.str_)


def _row(truth: CafeTruth, k: int, offer: dict[str, Any]) -> tuple[int, int, int, str, float, float, int, str]:
    product = _find(k, "product_id", offer["product_id"], truth.menu.product_ids)
    store = _find(k, "store_id", offer["store_id"], truth.menu.store_ids)
    known, number = str(offer["user_id"]), str(offer["user_id"]).removeprefix("member-")
    member = int(number) if number.isdecimal() else -1
    if not 0 <= member < len(truth.members) or known != user_id(member):
        raise ValueError(f"offer row {k}: user_id {known!r} is nobody of this café")
    if offer["discount_cents"] <= 0:
        raise ValueError(f"offer row {k}: discount_cents {offer['discount_cents']} is no discount; leave the row out")
    day, start, end = _local(k, truth.menu.zones[store], offer["valid_from"], offer["valid_until"])
    return member, product, store, day, start, end, int(offer["discount_cents"]), str(offer.get("coupon_id") or "")


def _find(k: int, column: str, value: str, known: tuple[str, ...]) -> int:
    if value not in known:
        raise ValueError(f"offer row {k}: {column} {value!r} is not the café's")
    return known.index(value)


def _local(k: int, zone: str, valid_from: datetime, valid_until: datetime) -> tuple[str, float, float]:
    if valid_from.tzinfo is None or valid_until.tzinfo is None:
        raise ValueError(f"offer row {k}: valid_from and valid_until need a zone")
    start, end = valid_from.astimezone(ZoneInfo(zone)), valid_until.astimezone(ZoneInfo(zone))
    # Midnight belongs to the day it ends.
    last = end - timedelta(microseconds=1)
    if end <= start or last.date() != start.date():
        raise ValueError(f"offer row {k}: {valid_from} to {valid_until} is not within one day of the store ({zone})")
    return start.date().isoformat(), _hour(start), _hour(end) if end.date() == start.date() else 24.0


def _hour(moment: datetime) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3600
