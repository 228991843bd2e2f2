"""At most how much a product that a user has not bought may score, for one pass over a few numbers a product: what lies below
the k-th best already found need not be reckoned (as in the threshold algorithm of Fagin, Lotem & Naor 2003).

A user's part is told as it is. Neighbours and the place may give all that the form lets them; a factor model what the lengths of
two vectors let it (Cauchy & Schwarz), as clipping brings no two values further apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.form import Form
from models.lanes import widened
from models.new_form import NewForm
from models.parts import Parts
from models.terms import Ask

_ROUNDING = 1e-5
"""Of the sum of all that a score is made of at most: a hundred times what float32 loses."""


@dataclass(frozen=True)
class Ceiling:
    """Of the new form of one artifact, with F factor models."""

    new: NewForm
    leans: np.ndarray
    """float32[U + 1 + F, n']: what a step of each user term adds; all else that a product may have; its lengths."""
    most_near: np.ndarray
    """float64[2, N]: from where to where a neighbour term may stand, from nothing."""

    @classmethod
    def of(cls, parts: Parts, new: NewForm) -> Ceiling:
        """Reckon at load."""
        near = np.array([new.near.low, new.near.high], np.float64) - new.nothing.T
        users = np.abs(np.array([new.users.low, new.users.high], np.float64) - new.users.centre).max(axis=0)
        reached = near[:, :, None] * new.lean_near[:, : len(new.base)]
        steps = (near[:, None, :, None] * near[None, :, None, :] * new.near.pairs).max(axis=(0, 1)).sum()
        lengths = [_length(parts, new.wide, name) for name in new.moving]
        still = [_still(parts, new.wide, name) for name in new.wide.terms]
        room = new.base + reached.max(axis=0).sum(axis=0) + steps + np.sum(still, axis=0)
        sizes = (new.base, users @ np.abs(new.lean_users[:-1]), np.abs(reached).sum(axis=(0, 1)), *still)
        room += _ROUNDING * (sum(np.abs(size).max() for size in sizes) + steps)
        room += _ROUNDING * (users @ np.abs(new.users.pairs) @ users + (np.abs(new.between) @ users).sum())
        room[~np.isfinite(room)] = np.inf  # then nothing is left out
        rows = (new.lean_users[:-1], widened(room[None], -np.inf), *(widened(length[None]) for length in lengths))
        return cls(new, np.vstack(rows), near)

    def asked(self, asks: Sequence[Ask], told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(float32[B, U + 1 + F]: a user's steps along `leans`; float64[B]: what is more, for every product alike); told
        float32[B, U]: where the users stand.
        """
        steps = np.ones((len(asks), len(self.leans)), np.float32)
        n_users = told.shape[1]
        steps[:, :n_users] = told
        for place, name in enumerate(self.new.moving, n_users + 1):
            steps[:, place] = [_user(ask, name) for ask in asks]
        among = np.add.reduce(told @ self.new.users.pairs * told, axis=1)
        pull = (told @ self.new.between.T)[:, None] * self.most_near
        return steps, among + np.add.reduce(np.maximum.reduce(pull, axis=1), axis=1, dtype=np.float64)

    def hopeful(self, step: np.ndarray, least: float, owned: np.ndarray) -> np.ndarray:
        """int64[m], ascending: product rows that may score `least` without what is more for every product, but the owned
        int64[K]; step float32[U + 1 + F].
        """
        level = step @ self.leans
        level[owned] = -np.inf
        return (level >= np.float32(least)).nonzero()[0]


def _user(ask: Ask, name: str) -> float:
    """The length of the user's vector."""
    vector = ask.cold_user[:-1] if name == "cold" else ask.als_user
    return math.sqrt(vector @ vector)


def _still(parts: Parts, wide: Form, name: str) -> np.ndarray:
    """float64[n]: what a wide term adds at most, but for the lengths."""
    place = wide.terms.index(name)
    linear, low, high = float(wide.linear[place]), float(wide.low[place]), float(wide.high[place])
    if name == "here":
        return np.full(len(parts.products), max(linear * low, linear * high))
    bias = parts.arrays["cold_factors"][:, -1] if name == "cold" else np.zeros(len(parts.products))
    return linear * bias.astype(np.float64).clip(low, high)


def _length(parts: Parts, wide: Form, name: str) -> np.ndarray:
    """float64[n]."""
    factors = parts.arrays["cold_factors"][:, :-1] if name == "cold" else parts.arrays["als_factors"]
    return (
        (1.0 + _ROUNDING)
        * abs(wide.linear[wide.terms.index(name)])
        * np.linalg.norm(factors.astype(np.float64), axis=1)
    )
