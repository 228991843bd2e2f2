"""The ranker: an artifact and a history in, a score for every product out. Training and serving call the same lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.artifact import Artifact, ArtifactError
from models.forms import Forms
from models.history import History
from models.linear import Linear
from models.parts import Parts, parts_of
from models.scores import Scores
from models.terms import Ask, Question, understand
from models.timing import slot_density
from models.vocabulary import Vocabulary

__all__ = ["NAME", "TOGETHER", "Question", "Ranker"]

TOGETHER = 32
"""Questions in one pass at most: what is held of each is some ten numbers a product."""
NAME = "ranker"
"""The artifact's name on the shelf."""


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
        self.has_unsold = bool(self.unsold.any())
        """Whether there are any."""
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
        """Score all products for each of several questions: what `score` gives to the last bit, for less a question."""
        blocks = (questions[start : start + TOGETHER] for start in range(0, len(questions), TOGETHER))
        asked = (understand(self.parts, block) for block in blocks)
        return [Scores(*answer) for asks in asked for answer in self.blend.answered(asks)]

    def ask(self, history: History, *, store_id: str | None, hour_of_week: int | None, at_s: int | None = None) -> Ask:
        """The question that `score` answers, understood; what the blend is fitted on is reckoned from it."""
        return understand(self.parts, [Question(history, store_id, hour_of_week, at_s)])[0]

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
