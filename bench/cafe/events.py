"""Played days as rows of the `events` input table: purchases, app views and carts before them, redemptions, refunds and voids.

Only what a till or an app sees is written. Local moments become UTC by the zone's offset at noon of that day: the clocks change
at 2 in the morning, and nothing here happens before 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from bench.cafe.days import NONE, Played
from bench.cafe.draw import Floats, Ints, Texts, draw
from bench.cafe.members import user_id
from bench.cafe.truth import CafeTruth
from feature_repo.events import EVENT_COLUMNS

_KINDS = {"text": pl.String(), "time": pl.Datetime("us", "UTC"), "int": pl.Int64()}
SCHEMA = pl.Schema({column.name: _KINDS[column.kind] for column in EVENT_COLUMNS})
REFUNDED, VOIDED = 0.004, 0.007
"""Of the orders: refunded below the first, voided below the second."""
EARLIEST_LOCAL_S = 4 * 3600


def events_of(truth: CafeTruth, days: Played, anonymous: bool = False, slips: bool = True) -> pl.DataFrame:
    """The events of some member-days, unordered. `anonymous` tickets carry no user and leave no trace in the app."""
    bought = days.take(days.visited)
    channel = np.where(bought.number("channel") < 0.6 * _app(truth, bought, anonymous), "app", "store")
    drink = _rows(truth, bought, "purchase", 1, bought.drink, 0, channel)
    has_food = bought.food != NONE
    food = _rows(truth, bought.take(has_food), "purchase", 2, bought.food[has_food], 0, channel[has_food])
    redeemed = bought.redeemed != NONE
    used = bought.take(redeemed)
    parts = [drink, food, _rows(truth, used, "redemption", 9, used.redeemed, 0, channel[redeemed])]
    if slips:
        parts += _slips(truth, bought, channel)
    if not anonymous:
        parts += _looks(truth, days, bought, channel)
    events = pl.concat(parts)
    return events.with_columns(user_id=pl.lit(None, dtype=pl.String)) if anonymous else events


def _slips(truth: CafeTruth, bought: Played, channel: Texts) -> list[pl.DataFrame]:
    """A few orders' drink is refunded within the hour, a few are voided at once."""
    slip = bought.number("slip")
    out = []
    for name, low, high, line, after in (("refund", 0.0, REFUNDED, 3, 1500), ("void", REFUNDED, VOIDED, 4, 45)):
        rows = (slip >= low) & (slip < high)
        some = bought.take(rows)
        out.append(_rows(truth, some, name, line, some.drink, after, channel[rows]))
    return out


def _looks(truth: CafeTruth, days: Played, bought: Played, channel: Texts) -> list[pl.DataFrame]:
    """App users look at the drink they will buy, often at another one, and order-ahead fills a cart; some only look."""
    ahead = -300 - (bought.number("look_second") * 2700).astype(np.int64)
    looks = bought.number("looks") < 0.2 + 0.8 * _app(truth, bought)
    looked, more = bought.take(looks), looks & (bought.number("look_other") < 0.6)
    others, wish = bought.take(more), truth.members.pick[bought.member[more]].mean(axis=1)
    other = draw(wish * ~truth.menu.is_food, bought.number("look_other")[more] / 0.6)
    in_cart = channel == "app"
    only = days.take(~days.visited & (days.number("looks") < 0.12 * _app(truth, days)))
    app = np.full(len(days.member), "app")
    return [
        _rows(truth, looked, "view", 5, looked.drink, ahead[looks], app[: len(looked.member)]),
        _rows(truth, others, "view", 6, other, ahead[more] + 40, app[: len(others.member)]),
        _rows(truth, bought.take(in_cart), "cart", 7, bought.drink[in_cart], -150, channel[in_cart]),
        _rows(truth, only, "view", 8, only.drink, 0, app[: len(only.member)]),
    ]


def _app(truth: CafeTruth, days: Played, anonymous: bool = False) -> Floats:
    return np.zeros(len(days.member)) if anonymous else truth.members.app[days.member]


def _rows(
    truth: CafeTruth,
    days: Played,
    kind: str,
    line: int,
    product: Ints,
    after_s: Ints | int,
    channel: Texts,
) -> pl.DataFrame:
    """One row per day, `after_s` seconds from the visit. Looks carry neither order nor price; the redeemed line its coupon."""
    till, n = kind not in {"view", "cart"}, len(days.member)
    on_offer = till & (product == days.redeemed)
    coupons = [code or None for code in np.where(on_offer, days.coupon, "").tolist()]
    order = "o" + pl.Series((days.number("order") * 2.0**53).astype(np.int64)).cast(pl.String)
    price = pl.Series(truth.menu.price_cents[days.store, product]) if till else None
    return pl.DataFrame(
        {
            "event_id": order + f"-{line}",
            "event_type": pl.Series([kind], dtype=pl.String).new_from_index(0, n),
            "occurred_at": _utc(truth, days, np.maximum(days.second + after_s, EARLIEST_LOCAL_S)),
            "user_id": _text([user_id(k) for k in days.member.tolist()]),
            "product_id": _text([truth.menu.product_ids[k] for k in product.tolist()]),
            "store_id": _text([truth.menu.store_ids[k] for k in days.store.tolist()]),
            "channel": _text(channel.tolist()),
            "order_id": order if till else None,
            "quantity": pl.Series(np.ones(n, dtype=np.int64)) if till else None,
            "unit_price_cents": price,
            "discount_cents": pl.Series(np.where(on_offer, days.discount_cents, 0)) if till else None,
            "coupon_id": _text(coupons),
            "recommendation_id": None,
            "rating": None,
        },
        schema=SCHEMA,
    )


def _text(values: Sequence[str | None]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def _utc(truth: CafeTruth, days: Played, second: Ints) -> pl.Series:
    moment = days.day.astype("datetime64[s]") + second.astype("timedelta64[s]")
    for store, name in enumerate(truth.menu.zones):
        here = days.store == store
        for day in np.unique(days.day[here]):
            moment[here & (days.day == day)] -= np.timedelta64(offset_s(name, day.astype(date)), "s")
    return pl.Series(moment.astype("datetime64[us]")).dt.replace_time_zone("UTC")


def offset_s(zone: str, day: date) -> int:
    """Seconds that `zone` is ahead of UTC at noon of `day` (negative in America)."""
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).utcoffset()
    if offset is None:
        raise ValueError(f"{zone}: a zone without an offset")
    return round(offset.total_seconds())
