"""How sure a mean over users is: percentile intervals by bootstrap over users (Efron & Tibshirani 1993, chapters 6 and 13).

A resample draws as many users as there are, with replacement, and takes the mean again; the interval holds the middle 95% of the
means of all resamples. Every column of `values` meets the same resamples, so the interval of a difference of two columns
is *paired*: what both rankings find hard on the same user falls out of it.

Fewer than two users say nothing of other users: the interval is then the whole range that a mean can lie in. Where all users
have the same value the interval is that value; the bootstrap sees no more than the sample does.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95
SEED = 20171201
LEAST_USERS = 2
_BLOCK = 2_000_000


def resampled_means(
    values: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
    n_resamples: int = RESAMPLES,
    seed: int = SEED,
) -> NDArray[np.float64]:
    """float64[n_resamples, n_columns]: the mean of each column of `values` in each resample of the users.

    values float64[n_users, n_columns], row u is user u; all means are 0 without users. weights float64[n_users], positive: how
    much each user counts in a mean, 1 by default. Users are drawn alike whatever they weigh; a mean divides by the weight drawn.
    The same values and seed give the same means; memory is bounded by blocks. NaN in a column makes its means NaN.
    """
    if not len(values):
        return np.zeros((n_resamples, values.shape[1]))
    weighed = values if weights is None else values * weights[:, None]
    rows = [
        counts @ weighed / (counts.sum(axis=1) if weights is None else counts @ weights)[:, None]
        for counts in _counts(len(values), n_resamples, np.random.default_rng(seed))
    ]
    return np.concatenate(rows)


def interval(
    means: NDArray[np.float64], n_users: int, within: tuple[float, float] = (0.0, 1.0), level: float = LEVEL
) -> NDArray[np.float64]:
    """float64[2, n_columns]: low and high end per column of `resampled_means`, or of a difference of its columns.

    means float64[n_resamples, n_columns], in the unit of the metric (shares of 1). level: 0 to 1, the part that lies between.
    within: the range a mean can lie in, given back when `n_users` is below two; (-1, 1) for a difference of shares.
    """
    if n_users < LEAST_USERS:
        return np.repeat(np.array(within)[:, None], means.shape[1], axis=1)
    return np.quantile(means, ((1.0 - level) / 2.0, (1.0 + level) / 2.0), axis=0)


def _counts(n_users: int, n_resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """float64[block, n_users]: how often each resample drew each user (multinomial), in blocks of bounded memory."""
    step = max(1, _BLOCK // n_users)
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        drawn = rng.integers(0, n_users, size=(size, n_users), dtype=np.int32) + np.arange(size)[:, None] * n_users
        yield np.bincount(drawn.ravel(), minlength=size * n_users).reshape(size, n_users).astype(np.float64)
