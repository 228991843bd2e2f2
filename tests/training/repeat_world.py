"""A shop's customers who buy at steady rates of their own: what comes is what came."""

import numpy as np

from training.repeat_features import Purchases


def shop(n=500, days=260, seed=4):
    """Everyone's first purchase is in the first 40 days, then each day with a chance of their own."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.5, 0.04, n)
    rows = []
    for who in range(n):
        first = int(rng.integers(0, 40))
        later = np.flatnonzero(rng.random(days) < rate[who])
        rows += [(who, day) for day in [first, *later[later > first]]]
    customer, day = np.array(rows, dtype=np.int64).T
    return Purchases(customer, day, rng.gamma(2.0, 10.0, len(day)), np.ones(len(day)), n), rate
