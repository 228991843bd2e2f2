"""Off-policy values beside the truth: how far off they are, and how often their intervals hold it.

The intervals speak of people like those of the log, so the truth is the mean over all logs' cafés, not of one café's members.
"""

from __future__ import annotations

import numpy as np

from bench.lift_logs import SELDOM_TRIED, Log, arm_means, cafe_log, modelled
from bench.results import Row, row
from training.offpolicy import Estimate, PolicyValue, policy_value

HOLDS = (0.93, 0.97)
NAMES = ("ips", "snips", "dr")


def rows(logs: int = 500) -> list[Row]:
    """Bias and coverage of each estimator over the logs, and the alarm on logs that seldom tried what is asked about."""
    found = []
    # The model of one café's log is used on the next one's: it never saw what it is asked about.
    means = arm_means(cafe_log(0))
    for seed in range(1, logs + 1):
        log = cafe_log(seed)
        found.append((valued(log, means), log.truth))
        means = arm_means(log)
    seldom = [valued(cafe_log(seed, SELDOM_TRIED), means) for seed in range(1, logs // 20 + 1)]
    truth = float(np.mean([own for _, own in found]))
    told = [each for name in NAMES for each in _of(name, [_get(value, name) for value, _ in found], truth)]
    rings = [np.mean([bool(value.alarms) for value in values]) for values in (seldom, [value for value, _ in found])]
    told.append(
        row(
            "off-policy: the alarm rings where the log seldom tried it", float(rings[0]),
            f"share of {len(seldom)} logs; effective {np.mean([value.effective for value in seldom]):.0f} of {seldom[0].n}",
            against="where it tried enough", against_value=float(rings[1]), reach="all of them, and at most 2%",
            met=bool(rings[0] == 1.0 and rings[1] <= 0.02),
        )
    )  # fmt: skip
    return told


def valued(log: Log, means: np.ndarray) -> PolicyValue:
    """The new policy's value from one log."""
    target = log.target[np.arange(len(log.arm)), log.arm]
    return policy_value(log.reward, log.propensity, target, log.user, *modelled(log, means))


def _get(value: PolicyValue, name: str) -> Estimate:
    found = getattr(value, name)
    if not isinstance(found, Estimate):
        raise TypeError(f"{name}: no such estimate")
    return found


def _of(name: str, found: list[Estimate], truth: float) -> list[Row]:
    n, label = len(found), name.upper()
    off = np.array([estimate.value - truth for estimate in found])
    holds = float(np.mean([estimate.low <= truth <= estimate.high for estimate in found]))
    told = f"share of {n} logs, ± {np.sqrt(holds * (1 - holds) / n):.4f}"
    bias, error = float(off.mean()), float(off.std(ddof=1) / np.sqrt(n))
    return [
        row(f"off-policy: {label}'s 95% interval holds the truth", holds, told, reach="93% to 97%",
            met=HOLDS[0] <= holds <= HOLDS[1]),
        row(f"off-policy: {label}'s bias", bias, f"cents a decision, ± {error:.3f}", against="its root mean squared error",
            against_value=float(np.sqrt((off**2).mean())), reach="within 3 of its own errors", met=abs(bias) <= 3 * error),
    ]  # fmt: skip
