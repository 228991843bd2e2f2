"""The checkerboard world: even users buy even products, odd users buy odd ones, so every right answer shows by eye.

User `u07` has bought every product of her colour but two, which are the answer (`hidden`). `p16` is new to all.
Names are zero-padded, so the order of ids is the order of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.history import History, add_visit
from models.term_names import GOODS_TERMS, NEAR_TERMS, NEW_TERMS, USUAL_TERMS, WIDE_TERMS
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


# Form: term to (low, high, centre, weight of the usual, weight of the new). Every range leaves some value outside.
SPANS: Mapping[str, tuple[float, ...]] = {
    "visits": (0.0, 2.0, 1.0, -0.25, 0.125), "basket": (-0.5, 0.5, 0.25, 0.125, 0.25), "kinds": (0.0, 2.0, 1.0, -0.125, 0.0),
    "last_basket": (0.0, 1.0, 0.25, 0.0625, 0.125), "away": (0.0, 2.0, 0.5, -0.125, 0.25),
    "habit": (-2.0, -0.25, -1.0, 1.0), "lately": (-2.5, -0.5, -1.5, 1.5), "latest": (-3.0, -0.5, -2.0, 0.5),
    "count": (0.0, 1.5, 0.25, 1.0), "recency": (0.0, 1.5, 0.5, -0.25), "ready": (-1.0, 0.5, 0.0, 0.25),
    "days": (0.0, 2.0, 1.0, -0.125), "popularity": (-3.125, -2.625, -2.75, 0.5, 1.0), "rebuy": (-2.0, -0.75, -1.0, 0.5, 0.25),
    **{name: (-0.5, 0.5, 0.125, 0.0625 * place, 0.25 - 0.0625 * place) for place, name in enumerate(GOODS_TERMS)},
    "together": (0.25, 1.75, 0.5, 0.25, 1.0), "next": (0.0, 1.5, 0.25, 0.125, 0.5), "alike": (0.0, 1.5, 0.25, 0.25, 1.0),
    "als": (0.0, 0.8125, 0.25, 0.25, 0.5), "cold": (0.0, 1.0, 0.125, 0.125, 0.25), "here": (0.0, 2.0, 0.5, 0.25, 0.5),
}  # fmt: skip


def form_parameters(**changes: Any) -> dict[str, Any]:
    """The same ranker with two forms, every term in each."""
    shared = {name: value for name, value in parameters().items() if name != "blend_terms"}
    named = {"usual_terms": list(USUAL_TERMS), "new_terms": list(NEW_TERMS), "goods_terms": list(GOODS_TERMS)}
    return {**shared, **named, "mean_basket": 2.0, **changes}


def form_arrays() -> dict[str, np.ndarray]:
    """A whole two-form ranker, in exact binary parts. Neighbours share a colour, but for `next`, which tells little.

    The new product has no neighbours and is nobody's. Every pair of terms has a weight, but for those that stand alone.
    """
    n = N_PRODUCTS + 1
    place = np.arange(n)
    goods = [((place + column) * (column % 5 + 1) % 7 - 3) / 4.0 for column in range(len(GOODS_TERMS))]
    shared = {name: array for name, array in arrays().items() if name != "blend_weights"}
    tables = {}
    for name, steps in zip(NEAR_TERMS, ((2, 4, 14), (1, 2, 3), (6, 8, 10)), strict=True):
        rows = np.array([[(row + step) % N_PRODUCTS for step in steps] for row in range(n)], dtype=np.int32)
        near = np.tile(np.array([0.25, 0.125, 0.0625], np.float32), (n, 1)) * (0.25 if name == "next" else 1.0)
        rows[-1], near[-1], near[::5, -1] = n - 1, 0.0, 0.0
        tables |= {f"{name}_rows": rows, f"{name}_values": near.astype(np.float32)}
    usual, new = _matrix(USUAL_TERMS, 3, 0.0, ()), _matrix(NEW_TERMS, -1, -2.0, WIDE_TERMS)
    return {
        **shared, **tables, "goods": np.stack(goods, axis=1).astype(np.float32),
        "usual_range": _range(USUAL_TERMS), "usual_matrix": usual, "new_range": _range(NEW_TERMS), "new_matrix": new,
    }  # fmt: skip


def _range(terms: Sequence[str]) -> np.ndarray:
    return np.array([SPANS[name][:3] for name in terms], dtype=np.float32)


def _matrix(terms: Sequence[str], weight: int, constant: float, alone: Sequence[str]) -> np.ndarray:
    first, second = np.indices((len(terms), len(terms)))
    matrix = np.zeros((len(terms) + 1, len(terms) + 1), dtype=np.float32)
    matrix[:-1, :-1] = ((first * second + first + second) % 9 - 4) / 128.0
    single = [place for place, name in enumerate(terms) if name in alone]
    matrix[single, :-1], matrix[:-1, single] = 0.0, 0.0
    matrix[:-1, -1] = matrix[-1, :-1] = [SPANS[name][weight] / 2.0 for name in terms]
    matrix[-1, -1] = constant
    return matrix
