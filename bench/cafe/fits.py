"""What a member takes at a part of the day: own counts, those of other parts borrowed by learned weights, over a prior.

    fit_i = (Σ_j borrow[i, j] · count_j(product) + strength · prior) / (Σ_j borrow[i, j] · visits_j + strength),   j: parts

`borrow` and `strength` are those that best foretell the latest weeks' baskets from the weeks before them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit, logit
from sklearn.linear_model import LogisticRegression

from bench.cafe.draw import Floats, Ints


@dataclass(frozen=True)
class Borrowing:
    """borrow: float64[parts, parts] in 0..1, 1 on the diagonal; strength: float64[2], of the ranker's chance, of what sells."""

    borrow: Floats
    strength: Floats

    def fits(self, counts: Floats, visits: Floats, ranked: Floats, sells: Floats) -> Floats:
        """float64[n, parts, P]; counts and ranked of that shape, visits float64[n, parts], sells float64[parts, P]."""
        held = np.einsum("ij,njp->nip", self.borrow, counts) + self.strength[0] * ranked + self.strength[1] * sells
        of: Floats = held / ((visits @ self.borrow.T) + self.strength.sum())[:, :, None]
        return of


def learn(
    counts: Floats, visits: Floats, ranked: Floats, sells: Floats, who: Ints, part: Ints, held: Floats
) -> Borrowing:
    """From baskets met later: who int64[v], part int64[v], held float64[v, P] whether the basket has the product."""
    parts = visits.shape[1]
    c, n, r, s = counts[who], visits[who], ranked[who, part], sells[part]
    same = np.eye(parts)[part]

    def built(x: Floats) -> Borrowing:
        borrow = expit(x[:-2]).reshape(parts, parts)
        np.fill_diagonal(borrow, 1.0)
        return Borrowing(borrow, np.exp(x[-2:]))

    def loss(x: Floats) -> tuple[float, Floats]:
        m = built(x)
        w = m.borrow[part]
        top = np.einsum("vj,vjp->vp", w, c) + m.strength[0] * r + m.strength[1] * s
        low = (w * n).sum(1) + m.strength.sum()
        raw = top / low[:, None]
        p = np.clip(raw, 1e-4, 1 - 1e-4)
        value = -(held * np.log(p) + (1 - held) * np.log1p(-p)).sum()
        g = np.where((raw > 1e-4) & (raw < 1 - 1e-4), -(held / p - (1 - held) / (1 - p)), 0.0) / low[:, None]
        dw = np.einsum("vp,vjp->vj", g, c) - (g * p).sum(1)[:, None] * n
        dw = dw * w * (1 - w) * (1 - same)
        grad = np.zeros((parts, parts))
        np.add.at(grad, part, dw)
        d0 = m.strength[0] * (g * (r - p)).sum()
        d1 = m.strength[1] * (g * (s - p)).sum()
        k = len(held)
        return value / k, np.concatenate([grad.ravel(), [d0, d1]]) / k

    start = np.concatenate([np.zeros(parts * parts), [0.0, 0.0]])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-6, 6)] * len(start), options={"maxiter": 100})
    m = built(found.x)
    return m


@dataclass(frozen=True)
class Fits:
    """P(a visit at a part of the day holds a product): a logistic regression on shares borrowed, ranked and sold."""

    borrowing: Borrowing
    model: LogisticRegression
    least: float
    a_visit: float

    @classmethod
    def learned(
        cls, counts: Floats, visits: Floats, ranked: Floats, sells: Floats, who: Ints, part: Ints, held: Floats
    ) -> Fits:
        """From what was known (`Borrowing.fits`) and the baskets met after it (`learn`)."""
        borrowing = learn(counts, visits, ranked, sells, who, part, held)
        x = features(borrowing, counts, visits, ranked, sells)[who, part]
        model = LogisticRegression(max_iter=300).fit(x.reshape(-1, x.shape[-1]), held.ravel())
        found = cls(borrowing, model, 1.0, 1.0)
        mean = np.clip(found.fits(counts, visits, ranked, sells), 1e-3, 0.95)
        least, a_visit = found._spread(mean, visits, who, part, held)
        return replace(found, least=least, a_visit=a_visit)

    def strength(self, visits: Floats) -> Floats:
        """float64[n, parts]: how many visits' worth a fit is known, the strength of a beta prior."""
        return self.least + self.a_visit * (visits @ self.borrowing.borrow.T)

    def _spread(self, mean: Floats, visits: Floats, who: Ints, part: Ints, held: Floats) -> tuple[float, float]:
        """The strengths under which later baskets are likeliest, beta-binomial over each member's product and part."""
        n, parts, _ = mean.shape
        cell = who * parts + part
        times = np.bincount(cell, minlength=n * parts).reshape(n, parts)
        took = np.zeros_like(mean)
        np.add.at(took, (who, part), held)
        i, j, p = np.nonzero((mean > 0.05) & (times > 0)[:, :, None])
        mu, y, m, known = mean[i, j, p], took[i, j, p], times[i, j], (visits @ self.borrowing.borrow.T)[i, j]
        best, top = (1.0, 1.0), -np.inf
        for least in (0.7, 1.5, 3.0, 6.0):
            for a_visit in (0.1, 0.25, 0.5, 1.0):
                k = least + a_visit * known
                a, b = mu * k, (1 - mu) * k
                value = (betaln(a + y, b + m - y) - betaln(a, b)).sum()
                if value > top:
                    best, top = (least, a_visit), value
        return best

    def fits(self, counts: Floats, visits: Floats, ranked: Floats, sells: Floats) -> Floats:
        """float64[n, parts, P]."""
        x = features(self.borrowing, counts, visits, ranked, sells)
        score = x @ self.model.coef_[0] + self.model.intercept_[0]
        p: Floats = expit(score)
        return p


def features(borrowing: Borrowing, counts: Floats, visits: Floats, ranked: Floats, sells: Floats) -> Floats:
    """float64[n, parts, P, f]."""
    borrowed, n = np.einsum("ij,njp->nip", borrowing.borrow, counts), (visits @ borrowing.borrow.T)[:, :, None]
    every, n_every = counts.sum(axis=1, keepdims=True), visits.sum(axis=1)[:, None, None]
    own, over = (borrowed + 0.5 * sells) / (n + 0.5), (every + 0.5 * sells) / (n_every + 0.5)
    shares = (ranked, np.broadcast_to(sells, ranked.shape), own, over, borrowing.fits(counts, visits, ranked, sells))
    columns = [logit(np.clip(share, 1e-4, 1 - 1e-4)) for share in shares]
    columns += [
        np.broadcast_to(x, ranked.shape) for x in (np.log1p(n), np.log1p(n_every), own.max(axis=2, keepdims=True))
    ]
    return np.stack(columns, axis=-1)
