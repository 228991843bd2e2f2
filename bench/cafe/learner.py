"""The learner of the loop: plans from beliefs and answers, explores, takes in what the till saw; never the café's truth."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from bench.cafe.beliefs import Beliefs, Believer
from bench.cafe.books import Books, Shop, books_of, standing
from bench.cafe.day_arms import Told, day_arms
from bench.cafe.draw import Floats, Ints
from bench.cafe.records import Outcome, Records, Sent
from bench.cafe.responses import Responses
from models.answered import Answers
from models.ranker import Ranker
from models.response_classes import ResponseClasses
from offers.campaign import Campaign
from offers.chance import is_held_out
from offers.exploring import arm_chances, best_arm, draw_arms, wanted_arms
from offers.worth import DayArms, worth
from training.response_mixture import fit_response

BLOCK = 100


class Learner:
    """State of one chain's loop: events so far, decision records and their outcomes, the response model."""

    def __init__(
        self,
        users: list[str],
        shop: Shop,
        ranker: Ranker,
        campaign: Campaign,
        tables: tuple[pl.DataFrame, pl.DataFrame],
        first: date,
        today: date,
    ) -> None:
        """tables: events and stores as handed over. first: a Monday from which on days count; today: when the books close."""
        self.users, self.shop, self.campaign, self.first = users, shop, campaign, first
        self.events, self.stores = [tables[0]], tables[1]
        self.touched = np.zeros((len(users), (today - first).days), dtype=bool)
        self.held_out = np.array([is_held_out(user, campaign.plan.holdout_share) for user in users])
        self.explore = 0.0
        self.beliefs: Beliefs
        self.responses: Responses
        self.believer = Believer(users, shop, ranker, first)
        self.records = Records(len(users), np.zeros((self.believer.n_parts, len(shop.product_ids)), dtype=np.int64))
        self.believer.fit(self._read())
        self.records = Records(len(users), self.believer.fits.places())

    def _read(self) -> Books:
        lines = standing(pl.concat(self.events), self.stores)
        if self.records.days:
            counts, seen = self.responses.days(self.records, self.touched.shape)
        else:
            counts = seen = np.ones(self.touched.shape)
        return books_of(lines, self.users, self.shop, self.first, counts, seen)

    def refit(self) -> None:
        """Monday: habits for the week from the books and the answers, response classes from all answered offers."""
        answered: Floats | float = 0.0
        if self.records.days:
            answered = self.responses.hours(self.records, self.beliefs, self.believer.rhythms.hours)
        self.beliefs = self.believer.believe(self._read(), answered)
        self._weigh(fit_response(self._answers(), len(self.users)))

    def _answers(self) -> Answers:
        return self.records.answers(self.beliefs, self.believer.part_of_hour)

    def _weigh(self, classes: ResponseClasses) -> None:
        self.responses = Responses.weighed(classes, self._answers(), len(self.users))

    def plan(self, day: date, rng: np.random.Generator) -> tuple[Sent, Sent]:
        """(planned, sent) for the day, the holdout left out of both."""
        believer = self.believer
        arms, told = day_arms(
            self.beliefs, self.shop, self.campaign, believer.part_of_hour, believer.is_open, day.weekday()
        )
        n, own, place = len(self.users), self.responses, self.records.place
        n_products = place.shape[1]
        greedy, chosen, propensity = np.full(n, -1), np.full(n, -1), np.ones(n)
        for start in range(0, n, BLOCK):
            rows = np.arange(start, min(start + BLOCK, n))
            some, at = arms.take(rows), (rows[:, None], told.part[rows], told.product[rows])
            fit_weight = own.fit_weight(self.records, self.beliefs, at)
            value = worth(some, own.classes, own.weight[rows], fit_weight).value_cents
            greedy[rows] = best_arm(value)
            # A product's fit is one in all parts of the day that share a place.
            cell = place[told.part[rows], told.product[rows]] * n_products + told.product[rows]
            wanted = wanted_arms(some, own.classes, own.weight[rows], fit_weight, cell, place.size, rng)
            chance = arm_chances(greedy[rows], wanted, value > -np.inf, self.explore)
            chosen[rows], propensity[rows] = draw_arms(chance, rng.random(len(rows)))
        on = (day - self.first).days
        return self._sent(on, greedy, propensity, arms, told), self._sent(on, chosen, propensity, arms, told)

    def _sent(self, day: int, arm: Ints, propensity: Floats, arms: DayArms, told: Told) -> Sent:
        who = np.flatnonzero((arm >= 0) & ~self.held_out)
        at, o = (who, arm[who]), arms.offered
        return Sent(
            member=who,
            day=np.full(len(who), day),
            product=told.product[at],
            store=self.beliefs.home[who],
            discount=arms.discount_cents[at].astype(np.int64),
            part=told.part[at],
            start=told.start[at].astype(np.float64),
            end=told.end[at].astype(np.float64),
            propensity=propensity[who],
            p_buy=o.p_buy[at],
            p_come=o.p_come[at],
            share=o.share[at],
            fit=o.fit[at],
        )

    def observe(self, sent: Sent, events: pl.DataFrame) -> None:
        """A day's events, and which of its offers were used: what the till and the ledger say."""
        self.events.append(events)
        today = np.zeros((len(self.users), 1), dtype=bool)
        today[sent.member] = True
        self.touched = np.concatenate([self.touched, today], axis=1)
        names = np.array(self.users)[sent.member]
        used, bought = (set(events.filter(pl.col.event_type == kind)["user_id"]) for kind in ("redemption", "purchase"))
        outcome = Outcome(*(np.array([name in whom for name in names], dtype=bool) for whom in (used, bought)))
        self.records.add(sent, outcome)
        self._weigh(self.responses.classes)
