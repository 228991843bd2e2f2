"""The score of two forms the slow way: one product after the other, one term after the other, one pair after the other.

Plain Python over the raw arrays of an artifact; nothing of `models` is used but the History, so that an error there shows here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import exp, log, log1p
from typing import Any

import numpy as np

from models.history import History

DAY_S = 86_400.0


class Naive:
    """One artifact, read by eye."""

    def __init__(self, arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> None:
        self.arrays, self.parameters = {name: array.tolist() for name, array in arrays.items()}, parameters
        self.products, self.stores = (self._ids(arrays, kind) for kind in ("products", "stores"))

    def _ids(self, arrays: Mapping[str, np.ndarray], kind: str) -> list[str]:
        text = arrays[f"{kind}_text"].tobytes()
        return [text[start:end].decode() for start, end in pairwise(self.arrays[f"{kind}_offsets"])]

    def score(
        self, history: History, store: str | None = None, hour: int | None = None, at_s: int | None = None
    ) -> list[float]:
        """The logit of every product; `store` and `hour` as in `Ranker.score`."""
        rows = range(len(self.products))
        if not any(name in self.products for name in history.product_ids):
            return [self.start(row, store, hour) for row in rows]
        return [self.form(*self.values(history, store, hour, at_s, row)) for row in rows]

    def values(
        self, history: History, store: str | None, hour: int | None, at_s: int | None, row: int
    ) -> tuple[str, dict[str, float]]:
        """Which form a product is scored with, and the terms of it by name."""
        half = "usual" if self.products[row] in history.product_ids else "new"
        terms = self.parameters[f"{half}_terms"]
        return half, {name: float(self.term(name, history, store, hour, at_s, row)) for name in terms}

    def form(self, half: str, values: Mapping[str, float]) -> float:
        """[z 1] · M · [z 1]ᵀ as a double loop."""
        ranges, matrix = self.arrays[f"{half}_range"], self.arrays[f"{half}_matrix"]
        z = [min(max(t, low), high) - centre for t, (low, high, centre) in zip(values.values(), ranges, strict=True)]
        z.append(1.0)
        return sum(matrix[i][j] * z[i] * z[j] for i in range(len(z)) for j in range(len(z)))

    def start(self, row: int, store: str | None, hour: int | None) -> float:
        """What sells there and then: a visit takes so many products, each by its shrunk share, at most .99."""
        counts, strength = self.cell(store, hour), self.parameters["strengths"]["popularity"]
        share = (counts.get(row, 0.0) + strength * exp(self.arrays["popularity_global"][row])) / (
            sum(counts.values()) + strength
        )
        chance = min(self.parameters["mean_basket"] * share, 0.99)
        return log(chance / (1.0 - chance))

    def cell(self, store: str | None, hour: int | None) -> dict[int, float]:
        """Product row to counts in a store and daypart; either may be unknown, both give nothing."""
        place = self.stores.index(store) if store in self.stores else None
        part = None if hour is None else self.daypart(hour % 24)
        n_parts, counts = len(self.parameters["dayparts"]), {}
        if place is None and part is None:
            return {}
        for number in range(len(self.stores) * n_parts):
            if place in (None, number // n_parts) and part in (None, number % n_parts):
                start, end = self.arrays["pop_indptr"][number : number + 2]
                for at in range(start, end):
                    row = self.arrays["pop_rows"][at]
                    counts[row] = counts.get(row, 0.0) + self.arrays["pop_counts"][at]
        return counts

    def daypart(self, hour: int) -> int:
        for number, (_, start, end) in enumerate(self.parameters["dayparts"]):
            if (start <= hour < end) if start < end else (hour >= start or hour < end):
                return number
        raise AssertionError(hour)

    def term(
        self, name: str, history: History, store: str | None, hour: int | None, at_s: int | None, row: int
    ) -> float:
        arrays = self.arrays
        now = max(history.last_at_s.tolist()) if at_s is None else at_s
        if name in ("visits", "basket", "kinds", "last_basket", "away"):
            return self.of_user(name, history, now)
        if name in ("together", "next", "alike"):
            return log1p(20.0 * self.reach(name, history, row))
        if name in self.parameters["goods_terms"]:
            return arrays["goods"][row][self.parameters["goods_terms"].index(name)]
        if name in ("als", "cold"):
            return self.als(history, row) if name == "als" else self.cold(history, row)
        if name == "popularity":
            return arrays["popularity_global"][row]
        if name == "rebuy":
            return log(arrays["rebuy_rate"][row])
        if name == "here":
            expected = self.parameters["strengths"]["popularity"] * exp(arrays["popularity_global"][row])
            return log1p(self.cell(store, hour).get(row, 0.0) / expected)
        return self.of_owned(name, history, now, history.product_ids.index(self.products[row]))

    def of_user(self, name: str, history: History, now: int) -> float:
        last, n = history.last_visit.tolist(), history.n_visits
        return {
            "visits": log(n),
            "basket": log(sum(history.counts.tolist()) / n),
            "kinds": log(len(history)),
            "last_basket": log(max(last.count(n), 1)),
            "away": log1p(max(now - max(history.last_at_s.tolist()), 0) / DAY_S),
        }[name]

    def of_owned(self, name: str, history: History, now: int, place: int) -> float:
        n, count = history.n_visits, history.counts.tolist()[place]
        since, gap = n - history.last_visit.tolist()[place], max(n / count, 1.0)
        if name in ("lately", "latest"):
            decay = {"lately": 0.9, "latest": 0.8}[name]
            total = sum(decay**age for age in range(n))
            return log(min(self.faded(history, place, decay) / total, 1.0) + 0.01)
        return {
            "habit": log(min(history.decayed.tolist()[place] / sum(0.98**age for age in range(n)), 1.0)),
            "count": log(count),
            "recency": log1p(since),
            "ready": log((since + 0.5) / gap),
            "days": log1p(max(now - history.last_at_s.tolist()[place], 0) / DAY_S),
        }[name]

    def faded(self, history: History, place: int, decay: float) -> float:
        """The last visit exactly; the earlier ones at the one age that explains what is left of the slow sum."""
        since, earlier = history.n_visits - history.last_visit.tolist()[place], history.counts.tolist()[place] - 1.0
        if earlier <= 0.0:
            return decay**since
        left = min(max((history.decayed.tolist()[place] - 0.98**since) / earlier, 1e-6), 1.0)
        return decay**since + earlier * decay ** (log(left) / log(0.98))

    def reach(self, name: str, history: History, row: int) -> float:
        total = 0.0
        for place, product in enumerate(history.product_ids):
            if product in self.products:
                owned = self.products.index(product)
                weight = self.faded(history, place, 0.5 if name == "next" else 0.9)
                pairs = zip(self.arrays[f"{name}_rows"][owned], self.arrays[f"{name}_values"][owned], strict=True)
                total += weight * sum(value for other, value in pairs if other == row)
        return total

    def als(self, history: History, row: int) -> float:
        """(YᵀCY + λI)⁻¹ YᵀCp with C over all products, 1 for those not bought (Hu, Koren & Volinsky 2008, eq. 4)."""
        factors, options = np.array(self.arrays["als_factors"]), self.parameters["als"]
        confidence, liked = np.ones(len(factors)), np.zeros(len(factors))
        for product, count in zip(history.product_ids, history.counts.tolist(), strict=True):
            if product in self.products:
                place = self.products.index(product)
                confidence[place], liked[place] = options["alpha"] * count, 1.0
        weighed = factors.T * confidence
        left = weighed @ factors + options["regularization"] * np.eye(factors.shape[1])
        return float(factors[row] @ np.linalg.solve(left, weighed @ liked))

    def cold(self, history: History, row: int) -> float:
        factors = self.arrays["cold_factors"]
        known = {
            self.products.index(product): decayed
            for product, decayed in zip(history.product_ids, history.decayed.tolist(), strict=True)
            if product in self.products
        }
        user = [
            sum(decayed * factors[place][column] for place, decayed in known.items()) / sum(known.values())
            for column in range(len(factors[0]) - 1)
        ]
        return sum(x * y for x, y in zip([*user, 1.0], factors[row], strict=True))
