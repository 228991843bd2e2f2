"""BG/NBD: how many purchases a customer still makes, from how many were made and when the last was.

Fader, Hardie & Lee 2005, "Counting Your Customers" the Easy Way (Marketing Science 24:275): purchases at rate λ ~ Gamma(r, α)
until dropping out, with chance p ~ Beta(a, b) after each. Needs Gauss' hypergeometric function, so it stays in training.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from training.errors import TrainingError

Floats = NDArray[np.float64]
_START = (0.25, 4.0, 0.8, 2.5)
_STEPS = 4000


@dataclass(frozen=True)
class BgNbd:
    """The four parameters, all above 0; α in the time unit of the data."""

    r: float
    alpha: float
    a: float
    b: float

    def expected(self, frequency: Floats, recency: Floats, age: Floats, horizon: float) -> Floats:
        """float64[n]: purchases expected within `horizon` after `age`, equation 10 of the paper.

        frequency: repeat purchases so far; recency: time from first to last purchase; age: time since the first.
        """
        r, alpha, a, b = astuple(self)
        a = a if abs(a - 1.0) > 1e-6 else 1.0 + 1e-6  # the formula has a removable 0/0 at a = 1
        x, after = frequency, alpha + age + horizon
        rest = hyp2f1(r + x, b + x, a + b + x - 1.0, horizon / after)
        all_left = (a + b + x - 1.0) / (a - 1.0) * (1.0 - ((alpha + age) / after) ** (r + x) * rest)
        gone = a / (b + np.maximum(x, 1.0) - 1.0) * ((alpha + age) / (alpha + recency)) ** (r + x)
        return np.asarray(all_left / (1.0 + (x > 0) * gone), dtype=np.float64)


def fit(frequency: Floats, recency: Floats, age: Floats) -> BgNbd:
    """By maximum likelihood (equation 6), float64[n] each. TrainingError without customers or when it does not settle."""
    if not len(frequency):
        raise TrainingError("BG/NBD: no customer to fit on")
    cells, count = np.unique(np.column_stack([frequency, recency, age]), axis=0, return_counts=True)
    x, last, total = cells.T
    again = x > 0

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(np.clip(logs, -10.0, 10.0))
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        common += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        alive = -(r + x) * np.log(alpha + total)
        gone = np.where(again, np.log(a / (b + np.maximum(x, 1.0) - 1.0)) - (r + x) * np.log(alpha + last), -np.inf)
        return -float(count @ (common + np.logaddexp(alive, gone)))

    found = minimize(
        loss, np.log(_START), method="Nelder-Mead", options={"maxiter": _STEPS, "xatol": 1e-5, "fatol": 1e-5}
    )
    if not found.success:
        raise TrainingError(f"BG/NBD does not settle in {_STEPS} steps: too few repeat purchases")
    return BgNbd(*(float(each) for each in np.exp(np.clip(found.x, -10.0, 10.0))))
