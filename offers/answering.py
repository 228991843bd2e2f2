"""How one user would answer their shortlist, by the classes of response: what each arm is worth, and which to try by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.answered import Own
from models.response_classes import FITS, ResponseClasses
from models.response_kinds import kind_chances, likeliest_kind
from offers.exploring import arm_chances, wanted_arms
from offers.responses import Responses
from offers.shortlist import Shortlist
from offers.usual_slot import Slot
from offers.worth import DayArms, worth


@dataclass(frozen=True)
class Answering:
    """One user's a = k · d arms with what is believed of the user: weight float64[1, C], fit_weight float64[1, a, C, K], and
    cell int64[1, a], one a product and part of the day (`offers.worth`, `offers.exploring`)."""

    arms: DayArms
    allowed: np.ndarray
    """bool[k, d]."""
    classes: ResponseClasses
    weight: np.ndarray
    fit_weight: np.ndarray
    cell: np.ndarray
    n_cells: int

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """(value in cents, -inf where it may not be sent; chance of a redemption), float64[k, d] each."""
        found = worth(self.arms, self.classes, self.weight, self.fit_weight)
        return found.value_cents.reshape(self.allowed.shape), found.p_bought.reshape(self.allowed.shape)

    def kind(self, p_come: float) -> str:
        """The user's likeliest kind (`models.response_kinds`); p_come: chance of coming that day."""
        return likeliest_kind(kind_chances(self.classes, self.weight, np.array([p_come])))[0][0]

    def tries(self, rng: np.random.Generator) -> np.ndarray:
        """float64[1 + a], sums to 1: on a day that explores, the chance of nothing and of each arm."""
        wanted = wanted_arms(self.arms, self.classes, self.weight, self.fit_weight, self.cell, self.n_cells, rng)
        chances = arm_chances(np.array([-1]), wanted, self.allowed.reshape(1, -1), 1.0)
        found: np.ndarray = chances[0]
        return found


def answering(
    short: Shortlist, slots: Sequence[Slot], responses: Responses, own: Own, contact_cents: float
) -> Answering:
    """Of a shortlist with a product at least, by the user's own answers."""
    depths = short.off.shape[1]
    part = responses.part_of_hour[[slot.hour for slot in slots]][short.slot]
    weight = np.empty((len(short.rows), len(responses.classes), len(FITS)))
    for here in np.unique(part).tolist():
        mine = np.flatnonzero(part == here)
        weight[mine] = own.fit_weight([short.product_ids[place] for place in mine.tolist()], here, short.fit[mine])
    _, cell = np.unique(np.stack([short.rows, part], axis=1), axis=0, return_inverse=True)
    return Answering(
        short.day_arms(contact_cents),
        short.allowed,
        responses.classes,
        own.weight[None],
        np.repeat(weight, depths, axis=0)[None],
        np.repeat(cell.reshape(-1), depths)[None],
        int(cell.max()) + 1,
    )
