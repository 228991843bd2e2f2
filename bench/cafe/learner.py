"""The learner of the loop: what a chain could know, from its books and its own decision records; never the café's truth."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
import polars as pl

from bench.cafe.draw import Bools, Floats, Ints
from bench.cafe.habits import Books, HourDensity, VisitChance, baskets, earnings, tally
from bench.cafe.tastes_learned import Fits
from models.ranker import Ranker
from models.response_classes import FITS, Offered, ResponseClasses, by_class, fit_prior, normal
from offers.campaign import Campaign
from offers.candidates import is_held_out
from offers.exploring import arm_chances, draw_arms
from offers.slots import Store, open_hours
from offers.value import floor_cents
from offers.worth import DayArms, worth, worth_in
from training.cases import Known
from training.response_mixture import Answers, cell_log, fit_response, totals
from training.sales import coded, sales
from training.visits import visits_of

BLOCK = 100
WORLDS = 4


@dataclass(frozen=True)
class Sent:
    """Offers of one day, row-aligned: int64[k] member, product, store, discount (cents); float64[k] start and end hour, and
    what was believed when it was decided: propensity, p_buy, p_come, share, fit."""

    member: Ints
    product: Ints
    store: Ints
    discount: Ints
    start: Floats
    end: Floats
    propensity: Floats
    p_buy: Floats
    p_come: Floats
    share: Floats
    fit: Floats
    part: Ints

    def take(self, rows: Ints | Bools) -> Sent:
        return Sent(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True)
class Shop:
    """What the chain sells: ids, prices int64[S, P], costs int64[P], sold bool[S, P], the stores' clocks."""

    product_ids: tuple[str, ...]
    store_ids: tuple[str, ...]
    price: Ints
    cost: Ints
    sold: Bools
    stores: tuple[Store, ...]


class Learner:
    """State of one chain's loop: events so far, decision records and their outcomes, the response model."""

    def __init__(self, users: list[str], shop: Shop, ranker: Ranker, campaign: Campaign, events: pl.DataFrame, stores: pl.DataFrame, first: date, today: date) -> None:
        self.users, self.shop, self.ranker, self.campaign = users, shop, ranker, campaign
        self.stores_table, self.first, self.today = stores, first, today
        self.events = [events]
        self.n, self.n_days = len(users), (today - first).days
        self.touched = np.zeros((self.n, self.n_days), dtype=bool)
        self.records: list[Sent] = []
        self.outcomes: list[tuple[Bools, Bools]] = []
        self.held_out = np.array([is_held_out(u, campaign.plan.holdout_share) for u in users])
        self.part_of_hour = ranker.parts.options.daypart_of_hour
        self.n_parts = len(ranker.parts.options.daypart_names)
        self.ladder = np.array(campaign.depth.ladder_cents)
        self.classes = ResponseClasses.grid(4.0, 0.5)
        self.cell_of = np.full((self.n, self.n_parts, len(shop.product_ids)), -1)
        self.explore = campaign.plan.explore_share
        books = self.books()
        self.visit_model = VisitChance.fitted(books.came, self.touched)
        self._place(books)
        cut = self.touched.shape[1] - 21
        self.is_open = np.array([open_hours(s) for s in shop.stores])
        self.hour_model = HourDensity.fitted(books, self.home, self.is_open, cut)
        self._rank(cut)
        counts, visits = tally(books, self.part_of_hour, self.n_parts, len(shop.product_ids), 0, cut)
        who, _, hour, held = baskets(books, len(shop.product_ids), cut)
        self.fit_model = Fits.learned(counts, visits, self.prior, self._sells(counts, visits), who, self.part_of_hour[hour], held)

    def _sells(self, counts: Floats, visits: Floats) -> Floats:
        return (counts.sum(axis=0) + 0.5) / (visits.sum(axis=0)[:, None] + 20.0)

    def _place(self, books: Books) -> None:
        usual = np.zeros((self.n, len(self.shop.store_ids)))
        np.add.at(usual, (books.member, books.store), 1.0)
        self.home = usual.argmax(axis=1)
        self.at_home = (usual.max(axis=1) + 9.0) / (usual.sum(axis=1) + 10.0)

    def books(self) -> Books:
        lines = coded(sales(pl.concat(self.events).lazy(), self.stores_table))
        self.lines = lines
        own = lines.filter(pl.col.user_id.is_not_null())
        def place(column: str, ids) -> Ints:
            table = pl.DataFrame({column: list(ids), "row": np.arange(len(ids))})
            return own.select(pl.col(column).cast(pl.String)).join(table, on=column, how="left", maintain_order="left")["row"].to_numpy()
        member, product, store = place("user_id", self.users), place("product_id", self.shop.product_ids), place("store_id", self.shop.store_ids)
        day = (own["day"] - pl.lit(self.first)).dt.total_days().to_numpy() if False else np.array((own["day"].to_numpy() - np.datetime64(self.first)).astype("timedelta64[D]").astype(np.int64))
        hour = own["hour_of_week"].to_numpy().astype(np.int64) % 24
        n_days = self.touched.shape[1]
        keep = (day >= 0) & (day < n_days)
        came = np.zeros((self.n, n_days), dtype=bool)
        came[member[keep], day[keep]] = True
        return Books(member[keep], day[keep], hour[keep], store[keep], product[keep], came, self.touched)

    def refit(self) -> None:
        """Monday: habits for the week from the books, response classes from all answered offers."""
        books, shop = self.books(), self.shop
        at = self.touched.shape[1]
        self.p_come = self.visit_model.chance(books.came, self.touched, at)
        self._place(books)
        self._rank(at)
        counts, visits = tally(books, self.part_of_hour, self.n_parts, len(shop.product_ids), 0, at)
        self.fit = self.fit_model.fits(counts, visits, self.prior, self._sells(counts, visits))
        margin = shop.price - shop.cost
        self.visit_cents, self.rest = earnings(books, self.part_of_hour, margin, self.n, self.n_parts)
        self.density = self.hour_model.density(books, self.home, self.is_open, at)[:, [0] * 5 + [1] * 2]
        self.fit = np.clip(self.fit, 0.002, 0.95)
        self.fit_weight = fit_prior(self.fit, self.fit_model.strength(visits)[:, :, None] * np.ones_like(self.fit))
        self.classes = fit_response(self.answers(), self.n)
        self._update()

    def _update(self) -> None:
        """Everybody's weights from all answers."""
        answers = self.answers()
        self.cells = cell_log(self.classes, answers)
        self.weight = self.classes.posterior(totals(answers, self.cells, self.n))
        self.cell_weight = normal(self.cells + np.log(np.maximum(answers.prior, 1e-300))[:, None, :])

    def _rank(self, until: int) -> None:
        """The ranker's chance of each product by part of the day, as the prior of the member's own counts."""
        at = self.first + timedelta(days=until)
        known = Known(self.lines.filter(pl.col.day < at))
        cases = known.cases(self.users, 512, None)
        rows = np.array([self.ranker.product_ids.row[p] for p in self.shop.product_ids])
        hours = [int(np.flatnonzero(self.part_of_hour == part)[0]) for part in range(self.n_parts)]
        self.prior = np.zeros((self.n, self.n_parts, len(rows)))
        at_s = int(np.datetime64(at).astype("datetime64[s]").astype(np.int64))
        for k, case in enumerate(cases):
            for part, hour in enumerate(hours):
                scores = self.ranker.score(case.history, store_id=self.shop.store_ids[self.home[k]], hour_of_week=hour, at_s=at_s)
                self.prior[k, part] = scores.probability(rows)

    def answers(self) -> Answers:
        """All records so far; a cell is a member's product in a part of the day."""
        if not self.records:
            none, no = np.zeros(0), np.zeros(0, dtype=np.int64)
            self.cell_of = np.full((self.n, self.n_parts, len(self.shop.product_ids)), -1)
            return Answers(no, Offered(none, none, none, none), no == 1, no == 1, no, np.zeros((0, len(FITS))))
        def all_of(name: str) -> np.ndarray:
            return np.concatenate([getattr(r, name) for r in self.records])
        bought, came = (np.concatenate(x) for x in zip(*self.outcomes, strict=True))
        shape = self.cell_of.shape
        key = np.ravel_multi_index((all_of("member"), all_of("part"), all_of("product")), shape)
        known, cell = np.unique(key, return_inverse=True)
        self.cell_of.ravel()[known] = np.arange(len(known))
        user, part, product = np.unravel_index(known, shape)
        offered = Offered(*(all_of(f) for f in ("p_buy", "p_come", "share", "fit")))
        return Answers(cell, offered, bought, came, user, self.fit_weight[user, part, product])

    def arms(self, weekday: int) -> tuple[DayArms, dict[str, np.ndarray]]:
        """All arms of a weekday: hours × products × depths."""
        shop, n = self.shop, self.n
        hours = np.arange(24)
        open_ = np.array([open_hours(s) for s in shop.stores])[self.home]
        closes = np.array([24 if s.closes is None else s.closes / 60 for s in shop.stores])[self.home]
        width = self.campaign.slot.hours
        part = self.part_of_hour
        price = shop.price[self.home]
        floor = floor_cents(shop.cost, self.campaign.depth.min_margin_share)
        allowed = shop.sold[self.home] & (price - self.ladder[0] >= floor)
        k = min(self.campaign.plan.n_products, 4)
        fit = np.where(allowed[:, None], self.fit, -1.0)
        top = np.argsort(-fit, axis=-1, kind="stable")[:, :, :k]
        slots = np.flatnonzero(open_.any(axis=0))
        product = top[:, part[slots]]
        rows = np.arange(n)[:, None, None]
        here = np.zeros((n, len(slots), k))
        for j in range(width):
            hour = np.minimum(slots + j, 23)
            inside = open_[:, hour] * self.density[:, weekday, hour] * (slots + j < 24)
            here += inside[:, :, None] * self.fit[rows, part[hour][None, :, None], product]
        v = self.p_come[:, weekday]
        b = here * (v * self.at_home)[:, None, None]
        f = self.fit[rows, part[slots][None, :, None], product]
        prices = price[rows, product].astype(float)
        ok = open_[:, slots, None, None] & (prices[..., None] - self.ladder >= floor[product][..., None])
        shape = (n, len(slots), k, len(self.ladder))
        def flat(x):
            return np.broadcast_to(x, shape).reshape(n, -1)
        share = flat(self.ladder / prices[..., None])
        offered = Offered(flat(b[..., None]), np.broadcast_to(v[:, None], (n, share.shape[1])), np.minimum(share, 1.0), flat(f[..., None]))
        discount = flat(np.where(ok, self.ladder.astype(float), np.nan))
        margin = flat((prices - shop.cost[product])[..., None])
        rest = flat(self.rest[rows, part[slots][None, :, None], product][..., None])
        day = v[:, None] * (self.density[:, weekday] * self.visit_cents[:, part]).sum(axis=1, keepdims=True)
        told = {"product": flat(product[..., None]), "part": flat(part[slots][None, :, None, None]), "start": flat(slots[None, :, None, None]), "end": np.minimum(flat(slots[None, :, None, None]) + width, closes[:, None])}
        return DayArms(offered, discount, margin, rest, day, self.campaign.prior.contact_cents), told

    def plan(self, day: date, rng: np.random.Generator) -> tuple[Sent, Sent]:
        """(planned, sent) for the day, holdout left out of both."""
        arms, told = self.arms(day.weekday())
        chosen, greedy = np.full(self.n, -1), np.full(self.n, -1)
        propensity = np.ones(self.n)
        u, own_u, fit_u = rng.random(self.n), rng.random((self.n, WORLDS)), rng.random((self.n, WORLDS, self.n_parts, len(self.shop.product_ids)), dtype=np.float32)
        for start in range(0, self.n, BLOCK):
            rows = np.arange(start, min(start + BLOCK, self.n))
            some, at = arms.take(rows), (rows[:, None], told["part"][rows], told["product"][rows])
            cell = self.cell_of[at]
            prior = self.fit_weight[at]
            own = self.cell_weight[np.maximum(cell, 0)] if len(self.cell_weight) else prior[:, :, None, :]
            fit_weight = np.where((cell >= 0)[:, :, None, None], own, prior[:, :, None, :])
            found = worth(some, self.classes, self.weight[rows], fit_weight)
            best, gain = found.value_cents.argmax(axis=1), found.value_cents.max(axis=1)
            greedy[rows] = np.where(gain > 0, best, -1)
            wanted = np.full((len(rows), WORLDS), -1)
            of_class = np.cumsum(self.weight[rows], axis=1)
            for world in range(WORLDS):
                c = np.minimum((of_class <= own_u[rows, world][:, None]).sum(axis=1), len(self.classes) - 1)
                chance = np.broadcast_to(fit_weight, (*fit_weight.shape[:2], len(self.classes), len(FITS)))[np.arange(len(rows)), :, c]
                k = (np.cumsum(chance, axis=-1) <= fit_u[rows[:, None], world, at[1], at[2]][..., None]).sum(axis=-1)
                value = worth_in(some, self.classes, c, FITS[np.minimum(k, len(FITS) - 1)])
                wanted[:, world] = np.where(value.max(axis=1) > 0, value.argmax(axis=1), -1)
            chance = arm_chances(greedy[rows], wanted, found.value_cents > -np.inf, self.explore)
            chosen[rows], propensity[rows] = draw_arms(chance, u[rows])
        return self._sent(greedy, propensity, arms, told), self._sent(chosen, propensity, arms, told)

    def _sent(self, arm: Ints, propensity: Floats, arms: DayArms, told: dict[str, np.ndarray]) -> Sent:
        who = np.flatnonzero((arm >= 0) & ~self.held_out)
        at = (who, arm[who])
        o = arms.offered
        return Sent(who, told["product"][at].astype(np.int64), self.home[who], arms.discount_cents[at].astype(np.int64), told["start"][at].astype(float), told["end"][at].astype(float), propensity[who], o.p_buy[at], o.p_come[at], o.share[at], o.fit[at], told["part"][at].astype(np.int64))

    def observe(self, day: date, sent: Sent, events: pl.DataFrame) -> None:
        """The day's events and which of its offers were used."""
        self.events.append(events)
        touched = np.zeros((self.n, 1), dtype=bool)
        touched[sent.member] = True
        self.touched = np.concatenate([self.touched, touched], axis=1)
        number = {u: k for k, u in enumerate(self.users)}
        used = events.filter(pl.col.event_type == "redemption")["user_id"].to_list()
        came = events.filter(pl.col.event_type == "purchase")["user_id"].unique().to_list()
        did, was = np.zeros(self.n, dtype=bool), np.zeros(self.n, dtype=bool)
        did[[number[u] for u in used]] = True
        was[[number[u] for u in came if u]] = True
        outcome = did[sent.member], was[sent.member]
        self.records.append(sent)
        self.outcomes.append(outcome)
        self._update()
