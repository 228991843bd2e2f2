"""The hour of a visit, given its day: a log-linear mix of densities (a logarithmic opinion pool, Genest & Zidek 1986)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.habits import HOURS, Habits, habits_of
from models.slot_grounds import SlotGrounds
from models.visits import Visits


@dataclass(frozen=True)
class SlotMix:
    """density ∝ exp(bias + Σ_k weights_k · log density_k): weights float64[n_terms], bias float64[24]."""

    grounds: SlotGrounds
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], sizes: Sequence[int]) -> SlotMix:
        """From a `when` artifact's arrays; sizes: topics in each set."""
        return cls(SlotGrounds.of(arrays, sizes), arrays["slot_weights"], arrays["slot_bias"])

    def habits(self, visits: Visits, as_of_day: int, store: np.ndarray) -> Habits:
        """What all days of one plan share."""
        return habits_of(visits, as_of_day, store, self.grounds.topics)

    def density(self, habits: Habits, day: np.ndarray, open_hours: np.ndarray) -> np.ndarray:
        """float64[n, 24]: rows sum to 1 over the open hours, closed hours are 0; all 0 where no hour is open.

        day int64[n]: since 1970, of the store's calendar; open_hours bool[n, 24].
        """
        score = self.grounds.logs(habits, day) @ self.weights + self.bias
        score = np.where(open_hours, score, -np.inf)
        top = score.max(axis=1, keepdims=True)
        mass = np.exp(score - np.where(np.isfinite(top), top, 0.0))
        return np.asarray(mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-300), dtype=np.float64)


def slots(density: np.ndarray, width_h: int) -> np.ndarray:
    """float64[n, 24 / width_h]: an hourly density float64[n, 24] summed into slots, the first at midnight."""
    return np.asarray(density.reshape(len(density), HOURS // width_h, width_h).sum(axis=2), dtype=np.float64)
