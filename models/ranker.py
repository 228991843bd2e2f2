"""The ranker: an artifact and a history in, a score for every product out. Training and serving call the same lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from models.artifact import Artifact, ArtifactError
from models.form_grounds import FormGrounds
from models.forms import Forms
from models.grounds import Grounds
from models.history import History
from models.linear import Linear
from models.parts import Parts, parts_of
from models.reasons import explain
from models.response import sigmoid
from models.terms import Ask, understand
from models.timing import slot_density
from models.vocabulary import Vocabulary

NAME = "ranker"
"""The artifact's name on the shelf."""


class Question(NamedTuple):
    """Who asks, where and when. Ids of the history must be distinct, as `History.of` makes sure."""

    history: History
    store_id: str | None
    """An unknown store counts as none given."""
    hour_of_week: int | None
    """Monday 00:00 = 0, store-local; ValueError outside 0 to 167."""
    at_s: int | None = None
    """When it is asked, seconds since 1970 UTC; None is right after the last visit."""


@dataclass(frozen=True)
class Scores:
    """Every product's score for one user, place and time. Row j is product `Ranker.product_ids.ids[j]`."""

    score: np.ndarray
    """float32[n]: the logit; always finite. A caller marks what is not eligible with NaN in a copy."""
    grounds: Grounds | FormGrounds = field(repr=False)
    """What the scores and their reasons share."""

    @property
    def ask(self) -> Ask:
        """The question."""
        return self.grounds.ask

    @property
    def n_unknown(self) -> int:
        """Products of the history that the artifact does not know, and which counted for nothing."""
        return self.ask.n_unknown

    @property
    def store_known(self) -> bool:
        """Whether the store was given and the artifact knows it."""
        return self.ask.store is not None

    def probability(self, rows: np.ndarray | Sequence[int]) -> np.ndarray:
        """float64[len(rows)]: the chance that the user takes the product at the next visit, sigmoid(score)."""
        return sigmoid(self.score[np.asarray(rows, dtype=np.int64)])

    def reasons(self, row: int) -> list[tuple[str, str]]:
        """(code, detail) of what raised this product's score, most first. Codes are in `reasons.py`."""
        return self.reasons_of([row])[0]

    def reasons_of(self, rows: np.ndarray | Sequence[int]) -> list[list[tuple[str, str]]]:
        """The same of several distinct product rows."""
        return reasons_together([self], [rows])[0]


def reasons_together(
    scores: Sequence[Scores], slates: Sequence[np.ndarray | Sequence[int]]
) -> list[list[list[tuple[str, str]]]]:
    """`reasons_of` each slate of distinct product rows, row-aligned with `scores`; cheapest for those of one block."""
    pairs = zip(scores, slates, strict=True)
    return [explain(each.grounds, rows) if len(rows) else [] for each, rows in pairs]


class Ranker:
    """Built once from an artifact, never changed, safe to share between threads."""

    def __init__(self, parts: Parts, version: str = "") -> None:
        """Of checked parts; `from_artifact` is the usual door."""
        self.parts = parts
        self.version = version
        self.product_ids: Vocabulary = parts.products
        self.store_ids: Vocabulary = parts.stores
        self.blend: Linear | Forms = Forms.of(parts) if parts.options.usual_terms else Linear.of(parts)
        self.unsold: np.ndarray = parts.arrays["has_history"] == 0
        """bool[n]: products that nobody had bought when the model was trained."""
        self.response_slope = float(parts.arrays["response_slope"][0])

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> Ranker:
        """ArtifactError when an array or a parameter is missing, misaligned or unknown to this build."""
        if artifact.name != NAME:
            raise ArtifactError(f"{artifact.path}: a {artifact.name} artifact, not a {NAME}: point at a {NAME}")
        try:
            return cls(parts_of(artifact.arrays, artifact.manifest["parameters"]), artifact.version)
        except ArtifactError as error:
            raise ArtifactError(f"{artifact.path}: {error}") from error

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> Ranker:
        """The same of arrays in memory, as training has them."""
        return cls(parts_of(arrays, parameters))

    def score(
        self, history: History, *, store_id: str | None, hour_of_week: int | None, at_s: int | None = None
    ) -> Scores:
        """Score all products for one `Question`."""
        return self.score_together([Question(history, store_id, hour_of_week, at_s)])[0]

    def score_together(self, questions: Sequence[Question]) -> list[Scores]:
        """Score all products for each of several questions: what `score` gives, for less a question."""
        return [self._score(understand(self.parts, *question)) for question in questions]

    def _score(self, ask: Ask) -> Scores:
        grounds: Any = self.blend.grounds(ask)
        return Scores(self.blend.score(grounds), grounds)

    def ask(self, history: History, *, store_id: str | None, hour_of_week: int | None, at_s: int | None = None) -> Ask:
        """The question that `score` answers, understood; what the blend is fitted on is reckoned from it."""
        return understand(self.parts, history, store_id, hour_of_week, at_s)

    def slot_density(
        self, counts: np.ndarray, store_id: str | None, weekday: int, open_hours: np.ndarray
    ) -> np.ndarray:
        """`timing.slot_density` with this artifact's prior: the store's rhythm, or the chain's when it has none."""
        return slot_density(counts, self.rhythm(store_id), weekday, open_hours, self.parts.options.rhythm_strength)

    def rhythm(self, store_id: str | None) -> np.ndarray:
        """float32[168]: purchases by hour of the store-local week; the chain's for an unknown or silent store."""
        row = None if store_id is None else self.store_ids.row.get(store_id)
        own = None if row is None else self.parts.arrays["rhythm_store"][row]
        return self.parts.arrays["rhythm_prior"] if own is None or not own.any() else own
