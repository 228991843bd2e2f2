"""The names of all terms. What each is: `terms.py` for a linear blend, `columns.py` for the two forms."""

from __future__ import annotations

DENSE_TERMS = ("intercept", "als", "cold", "popularity")
"""Terms of a linear blend that every product has."""
HISTORY_TERMS = (
    "seen", "habit", "recency", "rebuy", "due", "count", "share", "als_seen", "popularity_seen",
    "lately", "cold_seen",
)  # fmt: skip
"""Terms of a linear blend for the products in the user's history; 0 for all others."""
TERMS = DENSE_TERMS + HISTORY_TERMS

USER_TERMS = ("visits", "basket", "kinds", "last_basket", "away")
"""What one user is, whatever the product."""
OWN_TERMS = ("habit", "lately", "latest", "count", "recency", "ready", "days")
"""What a history says of a product in it."""
GOODS_TERMS = ("month", "week", "taken", "taken_last", "repeat", "faithful", "company", "final")
"""What training says of every product, beside its popularity and rebuy rate."""
NEAR_TERMS = ("together", "next", "alike")
"""What the products owned reach."""
WIDE_TERMS = ("als", "cold", "here")
"""Terms that nearly every product has, and another for each question: without pairs in the form of the new, for speed."""
NEW_TERMS = (*USER_TERMS, "popularity", "rebuy", *GOODS_TERMS, *NEAR_TERMS, *WIDE_TERMS)
"""Terms of the form of what a user has not bought."""
USUAL_TERMS = (*OWN_TERMS, *NEW_TERMS)
"""Terms of the form of what a user has bought."""
