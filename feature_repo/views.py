"""Feast declarations: who is described (entities), by what (views), read together as what (feature services).

Feast executes this page; `DAYPART__FEATURES` names the folder of the views' parquet files. Views are split by who
writes them and how often: `user_history` is also written by the serving process after every purchase.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Bool, Float32, Int64, String

FEATURES = Path(os.environ.get("DAYPART__FEATURES", ".daypart/features"))
OWNER = "daypart"


def _source(name: str) -> FileSource:
    return FileSource(
        name=f"{name}_source",
        path=str(FEATURES / f"{name}.parquet"),
        timestamp_field="event_timestamp",
        description=f"Snapshots of {name}: a row holds what was known strictly before its event_timestamp.",
        owner=OWNER,
    )


def _view(
    name: str, of: Entity, fields: list[Field], description: str, pii: str = "behaviour", writer: str = "training",
    cadence: str = "snapshot",
) -> FeatureView:  # fmt: skip
    """A view whose rows are kept for 90 days, keyed by the entity's text id."""
    return FeatureView(
        name=name,
        entities=[of],
        ttl=timedelta(days=90),
        schema=[Field(name=of.join_key, dtype=String), *fields],
        source=_source(name),
        description=description,
        owner=OWNER,
        tags={"pii": pii, "writer": writer, "cadence": cadence},
    )


def _service(name: str, views: list[FeatureView], description: str, pii: str = "behaviour") -> FeatureService:
    return FeatureService(name=name, features=[*views], description=description, owner=OWNER, tags={"pii": pii})


user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.STRING, description="A person.", owner=OWNER)
product = Entity(
    name="product", join_keys=["product_id"], value_type=ValueType.STRING, description="A thing sold.", owner=OWNER
)
store = Entity(name="store", join_keys=["store_id"], value_type=ValueType.STRING, description="A place.", owner=OWNER)

user_profile = _view(
    "user_profile",
    user,
    [
        Field(name="recency_days", dtype=Float32, description="Days since the last order."),
        Field(name="n_orders", dtype=Int64, description="Orders not taken back."),
        Field(name="monetary_cents", dtype=Int64, description="Paid for purchases, less refunds and voids."),
        Field(name="mean_basket_cents", dtype=Int64, description="monetary_cents per order, rounded down."),
        Field(name="segment", dtype=String, description="RFM segment; rules in training/profiles.py."),
        Field(name="lifecycle", dtype=String, description="new, active, rising, at_risk or lapsed."),
        Field(name="usual_store_id", dtype=String, description="Store of most visits, recent ones counting more."),
        Field(name="usual_channel", dtype=String, description="Channel of most visits, recent ones counting more."),
    ],
    "Who the user is as a customer: recency, frequency, money, lifecycle, usual place.",
)

user_history = _view(
    "user_history",
    user,
    [
        Field(name="product_ids", dtype=Array(String), description="Products bought; the other lists align with it."),
        Field(name="counts", dtype=Array(Float32), description="Visits with the product."),
        Field(name="decayed", dtype=Array(Float32), description="Those visits, older ones counting less."),
        Field(name="last_visit", dtype=Array(Int64), description="Number of the visit when last bought, from 1."),
        Field(name="last_at_s", dtype=Array(Int64), description="When last bought, seconds since 1970 UTC."),
        Field(name="n_visits", dtype=Int64, description="Store-local days with a purchase."),
    ],
    "What the user bought, over all channels: what a preference vector is folded in from.",
    writer="training, serving",
    cadence="snapshot, then each purchase",
)

user_rhythm = _view(
    "user_rhythm",
    user,
    [
        Field(name="hour_of_week", dtype=Array(Float32), description="Orders by hour of the local week from Monday."),
    ],
    "When the user buys.",
)

user_visits = _view(
    "user_visits",
    user,
    [
        Field(name="at_s", dtype=Array(Int64), description="First basket of each visit, seconds since 1970 UTC."),
        Field(name="day", dtype=Array(Int64), description="Store-local day since 1970; lists align, oldest first."),
        Field(name="hour", dtype=Array(Int64), description="Hour of that basket on the store's clock, 0 to 23."),
        Field(name="store_ids", dtype=Array(String), description="Store of that basket; empty where none was stated."),
        Field(name="n_visits", dtype=Int64, description="Visits in all; the lists hold the last 128 of them."),
        Field(name="first_day", dtype=Int64, description="Store-local day of the very first visit, since 1970."),
    ],
    "When and where the user came, days with an answered offer as they were foretold: what chances of the next visit rest on.",
)

user_responses = _view(
    "user_responses",
    user,
    [
        Field(name="product_ids", dtype=Array(String), description="Offered; lists align, oldest first, 64 at most."),
        Field(name="hour", dtype=Array(Int64), description="Hour of the window's beginning on the store's clock."),
        Field(name="share", dtype=Array(Float32), description="Discount as a share of the price."),
        Field(name="p_buy", dtype=Array(Float32), description="Foretold chance to buy it then, untouched."),
        Field(name="p_come", dtype=Array(Float32), description="Foretold chance to come that day, untouched."),
        Field(name="fit", dtype=Array(Float32), description="Foretold chance that a visit then holds it."),
        Field(name="bought", dtype=Array(Bool), description="Whether the coupon was used, and not given back."),
        Field(name="came", dtype=Array(Bool), description="Whether the user bought anything on that local day."),
    ],
    "What the user answered to the latest offers: what own weights of the response classes rest on.",
)

store_assortment = _view(
    "store_assortment",
    store,
    [
        Field(name="product_ids", dtype=Array(String), description="Products sold here; other lists align with it."),
        Field(name="price_cents", dtype=Array(Int64), description="Price of one unit."),
        Field(name="stock_units", dtype=Array(Int64), description="Units in stock; 0 where not known."),
        Field(name="stock_known", dtype=Array(Bool), description="Whether stock_units was stated."),
    ],
    "What a store sells, at what price, and how much is left.",
    pii="none",
)

recommendations_v1 = _service(
    "recommendations_v1",
    [user_profile, user_history, user_rhythm],
    "All that a recommendation reads about one user, in one call.",
)
timing_v1 = _service("timing_v1", [user_visits], "All that the timing of offers reads about one user.")
responses_v1 = _service("responses_v1", [user_responses], "All that the value of an offer reads about one user.")
store_v1 = _service("store_v1", [store_assortment], "What a store can be asked to sell.", pii="none")
