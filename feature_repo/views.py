"""Feast declarations: who is described (entities), by what (views), read together as what (feature services).

Feast executes this page. Views are split by who writes them and how often (`user_history` is also written by the serving process
after every purchase), and by who reads them: a recommendation reads no more than it needs.
"""

from __future__ import annotations

from feast import Field
from feast.types import Array, Bool, Float32, Int64, String

from feature_repo.declaring import product, service, store, user, view

__all__ = ["product", "store", "user"]

user_profile = view(
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

user_portrait = view(
    "user_portrait",
    user,
    [
        Field(name="r_score", dtype=Int64, description="Recency in fifths of all buyers, 1 to 5; 5 came last."),
        Field(name="f_score", dtype=Int64, description="Orders in fifths of all buyers, 1 to 5; 5 has most."),
        Field(name="m_score", dtype=Int64, description="Money in fifths of all buyers, 1 to 5; 5 paid most."),
        Field(name="gap_days", dtype=Float32, description="Days between visits that lifecycle measures silence by."),
        Field(name="first_at_s", dtype=Int64, description="First purchase that stands, seconds since 1970 UTC."),
        Field(name="favourite_weekday", dtype=Int64, description="Weekday of most orders, 0 is Monday."),
        Field(name="weekday_share", dtype=Float32, description="Share of orders on that weekday."),
        Field(name="favourite_hour", dtype=Int64, description="Hour of most orders on the store's clock, 0 to 23."),
        Field(name="hour_share", dtype=Float32, description="Share of orders in that hour of the day."),
        Field(name="categories", dtype=Array(String), description="Up to five categories, the favourite first."),
        Field(
            name="category_shares", dtype=Array(Float32), description="Their shares of decayed choices; lists align."
        ),
        Field(name="new_share", dtype=Float32, description="Late choices never bought before, as a share; shrunk."),
        Field(name="discount_share", dtype=Float32, description="Share of purchase lines on discount."),
        Field(name="discount_share_expected", dtype=Float32, description="That share of all that their stores sold."),
        Field(name="price_sensitivity", dtype=Float32, description="The former less the latter; shrunk. 0 is usual."),
        Field(name="price_level", dtype=Float32, description="Prices to their category's median; shrunk. 1 is usual."),
    ],
    "What is told of the user to who asks: RFM scores, rhythm, taste, price sensitivity; rules in training/portraits.py.",
)

user_reviews = view(
    "user_reviews",
    user,
    [
        Field(name="n_reviews", dtype=Int64, description="Products judged; of each the latest word stands."),
        Field(name="n_stars", dtype=Int64, description="Of those, with stars."),
        Field(name="mean_stars", dtype=Float32, description="Mean of their stars, 1 to 5; shrunk."),
        Field(name="last_review_at_s", dtype=Int64, description="The latest review, seconds since 1970 UTC."),
    ],
    "What the user said of products; rules in training/reviews.py.",
)

user_history = view(
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

user_rhythm = view(
    "user_rhythm",
    user,
    [
        Field(name="hour_of_week", dtype=Array(Float32), description="Orders by hour of the local week from Monday."),
    ],
    "When the user buys.",
)

user_visits = view(
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

user_responses = view(
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

store_assortment = view(
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

recommendations_v1 = service(
    "recommendations_v1",
    [user_profile, user_history, user_rhythm],
    "All that a recommendation reads about one user, in one call.",
)
portrait_v1 = service("portrait_v1", [user_portrait, user_reviews], "What is told of one user to who asks.")
timing_v1 = service("timing_v1", [user_visits], "All that the timing of offers reads about one user.")
responses_v1 = service("responses_v1", [user_responses], "All that the value of an offer reads about one user.")
store_v1 = service("store_v1", [store_assortment], "What a store can be asked to sell.", pii="none")
