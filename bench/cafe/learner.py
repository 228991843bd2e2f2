"""The learner of the loop: plans from beliefs and answers, explores, takes in what the till saw; never the café's truth."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from bench.cafe.beliefs import Believer
from bench.cafe.books import Books, Shop, books_of, standing
from bench.cafe.day_arms import Told, day_arms
from bench.cafe.draw import Floats, Ints
from bench.cafe.natural import natural
from bench.cafe.records import Outcome, Records, Sent
from bench.cafe.windows import hour_log, window_log
from models.ranker import Ranker
from models.response_classes import FITS, normal
from offers.campaign import Campaign
from offers.chance import is_held_out
from offers.exploring import arm_chances, draw_arms, sharpened
from offers.worth import DayArms, worth, worth_in
from training.response_mixture import fit_response

BLOCK = 100
WORLDS = 4
"""Draws of what is believed of a member, among which an exploring day chooses."""


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
        self.believer = Believer(users, shop, ranker, first)
        self.records = Records(len(users), np.zeros((self.believer.n_parts, len(shop.product_ids)), dtype=np.int64))
        self.believer.fit(self._read())
        self.records = Records(len(users), self.believer.fits.places())

    def _read(self) -> Books:
        lines = standing(pl.concat(self.events), self.stores)
        counts, seen = np.ones(self.touched.shape), np.ones(self.touched.shape)
        if self.records.days:
            at = self.records.column("member"), self.records.column("day")
            counts[at], seen[at] = natural(self.classes, self.answers, self.weight, self.cell_weight)
        return books_of(lines, self.users, self.shop, self.first, counts, seen)

    def refit(self) -> None:
        """Monday: habits for the week from the books, response classes from all answered offers."""
        self.beliefs = self.believer.believe(self._read(), self._answered())
        self.classes = fit_response(self.records.answers(self.beliefs, self.believer.part_of_hour), len(self.users))
        self._weigh()

    def _answered(self) -> Floats | float:
        """What answers tell of hours, for `Believer.believe`."""
        if not self.records.days:
            return 0.0
        answers, column, b = self.answers, self.records.column, self.beliefs
        user = answers.user[answers.cell]
        p_fit = answers.offered.p_come * b.at_home[user] * answers.offered.fit
        log = window_log(self.classes, answers, self.weight, self.cell_weight, p_fit)
        window = column("start").astype(np.int64) * 25 + column("end").astype(np.int64)
        weekend = (column("day") % 7 >= 5).astype(np.int64)
        return hour_log(log, self.believer.rhythms.hours, user, b.home[user], weekend, window, len(self.users))

    def _weigh(self) -> None:
        """Everybody's own weights of classes and fits, from all answers."""
        self.answers = answers = self.records.answers(self.beliefs, self.believer.part_of_hour)
        cells = cell_log(self.classes, answers)
        self.weight = self.classes.posterior(totals(answers, cells, len(self.users)))
        self.cell_weight = normal(cells + np.log(np.maximum(answers.prior, 1e-300))[:, None, :])

    def plan(self, day: date, rng: np.random.Generator) -> tuple[Sent, Sent]:
        """(planned, sent) for the day, the holdout left out of both."""
        believer = self.believer
        arms, told = day_arms(
            self.beliefs, self.shop, self.campaign, believer.part_of_hour, believer.is_open, day.weekday()
        )
        n = len(self.users)
        greedy, chosen, propensity = np.full(n, -1), np.full(n, -1), np.ones(n)
        for start in range(0, n, BLOCK):
            rows = np.arange(start, min(start + BLOCK, n))
            some, at = arms.take(rows), (rows[:, None], told.part[rows], told.product[rows])
            fit_weight = self._fit_weight(at)
            value = worth(some, self.classes, self.weight[rows], fit_weight).value_cents
            greedy[rows] = _best(value)
            wanted = self._worlds(rows, at, some, fit_weight, rng)
            chance = arm_chances(greedy[rows], wanted, value > -np.inf, self.explore)
            chosen[rows], propensity[rows] = draw_arms(chance, rng.random(len(rows)))
        on = (day - self.first).days
        return self._sent(on, greedy, propensity, arms, told), self._sent(on, chosen, propensity, arms, told)

    def _fit_weight(self, at: tuple[Ints, Ints, Ints]) -> Floats:
        """float64[N, a, C, K]: own weights of the fits, by class where something was answered."""
        user, part, product = at
        cell = self.records.cell_of[user, self.records.place[part, product], product]
        prior = self.beliefs.fit_weight[at][:, :, None, :]
        if not len(self.cell_weight):
            return np.broadcast_to(prior, (*prior.shape[:2], len(self.classes), len(FITS)))
        own = self.cell_weight[np.maximum(cell, 0)]
        return np.where((cell >= 0)[:, :, None, None], own, prior)

    def _worlds(
        self, rows: Ints, at: tuple[Ints, Ints, Ints], arms: DayArms, fit_weight: Floats, rng: np.random.Generator
    ) -> Ints:
        """int64[N, WORLDS]: the best arm in each world drawn; a product's fit in a part of the day is one in all its arms."""
        wanted = np.full((len(rows), WORLDS), -1)
        upto = np.cumsum(sharpened(self.weight[rows], self.classes.height > 0), axis=1)
        for world in range(WORLDS):
            own = np.minimum((upto <= rng.random(len(rows))[:, None]).sum(axis=1), len(self.classes) - 1)
            chance = fit_weight[np.arange(len(rows)), :, own]
            if world == 0:
                # One world draws every fit; in the others they stay averaged, or the luckiest draw would win each.
                u = rng.random((len(rows), *self.records.cell_of.shape[1:]))[
                    np.arange(len(rows))[:, None], at[1], at[2]
                ]
                drawn = np.minimum((np.cumsum(chance, axis=-1) <= u[..., None]).sum(axis=-1), len(FITS) - 1)
                chance = np.eye(len(FITS))[drawn]
            wanted[:, world] = _best(worth_in(arms, self.classes, own, chance))
        return wanted

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
        self._weigh()


def _best(value: Floats) -> Ints:
    return np.where(value.max(axis=1) > 0, value.argmax(axis=1), -1)
