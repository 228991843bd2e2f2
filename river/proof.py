"""The proof that a campaign earns: decisions of the ledger joined to what people bought, with coupons and without.

Composed here because the two rooms never meet: the ledger knows who was decided and held out, the lake what everybody bought.
Before anybody was decided it tells the smallest effect that the campaign could show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from console import Report
from settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from offers.assigned import Given
    from offers.lift_report import LiftReport

DAYS = 28
"""Days before the start that people are compared by, and that the smallest effect is told for: four of each weekday."""


@dataclass(frozen=True)
class _Look:
    """One look at one campaign."""

    settings: Settings
    campaign_id: str
    through: datetime
    now: datetime
    days: int

    def lines(self, since: datetime) -> pl.DataFrame:
        """What everybody bought from twice the days before `since` until the look, with what it brought."""
        import polars as pl

        from river.proof_rows import COLUMNS, TYPES, margins
        from training.lake import read_events, read_table

        lake = self.settings.lake
        events = read_events(lake, self.through, TYPES, COLUMNS)
        events = events.filter(pl.col.occurred_at >= since - timedelta(days=2 * self.days))
        return margins(events, read_table(lake, "products"), self.settings.assumed_cost_share)


def measure_lift(
    settings: Settings, campaign_id: str, through: datetime, now: datetime, report: Report, days: int = DAYS
) -> LiftReport:
    """Look at a campaign's people until `through`, and leave the report and its page in `home/reports`; the report that was told
    before where fewer than ten people changed since.

    Raises LedgerError, DataError without events, CampaignError for a campaign that was neither decided nor has a file.
    """
    from offers.assigned import assigned, given, n_erased
    from offers.lift_report import save
    from people.consent import permission
    from people.directory import resolved
    from river.proof_page import write_page
    from river.proof_people import allowed_by, one_a_person, sides
    from river.steps import open_desk
    from training.persons import named

    look = _Look(settings, campaign_id, through, now, days)
    with open_desk(settings) as desk, desk.journal.read() as connection:
        may = permission(connection, resolved(connection), "measurement", settings.consent_default)
        decided = [sides(assigned(connection, campaign_id, through, only)) for only in (False, True)]
        gave, erased = given(connection, campaign_id, through), n_erased(connection, campaign_id)
    everyone, planned = (one_a_person(allowed_by(named(settings.lake, rows), may)) for rows in decided)
    report("lift", 1, 2)
    made = _before(look) if everyone.is_empty() else _measured(look, everyone, planned, gave, erased)
    save(settings.home, made)
    write_page(settings.home, made)
    report("lift", 2, 2)
    return made


def _measured(look: _Look, everyone: pl.DataFrame, planned: pl.DataFrame, gave: Given, erased: int) -> LiftReport:
    from offers.cannibalised import cannibalised
    from offers.lift_report import LiftReport
    from offers.stop_rules import return_on_spend
    from river.proof_looks import held_still, redeemers
    from river.proof_people import lift_in, showable
    from river.proof_rows import units, unreported, windows

    started: datetime = min(everyone["start"])
    lines = look.lines(min(everyone["untouched"]))
    rows, meant = (windows(lines, people, look.days, look.through) for people in (everyone, planned))
    counted = units(lines, rows, gave.product_ids, look.through)
    whole, redeemed = lift_in(rows, "margin"), redeemers(look.settings.lake, gave.redeemers)
    made = LiftReport(
        campaign_id=look.campaign_id,
        through=look.through,
        made_at=look.now,
        started_at=started,
        days_before=look.days,
        everyone=whole,
        planned=lift_in(meant, "margin"),
        cannibalised=cannibalised(lift_in(counted, "own_units"), lift_in(counted, "other_units"), gave.n_redeemed),
        discounts_cents=gave.cents,
        n_unreported=unreported(lines, everyone, look.through),
        n_erased=erased,
        return_on_spend=return_on_spend(whole, gave.cents),
        showable=showable(rows, len(rows.filter(rows["held"])) / len(rows)),
    )
    return held_still(look.settings, {"everyone": counted, "planned": meant, "redeemed": redeemed}, made, len(redeemed))


def _before(look: _Look) -> LiftReport:
    """Nobody was decided: everybody the lake knows would be, and what they brought lately says how much they differ."""
    from offers.campaign_file import load_campaign
    from offers.cannibalised import cannibalised
    from offers.lift import Lift
    from offers.lift_report import LiftReport
    from river.proof_looks import held_still
    from river.proof_people import showable, would_be_decided
    from river.proof_rows import windows
    from training.lake import read_events

    share = load_campaign(look.settings.campaigns, look.campaign_id).plan.holdout_share
    known = read_events(look.settings.lake, look.through, columns=["user_id"]).collect()["user_id"]
    rows = windows(look.lines(look.through), would_be_decided(known, share, look.through), look.days, look.through)
    nothing = Lift("cannot_conclude", 0, 0, "not_started" if share else "no_holdout")
    made = LiftReport(
        campaign_id=look.campaign_id,
        through=look.through,
        made_at=look.now,
        started_at=None,
        days_before=look.days,
        everyone=nothing,
        planned=nothing,
        cannibalised=cannibalised(nothing, nothing, 0),
        discounts_cents=0,
        n_unreported=0,
        n_erased=0,
        return_on_spend=None,
        showable=showable(rows, share),
    )
    return held_still(look.settings, {"known": rows}, made, 0)
