"""The checkerboard world: even users buy even products, odd users buy odd ones, so every right answer shows by eye.

User `u07` has bought every product of her colour but two, which are the answer (`hidden`). `p16` is new to all.
Names are zero-padded, so the order of ids is the order of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.history import History, add_visit
from models.vocabulary import Vocabulary

DAYPARTS = [["morning", 6, 11], ["midday", 11, 15], ["evening", 15, 22], ["night", 22, 6]]
N_USERS = 12
N_PRODUCTS = 16
"""Products that somebody has bought; the ranker's arrays hold one more, the new one."""
NEW = "p16"
HIDDEN = 2
"""Products of her own colour that a user has not bought; which ones rotates from user to user."""
DAY_S = 86_400


def user_id(user: int) -> str:
    return f"u{user:02d}"


def product_id(product: int) -> str:
    return f"p{product:02d}"


def products(n: int = N_PRODUCTS) -> list[str]:
    return [product_id(product) for product in range(n)]


def hidden(user: int, n: int = N_PRODUCTS) -> list[str]:
    """What the user likes and has not bought: the answer every model should find."""
    own = [product for product in range(n) if product % 2 == user % 2]
    return sorted(product_id(own[(user // 2 + step) % len(own)]) for step in range(HIDDEN))


def purchases(n_users: int = N_USERS, n: int = N_PRODUCTS) -> list[tuple[str, str, int, int]]:
    """(user_id, product_id, visit from 1, at_s): one product a visit, one visit a day, each product once."""
    rows = []
    for user in range(n_users):
        kept = [p for p in range(n) if p % 2 == user % 2 and product_id(p) not in hidden(user, n)]
        rows += [(user_id(user), product_id(p), visit, visit * DAY_S) for visit, p in enumerate(kept, start=1)]
    return rows


def interactions(n_users: int = N_USERS, n: int = N_PRODUCTS) -> np.ndarray:
    """float32[n_users, n]: 1 where the user has bought the product."""
    matrix = np.zeros((n_users, n), dtype=np.float32)
    for user, product, _, _ in purchases(n_users, n):
        matrix[int(user[1:]), int(product[1:])] = 1.0
    return matrix


def history(user: int, n: int = N_PRODUCTS) -> History:
    past = History.empty()
    for _, product, _, at_s in (row for row in purchases(user + 1, n) if row[0] == user_id(user)):
        past = add_visit(past, [product], at_s)
    return past


def parameters(**changes: Any) -> dict[str, Any]:
    return {
        "dayparts": DAYPARTS,
        "als": {"factors": 4, "regularization": 0.5, "alpha": 2.0},
        "blend_terms": list(WEIGHTS),
        "strengths": {"popularity": 8.0, "rhythm": 4.0},
        "history_decay": 0.98,
        **changes,
    }


WEIGHTS: Mapping[str, float] = {
    "intercept": -2.0, "als": 3.0, "cold": 0.5, "popularity": 0.25, "seen": 1.0, "habit": 0.5, "recency": -0.5,
    "rebuy": 0.25, "due": 1.0, "count": 0.125, "share": 0.25, "als_seen": -1.0, "popularity_seen": 0.125,
}  # fmt: skip


def arrays() -> dict[str, np.ndarray]:
    """A whole `ranker`: two colours in the factors, a little texture so that nothing ties, all in exact binary parts.

    Store s0 sells even products, s1 odd ones, in the morning and evening only.
    """
    n = N_PRODUCTS + 1
    colour = np.arange(n) % 2
    texture = (np.arange(n) % 5 - 2) / 16.0
    als = np.stack([1.0 - colour, colour, texture, texture[::-1]], axis=1).astype(np.float32)
    als[-1] = 0.0
    cold = np.stack([1.0 - colour, colour, texture], axis=1).astype(np.float32)
    cells = [
        [p for p in range(N_PRODUCTS) if p % 2 == store] if d in (0, 2) else [] for store in range(2) for d in range(4)
    ]
    rows = np.array([p for cell in cells for p in cell], dtype=np.int32)
    share = (2.0 + np.arange(n) % 3) / (2.0 + np.arange(n) % 3).sum()
    has_history = np.ones(n, dtype=np.uint8)
    has_history[-1] = 0
    rhythm = np.ones((3, 7, 24), dtype=np.float32)
    rhythm[1, :, 8], rhythm[2, :, 18] = 16.0, 16.0
    return {
        **Vocabulary.encode(products(n), "products"),
        **Vocabulary.encode(["s0", "s1"], "stores"),
        "als_factors": als,
        "als_gram": (als.T @ als).astype(np.float32),
        "cold_factors": cold,
        "popularity_global": (np.round(np.log(share) * 64.0) / 64.0).astype(np.float32),
        "pop_indptr": np.cumsum([0, *(len(cell) for cell in cells)]).astype(np.int64),
        "pop_rows": rows,
        "pop_counts": (1.0 + rows % 4).astype(np.float32),
        "rebuy_rate": ((1.0 + np.arange(n) % 4) / 8.0).astype(np.float32),
        "has_history": has_history,
        "blend_weights": np.array(list(WEIGHTS.values()), dtype=np.float32),
        "rhythm_prior": rhythm[0].reshape(168),
        "rhythm_store": rhythm[1:].reshape(2, 168),
        "response_slope": np.array([2.5], dtype=np.float32),
    }


def manifest(**changes: Any) -> dict[str, Any]:
    """What the caller of `write_artifact` states."""
    return {
        "trained_through": "2017-12-01T00:00:00+00:00",
        "feature_service": "recommendations_v1",
        "features": ["user_history:product_ids", "user_history:counts"],
        "parameters": parameters(),
        "seeds": {"als": 20171201},
        "libraries": {"numpy": "2.1"},
        "commit": "0" * 40,
        "metrics": {"recall@10": 0.5, "ndcg@10": None},
        **changes,
    }
