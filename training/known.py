"""What was known at a moment, view by view: each a frame of the rows that its snapshot holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

import polars as pl

from settings import Settings
from training.answers import known_answers, read_answers
from training.assortment import assortments
from training.histories import build_histories
from training.lake import read_events, read_table
from training.portraits import portraits
from training.profiles import customers, profiles
from training.responses import response_rows
from training.reviews import COLUMNS as REVIEW
from training.reviews import reviews
from training.rhythm import rhythms
from training.sales import CANCELS, coded, n_untaken, sales
from training.silent import with_silent
from training.snapshots import history_rows
from training.untouched import untouched
from training.visit_log import visit_log, visit_rows
from training.visits import visits_of

_IDS = ("event_id", "user_id", "product_id", "store_id", "order_id")
COLUMNS = (*_IDS, "event_type", "occurred_at", "channel", "quantity", "unit_price_cents", "discount_cents")


def known(settings: Settings, at: datetime, views: Sequence[str]) -> tuple[dict[str, pl.DataFrame], int, int]:
    """(rows of each of `views` as known strictly before `at`, sorted by key; assortment lines left out for want of a price;
    refunds and voids that found less to take back than they say).

    Raises DataError when the lake cannot be read.
    """
    lake = settings.lake
    stores, products, stated = (read_table(lake, name) for name in ("stores", "products", "assortment"))
    # Read once: nearly every view is made of it.
    events = read_events(lake, at, types=("purchase", *CANCELS), columns=COLUMNS).collect().lazy()
    bought = sales(events, stores)
    who = cache(lambda: customers(events, bought, at))
    made: dict[str, Callable[[], pl.DataFrame]] = {
        "user_profile": lambda: profiles(who()),
        "user_portrait": lambda: portraits(who(), events, bought, products),
        "user_reviews": lambda: reviews(read_events(lake, at, types=("rating",), columns=REVIEW).collect()),
        "user_history": lambda: history_rows(build_histories(visits_of(coded(bought)), settings.history_limit)),
        "user_rhythm": lambda: rhythms(bought),
        "user_visits": lambda: visit_rows(visit_log(untouched(bought, read_answers(lake), at))),
        "user_responses": lambda: response_rows(known_answers(read_answers(lake), bought, at)),
    }
    frames = with_silent({view: made[view]() for view in views if view in made}, events, settings.features, at)
    n_unpriced = 0
    if "store_assortment" in views:
        frames["store_assortment"], n_unpriced = assortments(stated, events, products, at)
    return frames, n_unpriced, n_untaken(events)
