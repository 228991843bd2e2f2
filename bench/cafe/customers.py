"""A day at the café as its customers live it: members with or without a coupon in their pocket, and guests without a card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

import numpy as np
import polars as pl

from bench.cafe.chain import ANONYMOUS_SHARE
from bench.cafe.days import NUMBERS, answer, play
from bench.cafe.draw import Ints, stream
from bench.cafe.events import events_of
from bench.cafe.offers import read_offers
from bench.cafe.truth import CafeTruth
from bench.cafe.weeks import PLAY
from offers.answers import Offer

GUESTS = 22
"""Stream of the seed beside `bench.cafe.weeks`' own."""
_TOLD = ("user_id", "product_id", "store_id", "discount_cents")


def day_events(truth: CafeTruth, day: date, offers: Sequence[Offer]) -> pl.DataFrame:
    """What tills and apps would see of the stores' local `day`, by time and then event id; offers: those that reached
    their users, of that day, one a user. A used coupon is a row `redemption`; `coupon_id` is the offer's id."""
    today, n = np.datetime64(day), len(truth.members)
    numbers = stream(truth.seed, 10**7 * PLAY + day.toordinal()).random((n, len(NUMBERS)))
    days = play(truth, np.arange(n), np.full(n, today, "datetime64[D]"), numbers)
    arms, discount, coupon = read_offers(truth, as_table(offers))
    answered = answer(truth, days.take(arms.member), arms, discount, coupon)
    others: Ints = np.setdiff1d(np.arange(n), arms.member)
    parts = [events_of(truth, days.take(others)), events_of(truth, answered), _guests(truth, day)]
    return pl.concat(parts).sort("occurred_at", "event_id")


def true_cents(truth: CafeTruth, offers: Sequence[Offer]) -> float:
    """Expected incremental margin of the offers, all told, by the truth."""
    arms, discount, _ = read_offers(truth, as_table(offers))
    return float(truth.incremental_margin_cents(arms, discount).sum())


def as_table(offers: Sequence[Offer]) -> pl.DataFrame:
    """The offers as `bench.cafe.offers` reads them."""
    rows = [
        {name: getattr(offer, name) for name in _TOLD}
        | {"valid_from": offer.valid_from.astimezone(UTC), "valid_until": offer.valid_until.astimezone(UTC)}
        | {"coupon_id": offer.offer_id}
        for offer in offers
    ]
    moment = pl.Datetime("us", "UTC")
    texts = dict.fromkeys(("user_id", "product_id", "store_id"), pl.String())
    schema = {**texts, "discount_cents": pl.Int64(), "valid_from": moment, "valid_until": moment}
    return pl.DataFrame(rows, schema={**schema, "coupon_id": pl.String()})


def _guests(truth: CafeTruth, day: date) -> pl.DataFrame:
    """A ticket without a card is somebody with somebody's habits, and never has a coupon."""
    n = len(truth.members)
    guests, rng = round(n * ANONYMOUS_SHARE), stream(truth.seed, 10**7 * GUESTS + day.toordinal())
    who = rng.integers(n, size=guests)
    played = play(truth, who, np.full(guests, day, "datetime64[D]"), rng.random((guests, len(NUMBERS))))
    return events_of(truth, played, anonymous=True)
