"""An evaluation of three users as `daypart evaluate` gives it, known by heart."""

METRICS = {"recall": 0.2, "ndcg": 0.3, "ndcg_untruncated": 0.25, "hit_rate": 0.4}


def around(metrics):
    return {"10": {name: [value - 0.05, value + 0.05] for name, value in metrics.items()}}


def ranking(recall, **more):
    metrics = {**METRICS, "recall": recall}
    parts = {part: {"10": {**metrics, "recall": recall / 2}} for part in ("repeat", "explore")}
    return {"k": {"10": metrics}, **parts, "intervals": around(metrics), **more}


def gap(mean):
    return {"10": {name: {"mean": mean, "low": mean - 0.01, "high": mean + 0.01} for name in METRICS}}


def result():
    return {
        **ranking(0.2),
        "baselines": {
            "global_popularity": ranking(0.1, difference=gap(0.1)),
            "personal_then_popular": ranking(0.19, difference=gap(0.005)),
        },
        "n_users": 3,
        "n_users_repeat": 2,
        "n_users_explore": 1,
        "seconds": {"fit": 1.0, "score": 2.0},
    }
