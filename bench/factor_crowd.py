"""Factors that the scoring core is measured on: of an ALS fit on real purchases, and drawn from a normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.journey_cut import purchases
from models.foldin import fold_in
from training import als
from training.cases import Known
from training.recipe import Recipe
from training.sales import coded, sales

N_USERS = 256
LENGTHS, TURN = 0.2, 0.3
"""Of a copied product: the spread of its length's logarithm, and how far it is turned, as a share of its length."""


@dataclass(frozen=True)
class Crowd:
    """factors float32[n,f] of products, users float32[256,f]."""

    name: str
    factors: np.ndarray
    users: np.ndarray


@cache
def fitted() -> tuple[np.ndarray, np.ndarray]:
    """(factors float32[n,f] of Complete Journey, most bought first; users float32[m,f]): `training.als` at its defaults."""
    recipe = Recipe()
    past = Known(coded(sales(purchases().lazy()))).histories
    factors = als.fit_items(past, recipe)
    gram = factors.T @ factors
    spans = list(zip(past.indptr[:-1].tolist(), past.indptr[1:].tolist(), strict=True))[:N_USERS]
    users = [
        fold_in(
            factors, gram, past.rows[a:b], past.counts[a:b] * np.float32(recipe.als_alpha), recipe.als_regularization
        )
        for a, b in spans
    ]
    bought = np.bincount(past.rows, past.counts, len(factors))
    return factors[np.argsort(-bought, kind="stable")], np.array(users)


def of_als(n: int, seed: int = 0) -> Crowd:
    """The n most bought products of the fit; where there are fewer, all and copies of them, each of another length and turned."""
    factors, users = fitted()
    rng = np.random.default_rng(seed)
    if n > len(factors):
        copies = factors[rng.integers(0, len(factors), n - len(factors))]
        length = np.linalg.norm(copies, axis=1, keepdims=True)
        copies += rng.standard_normal(copies.shape, np.float32) * (length * TURN / np.sqrt(copies.shape[1]))
        copies *= rng.lognormal(0.0, LENGTHS, (len(copies), 1)).astype(np.float32)
        factors = np.concatenate((factors, copies))
    chosen = rng.permutation(n)
    return Crowd("factors of ALS", np.ascontiguousarray(factors[:n][chosen]), users)


def of_gauss(n: int, f: int = 64, seed: int = 0) -> Crowd:
    """Independent standard normal numbers: every product about as long as every other, which no bound on lengths can use."""
    rng = np.random.default_rng(seed)
    return Crowd(
        "normal factors", rng.standard_normal((n, f), np.float32), rng.standard_normal((N_USERS, f), np.float32)
    )
