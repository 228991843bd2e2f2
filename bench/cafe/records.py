"""The loop's decision records: what was sent, with what chance, what was believed then, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from bench.cafe.beliefs import Beliefs
from bench.cafe.draw import Bools, Floats, Ints
from models.answered import Answers
from models.response_classes import FITS, Offered


@dataclass(frozen=True)
class Sent:
    """Offers of one day, row-aligned.

    int64[k]: member, day (since the books' first), product, store, discount (cents), part of the day. float64[k]: start and end
    hour; propensity of what was sent; what was believed, see `models.response_classes.Offered`."""

    member: Ints
    day: Ints
    product: Ints
    store: Ints
    discount: Ints
    part: Ints
    start: Floats
    end: Floats
    propensity: Floats
    p_buy: Floats
    p_come: Floats
    share: Floats
    fit: Floats


@dataclass(frozen=True)
class Outcome:
    """Row-aligned with a day's `Sent`: bool[k] whether the coupon was used, and whether the member bought anything that day."""

    bought: Bools
    came: Bools


class Records:
    """All days' records so far. A cell is a member's product in some parts of the day: what one unknown fit belongs to."""

    def __init__(self, n: int, place: Ints) -> None:
        """place: int64[parts, P], by part of the day and product the part whose cell it is in."""
        self.place = place
        self.days: list[tuple[Sent, Outcome]] = []
        self.cell_of = np.full((n, *place.shape), -1)
        """int64[n, parts, P]: the cell's number, by `place`; -1 where nothing was sent yet."""

    def add(self, sent: Sent, outcome: Outcome) -> None:
        """One more day."""
        self.days.append((sent, outcome))

    def column(self, name: str) -> np.ndarray:
        """All days' `Sent` of that name, in the order of `answers`."""
        return np.concatenate([getattr(sent, name) for sent, _ in self.days])

    def answers(self, beliefs: Beliefs, part_of_hour: Ints) -> Answers:
        """Everything answered, weighed by what is believed of habits now."""
        if not self.days:
            no, none = np.zeros(0, dtype=np.int64), np.zeros(0)
            return Answers(no, Offered(none, none, none, none), no > 0, no > 0, no, np.zeros((0, len(FITS))))
        column = {f.name: self.column(f.name) for f in fields(Sent)}
        bought, came = (np.concatenate([getattr(out, name) for _, out in self.days]) for name in ("bought", "came"))
        shape = self.cell_of.shape
        place = self.place[column["part"], column["product"]]
        key = np.ravel_multi_index((column["member"], place, column["product"]), shape)
        known, first, cell = np.unique(key, return_index=True, return_inverse=True)
        self.cell_of.ravel()[known] = np.arange(len(known))
        user, part, product = (column[name][first] for name in ("member", "part", "product"))
        who, weekday = column["member"], column["day"] % 7
        p_come = beliefs.p_come[who, weekday]
        inside = np.zeros(len(who))
        for hour in range(24):
            held = beliefs.fit[who, part_of_hour[hour], column["product"]]
            within = (column["start"] <= hour) & (hour < column["end"])
            inside += np.where(within, beliefs.density[who, weekday, hour] * held, 0.0)
        fit = beliefs.fit[who, column["part"], column["product"]]
        offered = Offered(p_come * beliefs.at_home[who] * inside, p_come, column["share"], fit)
        return Answers(cell, offered, bought, came, user, beliefs.fit_weight[user, part, product])
