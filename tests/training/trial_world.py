"""A trial known by heart: half the people are `keen`. Nothing gives .2; the arm `small` adds .3 to the keen and −.15 to the
rest, the arm `large` .1 to all.
"""

import numpy as np

from training.uplift_trial import Trial

COLUMNS, ARMS = ("keen", "noise"), ("nothing", "small", "large")


def trial(n=3000, seed=1, shares=(0.4, 0.4, 0.2)):
    rng = np.random.default_rng(seed)
    keen = rng.integers(0, 2, n)
    arm = rng.choice(3, n, p=shares)
    chance = 0.2 + np.where(arm == 1, np.where(keen == 1, 0.3, -0.15), np.where(arm == 2, 0.1, 0.0))
    outcome = (rng.random(n) < chance).astype(float)
    x = np.column_stack([keen, rng.normal(size=n)])
    return Trial(x, COLUMNS, arm, ARMS, np.tile(shares, (n, 1)), outcome)
