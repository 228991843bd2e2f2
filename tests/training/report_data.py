"""A training run's figures as they are on Complete Journey, near enough, for the report's tests."""

import numpy as np

from training.calibration import calibration
from training.report import ReportData

METRICS = ("recall", "ndcg", "ndcg_untruncated", "hit_rate")


def metrics(recall, ndcg, hit_rate):
    return dict(zip(METRICS, (recall, ndcg, 0.8 * ndcg, hit_rate), strict=True))


def ranking(recall, ndcg, hit_rate, repeat, explore):
    return {
        "k": {"10": metrics(recall, ndcg, hit_rate), "20": metrics(1.5 * recall, 1.06 * ndcg, min(1.2 * hit_rate, 1))},
        "repeat": {k: metrics(repeat, 0.8 * repeat, min(1.8 * repeat, 1)) for k in ("10", "20")},
        "explore": {k: metrics(explore, 0.8 * explore, 1.8 * explore) for k in ("10", "20")},
    }


def around(board):
    return {k: {name: [v - 0.006, v + 0.0062] for name, v in by.items()} for k, by in board["k"].items()}


def minus(model, other):
    gaps = {k: {name: by[name] - other["k"][k][name] for name in METRICS} for k, by in model["k"].items()}
    return {
        k: {name: {"mean": gap, "low": gap - 0.004, "high": gap + 0.0038} for name, gap in by.items()}
        for k, by in gaps.items()
    }


def group(fewest, most, n_users, recall):
    by_k = {"10": metrics(recall, recall, recall), "20": metrics(1.4 * recall, recall, recall)}
    beside = {"10": metrics(recall - 0.012, recall, recall), "20": metrics(1.3 * recall, recall, recall)}
    return {"visits": [fewest, most], "n_users": n_users, "model": by_k, "personal_then_popular": beside}


def board():
    model = ranking(0.1771, 0.2356, 0.6410, 0.4102, 0.0162)
    baselines = {
        "global_popularity": ranking(0.0511, 0.0702, 0.2903, 0.0803, 0.0301),
        "personal_frequency": ranking(0.1612, 0.2131, 0.6031, 0.3911, 0.0),
        "personal_then_popular": ranking(0.1630, 0.2160, 0.6090, 0.3911, 0.0021),
    }
    for share, other in zip((0.001, 0.2502, 0.2431), baselines.values(), strict=True):
        other |= {"coverage": {"10": share, "20": 1.6 * share}}
        other |= {"intervals": around(other), "difference": minus(model, other)}
    found = {
        **model,
        "intervals": around(model),
        "baselines": baselines,
        "by_activity": [
            group(0, 0, 3, 0.02), group(1, 23, 612, 0.121), group(24, 48, 520, 0.168),
            group(49, 90, 511, 0.189), group(91, 1_204, 410, 0.197),
        ],
        "coverage": {"10": 0.2131, "20": 0.3377},
        "popularity_bias": {"10": {"recommended": 0.931, "targets": 0.802}, "20": {"recommended": 0.917, "targets": 0.802}},
        "n_users": 2056,
        "n_users_repeat": 1701,
        "n_users_explore": 1950,
    }  # fmt: skip
    return found


def bins():
    rng = np.random.default_rng(0)
    probability = rng.beta(0.3, 12, 60_000)
    weight = np.where(probability < 0.01, 40.0, 1.0)
    return calibration(probability, rng.random(60_000) < 1.1 * probability**1.05, weight)


def dial():
    return [
        {"novelty": d, "repeat_recall": 0.41 - 0.4 * d**3, "explore_recall": 0.004 + 0.03 * d**0.5, "recall": 0.177 - 0.15 * d**2}
        for d in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    ]  # fmt: skip


WEIGHTS = {
    "usual": {
        "habit": 0.81, "lately": 0.44, "count": 0.33, "rebuy": 0.4, "due": -0.21, "als_seen": 0.1, "cold_seen": 0.02, "near": 0.5,
        "popularity_seen": -0.05, "near_lately": 0.2, "weekday": 0.04, "daypart": 0.03, "gap_ratio": -0.3,
    },
    "new": {"als": 0.4, "cold": 0.2, "popularity": 1.1, "near": 0.7, "category_share": -0.05},
}  # fmt: skip
SECONDS = {"reading": 3.2, "joining histories in time": 21.4, "tuning on windows of the past": 88.0, "export": 0.4}


def sample(**changed):
    """A full report; changed: fields to put otherwise."""
    fields = {
        "title": "Training report",
        "version": "3f2a9c1d",
        "trained_through": "2017-12-01T05:00:00+00:00",
        "board": board(),
        "calibration": bins(),
        "novelty": dial(),
        "weights": WEIGHTS,
        "seconds": SECONDS,
        "notes": ["too few new purchases to learn every weight from: usual fitted, the rest by default"],
        "facts": {"sales": "1,428,305", "users": "2,469", "seed": "20171201", "numpy": "2.1"},
    }
    return ReportData(**{**fields, **changed})
