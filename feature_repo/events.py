"""The event schema: one row is one act of one person, or of nobody, at one moment.

Standard library only. Feast executes every module of this folder, and every room may import this one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EVENT_TYPES = (
    "purchase",
    "refund",
    "void",
    "view",
    "cart",
    "visit",
    "rating",
    "impression",
    "exposure",
    "redemption",
)
CHANNELS = ("app", "store", "delivery", "web")

# What must be present besides `event_type` and `occurred_at`, by type of event.
REQUIRED = {
    "purchase": ("product_id",),
    "refund": ("product_id",),
    "void": ("product_id",),
    "view": ("product_id",),
    "cart": ("product_id",),
    "visit": ("store_id",),
    "rating": ("product_id",),
    "impression": ("product_id",),
    "exposure": ("coupon_id",),
    "redemption": ("coupon_id",),
}

MAX_ID_LENGTH = 128
MAX_QUANTITY = 1_000_000
MAX_PRICE_CENTS = 100_000_000
MAX_RATING = 5
EARLIEST_UTC = datetime(1990, 1, 1, tzinfo=UTC)
MAX_SKEW = timedelta(minutes=5)
"""By which clocks differ that somebody sets."""
# A till's clock may run ahead; further than this the stamp is a fault, not a skew.
MAX_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Column:
    """One column of an input table: its name, kind (`text`, `time`, `int`, `float`) and whether a row may lack it."""

    name: str
    kind: str
    required: bool = False


def in_one_form(text: str) -> str:
    """An id as it is kept and compared: in Unicode's form NFC (Annex 15), as `é` is one letter or two by who typed it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


EVENT_COLUMNS = (
    Column("event_id", "text"),
    Column("event_type", "text", required=True),
    Column("occurred_at", "time", required=True),
    Column("user_id", "text"),
    Column("product_id", "text"),
    Column("store_id", "text"),
    Column("channel", "text"),
    Column("order_id", "text"),
    Column("quantity", "int"),
    Column("unit_price_cents", "int"),
    Column("discount_cents", "int"),
    Column("coupon_id", "text"),
    Column("recommendation_id", "text"),
    # Of a rating: 1 to MAX_RATING stars, or none where something was said without them.
    Column("rating", "int"),
)
PRODUCT_COLUMNS = (
    Column("product_id", "text", required=True),
    Column("name", "text"),
    Column("category", "text"),
    Column("price_cents", "int"),
    Column("cost_cents", "int"),
)
STORE_COLUMNS = (
    Column("store_id", "text", required=True),
    Column("name", "text"),
    Column("timezone", "text", required=True),
    Column("opens", "text"),
    Column("closes", "text"),
    Column("closed_days", "text"),
    Column("latitude", "float"),
    Column("longitude", "float"),
)
ASSORTMENT_COLUMNS = (
    Column("store_id", "text", required=True),
    Column("product_id", "text", required=True),
    Column("price_cents", "int"),
    Column("stock_units", "int"),
    Column("as_of", "time"),
)
