"""What is known of a campaign's lift, as `daypart lift` leaves it in `DAYPART_HOME/reports` and everybody else reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from offers.cannibalised import Cannibalised
from offers.errors import PlanError
from offers.lift import Lift
from offers.power import Showable
from offers.stop_rules import REASONS, StopRules, stop_reason

TOO_FEW = "too_few_people"


@dataclass(frozen=True)
class LiftReport:
    """One look at a campaign. Margin after discounts, cents a person, from their first decision until `through`.

    `everyone`: by intention to treat, all who were decided; the figure to rely on. `planned`: only those for whom an offer was
    meant, from the first such day on, held out or not; sharper, and right as long as the plan treats both sides alike. The
    holdout gets nothing of any campaign, so those that run together, or ran before, share in one lift. What is saved is what
    `offers.lift_told` leaves of it.
    """

    campaign_id: str
    through: datetime
    made_at: datetime
    started_at: datetime | None
    days_before: int
    everyone: Lift
    planned: Lift
    cannibalised: Cannibalised
    discounts_cents: int | None
    """What redeemed coupons took off, less what came back; None where too few people redeemed."""
    n_unreported: int | None
    """Redemptions whose purchase no till reported under the person's name: they count as a discount and nothing else."""
    n_erased: int | None
    """Decisions whose users asked to be forgotten."""
    return_on_spend: float | None
    """Incremental margin before discounts, for each cent of discount; 1 breaks even."""
    showable: Showable | None
    """The smallest effect that this many people can show in `days_before` days, by their margin before."""
    counts_hidden: str | None = None
    """Why a count is None: `too_few_people`."""
    held_still: bool = False
    """Whether it was told before, and again as fewer than ten people changed since."""


def report_file(home: Path, campaign_id: str) -> Path:
    """Where the newest report of a campaign stands; its HTML page beside it."""
    return home / "reports" / f"lift-{campaign_id}.json"


def save(home: Path, report: LiftReport) -> Path:
    """Write it, replaced whole; the path."""
    path = report_file(home, report.campaign_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    fresh.replace(path)
    return path


def newest(home: Path, campaign_id: str) -> LiftReport | None:
    """The newest report of a campaign, None before the first. Raises PlanError when the file is damaged."""
    path = report_file(home, campaign_id)
    try:
        return msgspec.json.decode(path.read_bytes(), type=LiftReport)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, OSError) as error:
        raise PlanError(f"{path}: can't be read ({error}); run daypart lift {campaign_id} again") from None


def stopped_by(home: Path, campaign_id: str, rules: StopRules) -> str | None:
    """Why a campaign's rules stop it by its newest report, in words; None to go on, as before the first report.

    Raises PlanError when a rule is on and the report is damaged.
    """
    if not rules.lift_upper_below_zero and rules.min_return_on_spend is None:
        return None
    report = newest(home, campaign_id)
    reason = stop_reason(report.everyone, report.discounts_cents, rules) if report else None
    return f"{REASONS[reason]} (by daypart lift, through {report.through.isoformat()})" if report and reason else None
