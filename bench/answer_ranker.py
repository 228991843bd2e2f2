"""A ranker of two forms of fixed random numbers: all that the arithmetic reads, of no sense."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.history import DECAY
from models.ranker import Ranker
from models.term_names import GOODS_TERMS, NEAR_TERMS, NEW_TERMS, USUAL_TERMS, WIDE_TERMS
from models.vocabulary import Vocabulary

N_FACTORS, N_NEAR = 16, 8
PARAMETERS = {
    "dayparts": [["morning", 6, 11], ["midday", 11, 15], ["evening", 15, 22], ["night", 22, 6]],
    "als": {"factors": N_FACTORS, "regularization": 0.5, "alpha": 2.0},
    "strengths": {"popularity": 8.0, "rhythm": 4.0},
    "history_decay": DECAY,
    "usual_terms": list(USUAL_TERMS),
    "new_terms": list(NEW_TERMS),
    "goods_terms": list(GOODS_TERMS),
    "mean_basket": 2.0,
}


def ranker(n: int, store_id: str, rng: np.random.Generator) -> Ranker:
    """Of n products, some of which sold in one store."""
    return Ranker.from_arrays(_arrays(n, store_id, rng), PARAMETERS)


def _arrays(n: int, store_id: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    f = N_FACTORS

    def some(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    als, share = some(n, f), rng.random(n) + 0.1
    near = {f"{name}_rows": rng.integers(0, n, (n, N_NEAR)).astype(np.int32) for name in NEAR_TERMS}
    near |= {f"{name}_values": rng.random((n, N_NEAR)).astype(np.float32) for name in NEAR_TERMS}
    cells = np.tile(np.arange(0, n, 2, dtype=np.int32), 4)
    return {
        **Vocabulary.encode([f"p{row:04d}" for row in range(n)], "products"), **Vocabulary.encode([store_id], "stores"), **near,
        "als_factors": als, "als_gram": als.T @ als, "cold_factors": some(n, f), "goods": some(n, len(GOODS_TERMS)),
        "popularity_global": np.log(share / share.sum()).astype(np.float32), "has_history": np.ones(n, np.uint8),
        "pop_indptr": (np.arange(5) * len(cells) // 4).astype(np.int64), "pop_rows": cells,
        "pop_counts": (1.0 + cells % 4).astype(np.float32), "rebuy_rate": ((1 + np.arange(n) % 4) / 8).astype(np.float32),
        "rhythm_prior": np.ones(168, np.float32), "rhythm_store": np.ones((1, 168), np.float32),
        "response_slope": np.ones(1, np.float32), **_form("usual", USUAL_TERMS, ()), **_form("new", NEW_TERMS, WIDE_TERMS),
    }  # fmt: skip


def _form(half: str, terms: Sequence[str], alone: Sequence[str]) -> dict[str, np.ndarray]:
    n = len(terms)
    first, second = np.indices((n + 1, n + 1))
    matrix = ((first * second + first + second) % 9 - 4).astype(np.float32) / 128
    single = [place for place, name in enumerate(terms) if name in alone]
    matrix[single, :-1] = matrix[:-1, single] = 0.0
    return {f"{half}_range": np.tile(np.array([-2.0, 2.0, 0.5], np.float32), (n, 1)), f"{half}_matrix": matrix}
