"""How much of a slate is new: the dial between the usual and something new, and a quota for what nobody has bought yet."""

from __future__ import annotations

import numpy as np

from models.scoring import top_k

# Far beyond any difference of two logits, so that novelty 0 and 1 put one kind of product wholly before the other.
_NEVER = 1e-30


def dialled(score: np.ndarray, known_rows: np.ndarray, novelty: float | None) -> np.ndarray:
    """float32[n]: logits for ranking, moved by the novelty dial; `known_rows` are the products of the history.

    A product of the history gets + ln(1 − novelty), a new one + ln(novelty): 0.5 moves both alike and so nothing, the
    ends put one kind before the other, and within a kind the model's order stays. The reported score is not moved.
    """
    if novelty is None:
        return score.copy()
    moved = score + np.float32(np.log(max(novelty, _NEVER)))
    moved[known_rows] = score[known_rows] + np.float32(np.log(max(1.0 - novelty, _NEVER)))
    return moved


def with_quota(rows: np.ndarray, ranking: np.ndarray, unsold: np.ndarray, share: float) -> np.ndarray:
    """rows int64[k], best first, whose last floor(share · k) places go to the best `unsold` products not yet among them.

    ranking float[n], NaN for what may not be shown; unsold bool[n]. What is in `rows` and unsold already fills places of the
    quota; where too few unsold products may be shown, the rest of the list stays as it was.
    """
    places = int(share * len(rows)) - int(unsold[rows].sum())
    if places <= 0:
        return rows
    waiting = np.where(unsold, ranking, np.float32(np.nan))
    waiting[rows] = np.nan
    guests = top_k(waiting, places)
    usual = np.flatnonzero(~unsold[rows])
    gone = usual[len(usual) - len(guests) :]
    return np.concatenate([np.delete(rows, gone), guests])
