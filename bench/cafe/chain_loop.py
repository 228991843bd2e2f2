"""The loop closed by the product's own verbs in the simulated café: plan, push, redeem, learn, plan better, week by week.

A day of the chain, by a clock that is passed in. At `PLAN_AT` what tills have rung up so far goes into the lake, features are
refreshed, and tomorrow is planned. In the evening the push scheduler pulls and acknowledges what is due every hour, while tills
redeem what customers bring; then the café lives the day from its own truth. On the eve of each week the models are trained and
judged by their gates. Beside that, and unseen by it, the truth tells what was earned and what could have been.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import polars as pl

from bench.cafe.chain import closes_at, write_input_tables
from bench.cafe.checkout import Tills
from bench.cafe.customers import day_events, true_cents
from bench.cafe.draw import Ints
from bench.cafe.events import SCHEMA
from bench.cafe.launch import write_campaign
from bench.cafe.members import user_id
from bench.cafe.people import build_truth
from bench.cafe.push import push
from bench.cafe.weeks import Week, measure
from bench.demo_models import learn
from console import Report
from embedded import lease_online_store
from offers.answers import Offer
from offers.campaign_file import load_campaign
from offers.chance import is_held_out
from offers.desk import Desk
from offers.sending import sending_of
from river import steps
from river.withdrawing import stock_of
from settings import Settings
from training.ingest import ingest

BOOK_WEEKS = 18
"""As many as `when` needs to hold some out and be judged."""
CAMPAIGN = "cafe"
PLAN_AT = time(21, 30, tzinfo=UTC)
"""On the day before: ahead of 18:00, the campaign's hour of sending, in both of the café's zones, summer and winter."""
EVENING = 7
"""Hours after it in which messages go, and in which the last store closes."""


class Chain:
    """`n_members` of the seed's café over the `n_weeks` weeks before `until`; all its state is in `settings.home`."""

    def __init__(self, settings: Settings, n_members: int, n_weeks: int, until: date) -> None:
        self.own = settings.campaigns / f"{CAMPAIGN}.toml"
        self.settings = replace(settings, campaigns=settings.home / "input" / "campaigns")
        self.n_weeks, self.first = n_weeks, until - timedelta(weeks=n_weeks)
        self.truth = build_truth(settings.seed, n_members, self.first)
        self.campaign = load_campaign(settings.campaigns, CAMPAIGN)
        share = self.campaign.plan.holdout_share
        self.who: Ints = np.array([k for k in range(n_members) if not is_held_out(user_id(k), share)])
        self.ahead, self.untold = pl.DataFrame(schema=SCHEMA), list[pl.DataFrame]()
        """What is going to happen; what happened and isn't in the lake yet."""
        self.codes = dict[str, str]()
        """What customers show at a till, by offer."""

    def run(self, report: Report, told: Callable[[Week], None]) -> list[Week]:
        """Open the books and play the weeks; `told` hears of each as it ends. Raises what the verbs raise."""
        n_members, folder = len(self.truth.members), self.settings.home / "input"
        paths = write_input_tables(folder, self.settings.seed, n_members, BOOK_WEEKS, self.first, report)
        ingest(self.settings.lake, **paths, now=closes_at(self.truth), progress=report)
        weeks = []
        # Held all the while, or every night would start one of its own.
        with lease_online_store(self.settings):
            for number in range(1, self.n_weeks + 1):
                write_campaign(self.own, self.settings.campaigns / self.own.name, number)
                week = Week(number, uniform=[0.0] * len(self.campaign.depth.ladder_cents))
                for n_done in range(7 * (number - 1), 7 * number):
                    self._day(self.first + timedelta(days=n_done), week, is_first=n_done % 7 == 0)
                    report("days of the café", n_done + 1, 7 * self.n_weeks)
                weeks.append(week)
                told(week)
            self._close()
        return weeks

    def _day(self, day: date, week: Week, *, is_first: bool) -> None:
        """From the plan for the day on the eve, to `PLAN_AT` of the day itself."""
        settings, at = self.settings, datetime.combine(day - timedelta(days=1), PLAN_AT)
        self._hand_over(at)
        steps.refresh_features(settings, at, at, _silent)
        if is_first:
            learn(settings, at, at, _silent)
        steps.plan_offers(settings, CAMPAIGN, day, at, _silent)
        with steps.open_desk(settings) as plain:
            tills = Tills(Desk(plain.journal, stock=stock_of(settings, at), sending=sending_of(settings)))
            offers = list[Offer]()
            for hour in range(1, EVENING + 1):
                now = at + timedelta(hours=hour)
                self._live(tills, now)
                offers += push(tills.desk, at, now)
            self.codes = {offer.offer_id: offer.coupon_code for offer in offers}
            self.ahead = day_events(self.truth, day, offers)
            self._live(tills, at + timedelta(days=1))
        week.policy += true_cents(self.truth, offers) / len(self.who)
        week.sent, week.redeemed = week.sent + len(offers), week.redeemed + tills.n_redeemed
        measure(self.truth, self.who, day, week, self.campaign)

    def _live(self, tills: Tills, until: datetime) -> None:
        """What happens before `until`."""
        past = self.ahead.filter(pl.col.occurred_at < until)
        self.ahead = self.ahead.filter(pl.col.occurred_at >= until)
        self.untold.append(tills.ring_up(past, self.codes))

    def _hand_over(self, at: datetime) -> None:
        """The tills' and apps' rows so far, as a file of events."""
        file = self.settings.home / "input" / "day.parquet"
        pl.concat([self.ahead.clear(), *self.untold]).write_parquet(file)
        self.untold = []
        ingest(self.settings.lake, events=file, now=at)

    def _close(self) -> None:
        """The last evening, and what the weeks taught."""
        at = datetime.combine(self.first + timedelta(days=7 * self.n_weeks - 1), PLAN_AT) + timedelta(hours=EVENING)
        with steps.open_desk(self.settings) as desk:
            self._live(Tills(desk), at)
        self._hand_over(at)


def _silent(what: str, done: int, total: int) -> None:
    """The days are the bar."""
