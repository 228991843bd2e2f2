"""What a campaign would bring under another policy, by its own log of decisions: policies by name, a model for the doubly robust
estimate, one report. Values are margin in cents a decision, in the days that follow it (`river.policy_log`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from river.policy_log import DAYS, policy_log, user_rows
from settings import Settings
from training.offpolicy import ALARMS, Estimate, Floats, PolicyValue, policy_value

POLICIES = {
    "as-sent": "what was sent, by the chances it was drawn with: the log's own mean",
    "send-nothing": "nothing to anybody",
    "best-value": "to each the arm of the highest foretold value; nothing where none is above nothing",
    "uniform:CENTS": "to each an arm of that discount, the one of the highest foretold value; nothing where there is none",
}


class PolicyError(Exception):
    """No such policy, or no decision to judge it by. The message says what there is."""


@dataclass(frozen=True)
class Judged:
    """A policy's value beside what was done. `alarms`: in words; none when the intervals can be relied on."""

    campaign_id: str
    policy: str
    days: int
    done: Estimate
    value: PolicyValue
    alarms: tuple[str, ...]


def judge(settings: Settings, campaign_id: str, policy: str, through: datetime) -> Judged:
    """The value of `policy` by all decisions whose days were over by `through`. Raises PolicyError, LedgerError, DataError."""
    _depth(policy)
    return judged(log_of(settings, campaign_id, through), campaign_id, policy)


def log_of(settings: Settings, campaign_id: str, through: datetime) -> pl.DataFrame:
    """`river.policy_log.policy_log`. Raises PolicyError where it is empty."""
    log = policy_log(settings, campaign_id, through)
    if log.is_empty():
        raise PolicyError(
            f"campaign {campaign_id}: no decision is {DAYS} days old yet; plan, wait, run daypart features"
        )
    return log


def judged(log: pl.DataFrame, campaign_id: str, policy: str) -> Judged:
    """The value of `policy` by this log. Raises PolicyError."""
    depth = _depth(policy)
    reward, chance, sent = (log[name].to_numpy() for name in ("reward_cents", "propensity", "sent_arm"))
    users = user_rows(log)
    done = policy_value(reward, chance, chance, users).ips
    chosen = np.array([_arm(arms, policy, depth) for arms in log["arms"].to_list()], dtype=np.int64)
    target = chance if policy == "as-sent" else (chosen == sent).astype(np.float64)
    q_logged, q_target = (None, None) if policy == "as-sent" else _modelled(log, chosen, users)
    value = policy_value(reward, chance, target, users, q_logged, q_target)
    return Judged(campaign_id, policy, DAYS, done, value, tuple(ALARMS[name] for name in value.alarms))


def _depth(policy: str) -> int:
    """The cents of a uniform policy, 0 of any other. Raises PolicyError."""
    if found := re.fullmatch(r"uniform:(\d{1,9})", policy):
        return int(found[1])
    if policy not in POLICIES:
        raise PolicyError(f"no policy {policy!r}; there are: {', '.join(POLICIES)} (uniform:100, say)")
    return 0


def _arm(arms: list[dict[str, float]], policy: str, depth: int) -> int:
    """The place of the arm that the policy sends; ties go to the first, nothing is arm 0."""
    if policy == "send-nothing":
        return 0
    may = [n for n, arm in enumerate(arms) if n and (policy == "best-value" or arm["discount_cents"] == depth)]
    best = max(may, key=lambda n: arms[n]["value_cents"], default=0)
    return 0 if policy == "best-value" and best and arms[best]["value_cents"] <= 0 else best


def _modelled(log: pl.DataFrame, chosen: NDArray[np.int64], users: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """(reward of the logged arm, of the chosen one) as the mean of what that discount brought to people of the other half; to
    nobody there: their mean. From other people than it judges, as the estimate asks."""
    reward = log["reward_cents"].to_numpy()
    cents = [[arm["discount_cents"] for arm in arms] for arms in log["arms"].to_list()]
    sent = np.array([row[n] for row, n in zip(cents, log["sent_arm"].to_list(), strict=True)])
    would = np.array([row[n] for row, n in zip(cents, chosen.tolist(), strict=True)])
    q_logged, q_target = np.zeros(len(reward)), np.zeros(len(reward))
    for half in (0, 1):
        here, there = users % 2 == half, users % 2 != half
        otherwise = float(reward[there].mean()) if there.any() else 0.0
        means = {int(each): float(reward[there & (sent == each)].mean()) for each in np.unique(sent[there])}
        for out, arms in ((q_logged, sent), (q_target, would)):
            out[here] = [means.get(int(each), otherwise) for each in arms[here]]
    return q_logged, q_target
