"""The gaps between a user's visits: how long, how regular, and how the silence of today compares with them."""

from __future__ import annotations

import numpy as np

from models.visits import Visits

PRIOR_GAPS, PRIOR_LOG_GAP, PRIOR_VARIANCE = 2.0, float(np.log(9.0)), 0.6
FADES = (15.0, 3.0)
"""Half-lives, in gaps, of the two means of log gaps."""
QUANTILES = (0.5, 0.75, 0.9, 1.0)
NO_GAP_D = 30.0
GAP_NAMES = (
    *(f"{what}_{int(fade)}" for fade in FADES for what in ("log_gap", "gap_spread", "silence")),
    *("gap_hazard", "gaps_at_risk"),
    *(f"silence_q{round(100 * q)}" for q in QUANTILES),
    *("gap_1", "gap_2", "gap_3"),
)


def gaps_of(visits: Visits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(owner int64[g], days float64[g] >= 1, back int64[g]: 0 for a user's latest gap), sorted by user, oldest first."""
    within = np.diff(visits.owner) == 0
    return visits.owner[1:][within], np.diff(visits.day)[within].astype(np.float64), visits.back[1:][within]


def gap_features(visits: Visits, recency: np.ndarray) -> np.ndarray:
    """float64[n, len(GAP_NAMES)]; recency float64[n]: days since the last visit.

    The means of log gaps and their spread are shrunk to a gap of nine days; `silence` is how many spreads the log of today's
    recency lies above the mean; `gap_hazard` the share of gaps that ended within a week, of those that lasted as long as today's
    silence (a renewal process, empirically; D. R. Cox, Renewal Theory, 1962).
    """
    n = len(visits)
    owner, gap, back = gaps_of(visits)
    log_gap, log_recency = np.log(gap), np.log(recency)
    columns = []
    for fade in FADES:
        weight = 0.5 ** (back / fade)
        total = np.bincount(owner, weight, n) + PRIOR_GAPS
        mean = (np.bincount(owner, weight * log_gap, n) + PRIOR_GAPS * PRIOR_LOG_GAP) / total
        off = np.square(log_gap - mean[owner])
        spread = np.sqrt((np.bincount(owner, weight * off, n) + PRIOR_GAPS * PRIOR_VARIANCE) / total)
        columns += [mean, spread, (log_recency - mean) / spread]
    at_risk, ended = hazard(visits, recency, 7)
    columns += [(ended + 1.0) / (at_risk + 2.0), np.log1p(at_risk)]
    columns += [log_recency - np.log(at) for at in _quantiles(owner, gap, n)]
    for nth in range(3):
        column = np.full(n, np.log(NO_GAP_D))
        column[owner[back == nth]] = log_gap[back == nth]
        columns.append(column)
    return np.stack(columns, axis=1)


def hazard(visits: Visits, recency: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray]:
    """(at_risk, ended) float64[n]: past gaps at least as long as recency float64[n]; of those, the ones over within `days`.

    Older gaps count less, by half every twenty gaps.
    """
    owner, gap, back = gaps_of(visits)
    weight = 0.5 ** (back / 20.0) * (gap >= recency[owner])
    ended = weight * (gap < recency[owner] + days)
    return np.bincount(owner, weight, len(visits)), np.bincount(owner, ended, len(visits))


def _quantiles(owner: np.ndarray, gap: np.ndarray, n: int) -> list[np.ndarray]:
    """Of each user's gaps, in days; `NO_GAP_D` for a user without any."""
    ascending = gap[np.lexsort((gap, owner))]
    count = np.bincount(owner, minlength=n)
    start, some = np.cumsum(count) - count, count > 0
    found = []
    for q in QUANTILES:
        days = np.full(n, NO_GAP_D)
        days[some] = ascending[(start + np.floor(q * (count - 1)).astype(np.int64))[some]]
        found.append(days)
    return found
