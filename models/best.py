"""The best of what may be shown, of several questions at once: of all scores, or of those of some products that suffice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.scoring import top_k


class Sought(NamedTuple):
    """How many, and of what."""

    k: int
    struck: np.ndarray
    """float32[n]: NaN for what may not be shown, else 0: added to scores it strikes out, without a branch."""


class Best(NamedTuple):
    """Greatest score first, ties by row."""

    rows: np.ndarray
    """int64[k']: as many as may be shown, k at most."""
    scores: np.ndarray
    """float32[k']."""


def best_of_all(scores: np.ndarray, k: int, struck: np.ndarray) -> Best:
    """Of scores float32[n]."""
    rows = top_k(scores + struck, k)
    return Best(rows, scores.take(rows))


def best_of(rows: np.ndarray, scores: np.ndarray, k: int) -> Best:
    """Of distinct product rows int64[m] and their scores float32[m], NaN for what may not be shown."""
    turned = -scores
    at = turned.argpartition(k)[: k + 1] if len(rows) > k else np.arange(len(rows))  # NaN comes last
    at = at.take(turned.take(at).argsort())
    best = scores.take(at)
    if (best[1:] == best[:-1]).any():
        at = np.lexsort((rows, turned))
        best = scores.take(at)
    n = min(k, int(np.count_nonzero(best == best)))
    return Best(rows.take(at[:n]), best[:n])


def better(best: Best, rows: np.ndarray, scores: np.ndarray) -> Best:
    """The best of both, as many as there were; rows int64[m] with their scores float32[m], none of them among the best."""
    at = (scores >= best.scores[-1]).nonzero()[0] if len(rows) else rows
    if not len(at):
        return best
    rows, scores = np.append(best.rows, rows[at]), np.append(best.scores, scores[at])
    order = np.lexsort((rows, -scores))[: len(best.rows)]
    return Best(rows[order], scores[order])
