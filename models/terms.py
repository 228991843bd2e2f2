"""One question, understood: whose history, which store, which hour. All terms are reckoned from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from models.foldin import normal_equations
from models.history import History
from models.packed import taken
from models.parts import Parts
from models.popularity import Cell, log_popularity
from models.timing import WEEK


@dataclass(frozen=True)
class Ask:
    """One question, understood: what the terms of any product are reckoned from, each part when it is first needed."""

    parts: Parts = field(repr=False)
    history: History
    known: History
    """The products of the history that the artifact knows."""
    rows: np.ndarray
    """int32[k]: product row of each row of `known`."""
    store: int | None
    daypart_number: int | None
    at_s: int | None
    """When it is asked, seconds since 1970 UTC; None is right after the last visit."""

    @property
    def n_unknown(self) -> int:
        """Products of the history that the artifact does not know; they count for nothing."""
        return len(self.history) - len(self.rows)

    @property
    def store_id(self) -> str | None:
        """None when not given or not known."""
        return None if self.store is None else self.parts.stores.ids[self.store]

    @property
    def daypart(self) -> str | None:
        """Its name, None when no hour was given."""
        return None if self.daypart_number is None else self.parts.options.daypart_names[self.daypart_number]

    @cached_property
    def where(self) -> tuple[str, str]:
        """The code and the words of what sells in the place and time that were told."""
        return _where(self.store is not None, self.daypart)

    @cached_property
    def cell(self) -> Cell:
        """What sold in the store and daypart."""
        return self.parts.cell(self.store, self.daypart_number)

    @cached_property
    def log_popularity(self) -> np.ndarray:
        """float32[n]."""
        strength = self.parts.options.popularity_strength
        return log_popularity(self.parts.arrays["popularity_global"], self.cell, strength)

    @cached_property
    def confidence(self) -> np.ndarray:
        """float32[k]: alpha · counts or decayed."""
        options = self.parts.options
        weight = self.known.counts if options.als_weight == "counts" else self.known.decayed
        return np.float32(options.als_alpha) * weight

    @cached_property
    def _equations(self) -> tuple[np.ndarray, np.ndarray]:
        arrays, options = self.parts.arrays, self.parts.options
        factors, gram = arrays["als_factors"], arrays["als_gram"]
        return normal_equations(factors, gram, self.rows, self.confidence, options.als_regularization)

    @property
    def normal(self) -> np.ndarray:
        """float64[f,f]: the matrix A of the fold-in."""
        return self._equations[0]

    @cached_property
    def als_user(self) -> np.ndarray:
        """float32[f]."""
        return np.linalg.solve(*self._equations).astype(np.float32)

    @cached_property
    def cold_user(self) -> np.ndarray:
        """float32[g]; the last is 1 and meets the bias column."""
        return cold_user(self.parts.arrays["cold_factors"], self.rows, self.known.decayed)


class Question(NamedTuple):
    """Who asks, where and when. Ids of the history must be distinct, as `History.of` makes sure."""

    history: History
    store_id: str | None
    """An unknown store counts as none given."""
    hour_of_week: int | None
    """Monday 00:00 = 0, store-local; ValueError outside 0 to 167."""
    at_s: int | None = None
    """When it is asked, seconds since 1970 UTC; None is right after the last visit."""


def understand(parts: Parts, questions: Sequence[Question]) -> list[Ask]:
    """Meet the artifact's rows: known products, the cell of the place and time."""
    known = parts.products.rows_of_each([each.history.product_ids for each in questions])
    return [_ask(parts, question, *rows) for question, rows in zip(questions, known, strict=True)]


def _ask(parts: Parts, question: Question, positions: np.ndarray, rows: np.ndarray) -> Ask:
    history, store_id, hour_of_week, at_s = question
    if hour_of_week is not None and not 0 <= hour_of_week < WEEK:
        raise ValueError(f"hour_of_week {hour_of_week} is not 0 to {WEEK - 1}")
    store = None if store_id is None else parts.stores.row.get(store_id)
    daypart = None if hour_of_week is None else int(parts.options.daypart_of_hour[hour_of_week % 24])
    return Ask(parts, history, _subset(history, positions), rows, store, daypart, at_s)


@lru_cache(maxsize=64)
def _where(here: bool, daypart: str | None) -> tuple[str, str]:
    now = daypart is not None
    words = [*(["here"] if here else []), *([f"in the {daypart}"] if now else [])]
    return "_".join(["popular", *(["here"] if here else []), *(["now"] if now else [])]), " ".join(words)


def cold_user(factors: np.ndarray, rows: np.ndarray, decayed: np.ndarray) -> np.ndarray:
    """float32[g]: the mean of the history's item factors weighed by decayed float32[k], and 1 for the bias column.

    factors float32[n,g], bias last; rows int32[k]. An empty history gives zeros and the 1: the item's bias alone.
    """
    user = np.zeros(factors.shape[1], dtype=np.float32)
    if len(rows):
        user[:-1] = ((decayed / decayed.sum()) @ factors.take(rows, axis=0))[:-1]
    user[-1] = 1.0
    return user


def _subset(history: History, positions: np.ndarray) -> History:
    if len(positions) == len(history):
        return history
    ids = taken(history.product_ids, positions)
    columns = (history.counts, history.decayed, history.last_visit, history.last_at_s)
    counts, decayed, last_visit, last_at_s = (column[positions] for column in columns)
    return History(ids, counts, decayed, last_visit, last_at_s, history.n_visits)
