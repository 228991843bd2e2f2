"""The café's secret: what each member would do under every arm, "nothing" included. Known to the simulator, never written out.

Each member is of one kind, and has a response curve in the discount as a share of the price:
  logit P(buy | arm) = logit P(buy | nothing) + slope · √fit · x⁶/(x⁶ + threshold⁶), fit = P(product | visit then and there);
  and if an offer was sent at all, the member stays for the day with chance exp(-annoyance · (½ + x)).
would_buy_anyway and lost hardly move, a persuadable moves once the discount passes their threshold, a put_off only stays away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from bench.cafe.arms import Windows, weekday
from bench.cafe.draw import Days, Floats, Ints
from bench.cafe.members import Members
from bench.cafe.menu import PART_OF_HOUR, Menu

KINDS = ("would_buy_anyway", "persuadable", "lost", "put_off")
SHARES = (0.35, 0.30, 0.25, 0.10)
STEEPNESS = 6
FADE_A_WEEK = 0.5
_HOURS = np.arange(24)


@dataclass(frozen=True)
class CafeTruth:
    """Members, their habits and their responses. Rows of all arrays are members' numbers."""

    seed: int
    anchor: date
    """The day the books close: fading and joining are laid before it."""
    menu: Menu
    members: Members
    kind: Ints
    """int64[n], row of KINDS."""
    slope: Floats
    """float64[n] >= 0, greatest shift of the log-odds."""
    threshold: Floats
    """float64[n] > 0, share of the price at which half of it is reached."""
    annoyance: Floats
    """float64[n] >= 0; above 0 for put_off only."""
    norm: Floats
    """float64[n, 4, S, 2], sum of `members.pick` over what the store sells, drinks then foods."""
    worth_cents: Floats
    """float64[n, 4, S, 2], expected margin of a visit's drink and of its food (zero when there is none)."""

    def p_visit(self, member: Ints, day: Days) -> Floats:
        """float64[k]: chance that the member comes on the day, untouched."""
        weeks = np.maximum((day - self.members.fades[member]).astype(np.int64), 0) / 7
        active = day >= self.members.joined[member]
        p: Floats = self.members.visit[member, weekday(day)] * np.exp(-FADE_A_WEEK * weeks) * active
        return p

    def p_visit_and_buy(self, arms: Windows, discount_cents: npt.ArrayLike) -> Floats:
        """float64[k]: chance of coming in the window and buying the product there, `discount_cents` off it (0 = send nothing)."""
        return self._answer(self.by_hour(arms).sum(axis=1), arms, discount_cents)[1]

    def conversion(self, arms: Windows, discount_cents: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Two float64[k]: chance that a day that would not have hit now does, and that the member stays at all."""
        nothing = self.by_hour(arms).sum(axis=1)
        stays, p = self._answer(nothing, arms, discount_cents)
        return np.maximum(p / stays - nothing, 0) / (1 - nothing), stays

    def day_margin_cents(self, member: Ints, day: Days) -> Floats:
        """float64[k]: expected margin of the member's whole day, untouched."""
        at = self._store_by_hour(member)
        worth = self.worth_cents.sum(axis=-1)[member][:, PART_OF_HOUR]
        given: Floats = np.einsum("kh,khs,khs->k", self._hours(member, day), at, worth)
        return self.p_visit(member, day) * given

    def incremental_margin_cents(self, arms: Windows, discount_cents: npt.ArrayLike) -> Floats:
        """float64[k]: expected margin of the member's day with the offer, less without: cannibalised visits are counted.

        A day that would have hit anyway gives the discount away; a converted day swaps the visit it would have held, if any,
        for one in the window with the product at its reduced price and the usual company of a drink or a food.
        """
        m, p, s = arms.member, arms.product, arms.store
        other = self.worth_cents[m, :, s, 1 - self.menu.is_food[p].astype(np.int64)]
        margin = (self.menu.price_cents[s, p] - self.menu.cost_cents[p]).astype(np.float64)
        off = np.asarray(discount_cents, dtype=np.float64)
        by_hour = self.by_hour(arms)
        hit, hit_margin = by_hour.sum(axis=1), (by_hour * (margin[:, None] + other[:, PART_OF_HOUR])).sum(axis=1)
        converts, stays = self.conversion(arms, discount_cents)
        company = other[np.arange(len(m)), PART_OF_HOUR[arms.start.astype(np.int64)]]
        day = self.day_margin_cents(m, arms.day)
        new = converts * (1 - hit) * (margin - off + company)
        offered: Floats = stays * (hit_margin - hit * off + (1 - converts) * (day - hit_margin) + new)
        return offered - day

    def by_hour(self, arms: Windows) -> Floats:
        """float64[k, 24]: chance, untouched, of buying the product at the store in the part of each hour inside the window."""
        m, s = arms.member, arms.store
        inside = np.clip(np.minimum(arms.end[:, None], _HOURS + 1) - np.maximum(arms.start[:, None], _HOURS), 0, 1)
        here = self._store_by_hour(m)[np.arange(len(m)), :, s]
        chance: Floats = self.p_visit(m, arms.day)[:, None] * self._hours(m, arms.day) * inside * here
        return chance * self._fit(arms)[:, PART_OF_HOUR]

    def _fit(self, arms: Windows) -> Floats:
        """float64[k, 4]: chance that a visit to the store holds the product, by part of the day."""
        m, p, s = arms.member, arms.product, arms.store
        food = self.menu.is_food[p].astype(np.int64)
        fit: Floats = self.members.pick[m, :, p] * self.menu.sold[s, p][:, None] / self.norm[m, :, s, food]
        fit *= np.where(food[:, None] == 1, self.members.attach[m], 1.0)
        return fit

    def _answer(self, nothing: Floats, arms: Windows, discount_cents: npt.ArrayLike) -> tuple[Floats, Floats]:
        discount = np.asarray(discount_cents, dtype=np.float64)
        share = discount / self.menu.price_cents[arms.store, arms.product]
        reach = share**STEEPNESS / (share**STEEPNESS + self.threshold[arms.member] ** STEEPNESS)
        fit = self._fit(arms)[np.arange(len(arms.start)), PART_OF_HOUR[arms.start.astype(np.int64)]]
        odds = np.exp(self.slope[arms.member] * np.sqrt(fit) * reach)
        stays = np.where(discount > 0, np.exp(-self.annoyance[arms.member] * (0.5 + share)), 1.0)
        return stays, stays * nothing * odds / (1 - nothing + nothing * odds)

    def _hours(self, member: Ints, day: Days) -> Floats:
        return self.members.hours[member, (weekday(day) >= 5).astype(np.int64)]

    def _store_by_hour(self, member: Ints) -> Floats:
        """float64[k, 24, S]: the store of a visit, given its hour; a closed one gives way to home."""
        wish = self.members.stores[member][:, None, :] * self.menu.open.T[None]
        wish[np.arange(len(member)), :, self.members.home[member]] += 1 - wish.sum(axis=-1)
        return wish
