"""How much of a slate is new: the dial between the usual and something new, and a quota for what nobody has bought yet."""

from __future__ import annotations

import numpy as np

from models.scoring import top_k


def dialled(ranking: np.ndarray, known_rows: np.ndarray, novelty: float | None, k: int) -> np.ndarray:
    """Rows int64[min(k, eligible)] of a slate of which `novelty` is the share of places for new products, greatest score first.

    ranking float32[n]: logits, NaN for what may not be shown; known_rows int[m]: the products of the history, all others are new;
    novelty 0 to 1: 0 is the usual alone, 1 nothing but new; None leaves the kinds to their scores. Within a kind the model's
    order stays, and where one kind runs out the other fills its places: whoever has no history gets new products all the same.
    ValueError for a novelty outside 0 to 1.
    """
    if novelty is None:
        return top_k(ranking, k)
    if not 0.0 <= novelty <= 1.0:
        raise ValueError(f"novelty {novelty} is not 0 to 1")
    owned = np.zeros(len(ranking), dtype=bool)
    owned[known_rows] = True
    usual, new = (top_k(ranking, k, kind) for kind in (owned, ~owned))
    n_new = int(np.floor(novelty * k + 0.5))
    n_new = max(min(n_new, len(new)), k - len(usual))
    rows = np.concatenate([usual[: k - n_new], new[:n_new]])
    return rows[np.lexsort((rows, -ranking[rows]))]


def with_quota(rows: np.ndarray, ranking: np.ndarray, unsold: np.ndarray, share: float) -> np.ndarray:
    """rows int64[k], best first, whose last floor(share · k) places go to the best `unsold` products not yet among them.

    ranking float[n], NaN for what may not be shown; unsold bool[n]; share 0 to 1. What is in `rows` and unsold already fills
    places of the quota; where too few unsold products may be shown, the rest of the list stays as it was.
    """
    waiting, in_list = np.flatnonzero(unsold), unsold[rows]
    places = int(share * len(rows)) - int(in_list.sum())
    if places <= 0 or not len(waiting):
        return rows
    waiting = waiting[~np.isin(waiting, rows)]
    guests = waiting[top_k(ranking[waiting], places)]
    usual = np.flatnonzero(~in_list)
    gone = usual[len(usual) - len(guests) :]
    return np.concatenate([np.delete(rows, gone), guests])
