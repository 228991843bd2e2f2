"""A policy's value as it is told: of ten people or more, in tens and three digits, and held still as a lift is.

Values of several policies are of one log, so looks at them are laid beside each other: between two tellings whatsoever of a
campaign each group of people, by the discount that they were sent, changed by nobody or by ten or more.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from offers.lift_looks import LOOKS, Group, group, is_near, is_same, one_at_a_time, read, remember
from offers.lift_told import in_tens, significant
from offers.moments import MIN_PEOPLE
from river.policies import Judged, PolicyError, judged, log_of
from river.proof_looks import looks_secret
from settings import Settings
from training.offpolicy import Estimate


def tell(settings: Settings, campaign_id: str, policy: str, through: datetime) -> Judged:
    """The value of `policy` by all decisions whose days were over by `through`, or what was told of it of nearly the same people.

    Raises PolicyError, also where only another policy's value was told of nearly the same people, PlanError, LedgerError.
    """
    log = log_of(settings, campaign_id, through)
    made = judged(log, campaign_id, policy)
    groups, path = groups_of(log, looks_secret(settings)), _file(settings.home, campaign_id)
    with one_at_a_time(path):
        before = _before(path, campaign_id, policy, groups)
        if before is not None:
            return before
        found = told(made)
        remember(path, groups, found)
    return found


def _before(path: Path, campaign_id: str, policy: str, groups: dict[str, Group]) -> Judged | None:
    """What was told of this policy of nearly the same people; None where it may be told anew. Raises PolicyError, PlanError."""
    looks = [(look.groups, msgspec.json.decode(look.report, type=Judged)) for look in reversed(read(path))]
    for then, report in looks:
        if report.policy == policy and (is_near(then, groups) or is_same(then, groups)):
            return report
    if any(is_near(then, groups) for then, _ in looks):
        raise PolicyError(
            f"campaign {campaign_id}: fewer than {MIN_PEOPLE} people changed since another policy's value was told, and one "
            "could be found in the difference; ask again when more decisions are over"
        )
    return None


def told(made: Judged) -> Judged:
    """In tens and three digits. Raises PolicyError for fewer than ten people, or decisions worth fewer."""
    value = made.value
    if value.n_users < MIN_PEOPLE or 0 < value.effective < MIN_PEOPLE:
        raise PolicyError(
            f"campaign {made.campaign_id}: fewer than {MIN_PEOPLE} people or decisions tell of {made.policy}: none of it is told"
        )
    changed: dict[str, Any] = {
        name: in_tens(getattr(value, name), value.n_users) or 0 for name in ("n", "n_users", "n_clipped")
    }
    changed |= {name: significant(getattr(value, name)) for name in ("effective", "mean_weight", "max_weight")}
    changed |= {name: _rounded(getattr(value, name)) for name in ("ips", "snips", "dr")}
    done = _rounded(made.done)
    assert done is not None
    return replace(made, done=done, value=replace(value, **changed))


def groups_of(log: pl.DataFrame, secret: bytes) -> dict[str, Group]:
    """People by the place of the arm that they were sent, with their decisions, chances and what they brought in whole cents."""
    said = pl.concat_str(
        "for_date", pl.col.propensity.round(6), pl.col.reward_cents.round().cast(pl.Int64), separator=" "
    )
    rows = log.with_columns(said=said).sort("user_id", "for_date")
    people = rows.group_by("sent_arm", "user_id", maintain_order=True).agg(pl.col.said.str.join("|"))
    parts = people.partition_by("sent_arm", as_dict=True)
    return {f"sent {arm}": group(part.select("user_id", "said").iter_rows(), secret) for (arm,), part in parts.items()}


def _rounded(found: Estimate | None) -> Estimate | None:
    if found is None:
        return None
    return Estimate(**{field.name: significant(getattr(found, field.name)) for field in fields(Estimate)})


def _file(home: Path, campaign_id: str) -> Path:
    return home / "reports" / f"policy-{campaign_id}{LOOKS}"
