"""The simulated café: a seeded coffee chain as input tables, and a truth to measure true lift and the oracle's value with.

    paths = write_input_tables(folder, seed=7)              # what a chain would hand over; the truth is not in it
    truth = build_truth(7, 5000, UNTIL)                     # the same members, with what each would do under every arm
    truth.p_visit_and_buy(arms, discount_cents)             # chances; discount 0 is "send nothing"
    truth.incremental_margin_cents(arms, discount_cents)    # what the oracle maximises
    simulate_response(truth, offers, np.random.default_rng(1))   # issued offers → purchase and redemption events

A day is its own stream of the seed, drawn member-major: adding members or weeks changes nobody's past.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from bench.cafe.days import NUMBERS, answer, play
from bench.cafe.draw import stream
from bench.cafe.events import events_of
from bench.cafe.offers import read_offers
from bench.cafe.people import build_truth
from bench.cafe.tables import assortment_table, product_table, store_table
from bench.cafe.truth import CafeTruth

UNTIL = date(2025, 12, 1)
"""Where the books close. The twelve weeks before it hold the end of daylight saving, on 2025-11-02."""
ANONYMOUS_SHARE = 0.3
"""Tickets without a member, for each ticket with one."""


def write_input_tables(
    folder: Path,
    seed: int,
    n_members: int = 5000,
    n_weeks: int = 12,
    until: date = UNTIL,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Path]:
    """Write events.parquet, products.csv, stores.csv and assortment.csv; returns their paths by table name.

    The events cover the stores' local days from `n_weeks` weeks before `until` on, and all lie before `until`, 00:00 UTC: the
    last local day in America lacks its evening. Same arguments and library versions, same bytes. `progress(what, done, total)`.
    """
    truth = build_truth(seed, n_members, until)
    tables = {
        "events": history(truth, n_weeks, progress),
        "products": product_table(),
        "stores": store_table(),
        "assortment": assortment_table(
            (closes_at(truth) - timedelta(weeks=n_weeks), closes_at(truth) - timedelta(days=1))
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.{'parquet' if name == 'events' else 'csv'}" for name in tables}
    for name, table in tables.items():
        if name == "events":
            table.write_parquet(paths[name])
        else:
            table.write_csv(paths[name])
    return paths


def history(truth: CafeTruth, n_weeks: int, progress: Callable[[str, int, int], None] | None = None) -> pl.DataFrame:
    """The events of the `n_weeks` weeks before the books close, by time and then event id."""
    n_days = 7 * n_weeks
    days = []
    for k in range(n_days):
        days.append(_day(truth, truth.anchor - timedelta(days=n_days - k)))
        if progress:
            progress("café days", k + 1, n_days)
    return pl.concat(days).filter(pl.col.occurred_at < closes_at(truth)).sort("occurred_at", "event_id")


def closes_at(truth: CafeTruth) -> datetime:
    """The moment the books close: all history is before it."""
    return datetime.combine(truth.anchor, time(), UTC)


def simulate_response(truth: CafeTruth, offers: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """What the offered members do on the offered days: their purchases, app views, and a redemption where the coupon was used.

    offers: user_id, product_id, store_id, discount_cents (> 0), valid_from, valid_until (aware, one local day of the store) and,
    if there, coupon_id; at most one per member and local day. One row of numbers per offer is taken from `rng` in the order of
    `offers`: with an equal `rng`, `simulate_nothing` plays the same days without them.
    Raises ValueError naming the row that is none of that.
    """
    arms, discount, coupon = read_offers(truth, offers)
    days = play(truth, arms.member, arms.day, rng.random((len(offers), len(NUMBERS))))
    return events_of(truth, answer(truth, days, arms, discount, coupon), slips=False).sort("occurred_at", "event_id")


def simulate_nothing(truth: CafeTruth, offers: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The same members on the same days as `simulate_response`, had nothing been sent."""
    arms, _, _ = read_offers(truth, offers)
    days = play(truth, arms.member, arms.day, rng.random((len(offers), len(NUMBERS))))
    return events_of(truth, days, slips=False).sort("occurred_at", "event_id")


def _day(truth: CafeTruth, day: date) -> pl.DataFrame:
    n = len(truth.members)
    members, guests = stream(truth.seed, 100 + day.toordinal()).spawn(2)
    known = play(truth, np.arange(n), np.full(n, day, "datetime64[D]"), members.random((n, len(NUMBERS))))
    # A ticket without a card is somebody with somebody's habits.
    n_guests = round(n * ANONYMOUS_SHARE)
    who, when = guests.integers(n, size=n_guests), np.full(n_guests, day, "datetime64[D]")
    unknown = play(truth, who, when, guests.random((n_guests, len(NUMBERS))))
    return pl.concat([events_of(truth, known), events_of(truth, unknown, anonymous=True)])
