"""The form of what a user has not bought: of every product, or of a few, to the last bit the same.

What every product has whoever asks is reckoned once, at load, and what a place adds once for each place. A question then moves
the few terms that it gives: the form is the sum of what stood still, each step times what leans on it, and the steps among
themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from models.form import Form
from models.lanes import Lanes, widened
from models.neighbours import sharpened
from models.parts import Parts
from models.ragged import Ragged
from models.scratch import OwnScratch
from models.signals import Signals
from models.term_names import NEAR_TERMS, USER_TERMS, WIDE_TERMS


@dataclass(frozen=True)
class NewForm:
    """U user terms, N neighbour terms; n' is n in `lanes`."""

    form: Form
    users: Form
    """Its user terms."""
    near: Form
    """Its neighbour terms."""
    wide: Form
    """Its wide terms, which have no pairs."""
    base: np.ndarray
    """float32[n]: the form of each product that nothing reaches, user terms at their centres, wide terms left out."""
    lean_users: np.ndarray
    """float32[U + 1, n']: what a step of each user term from its centre adds to that, for each product; and ones."""
    lean_near: np.ndarray
    """float32[N, n']: the same for a step of each neighbour term from nothing."""
    between: np.ndarray
    """float32[N, U]: what a step of the one adds to the lean of the other."""
    nothing: np.ndarray
    """float32[N, 1]: where a neighbour term stands of a product that nothing reaches."""
    ground: Callable[[int | None, int | None], np.ndarray] = field(repr=False)
    """(store, daypart) -> float32[n]: `base`, and what the place adds to it; the latest few are kept."""
    table: np.ndarray = field(repr=False)
    """float32[n, U + 1 + N]: `lean_users` and `lean_near`, side by side for each product."""
    own: OwnScratch = field(repr=False, default_factory=OwnScratch)

    @classmethod
    def of(cls, parts: Parts, form: Form) -> NewForm:
        """Reckon what is the same for everybody."""
        users, near, wide = (np.isin(form.terms, names) for names in (USER_TERMS, NEAR_TERMS, WIDE_TERMS))
        z = form.standing(parts.table(form.terms))
        z[:, users] = 0.0
        z[:, wide] = -form.centre[wide]
        lean = (2.0 * z @ form.pairs + form.linear).T
        base: np.ndarray = np.einsum("nt,nt->n", z @ form.pairs + form.linear, z) + form.matrix[-1, -1]
        alone = form.part(WIDE_TERMS)

        @lru_cache(maxsize=parts.n_places)
        def ground(store: int | None, daypart: int | None) -> np.ndarray:
            return base + alone.alone("here", parts.here(store, daypart)) if "here" in alone.terms else base

        leans = np.vstack([lean[users], np.ones_like(base)]), lean[near]
        return cls(
            form,
            form.part(USER_TERMS),
            form.part(NEAR_TERMS),
            alone,
            base,
            widened(leans[0]),
            widened(leans[1]),
            2.0 * form.pairs[np.ix_(near, users)],
            np.zeros((near.sum(), 1), np.float32).clip(form.low[near, None], form.high[near, None]),
            ground,
            np.vstack(leans).T.copy(),
        )

    def told(self, signals: Signals) -> np.ndarray:
        """float32[B, U]: where the user of each question stands."""
        users = np.array([signals.user[name] for name in self.users.terms], np.float32)
        return np.ascontiguousarray(self.users.standing(users.reshape(-1, len(signals.block.asks)).T))

    def every(self, signals: Signals, number: int, told: np.ndarray) -> np.ndarray:
        """float32[n]: of all products for one question; told float32[U]: where its user stands."""
        ask, n = signals.block.asks[number], len(self.base)
        score = np.asarray(self._step(told) @ self.lean_users)
        score[:n] += self.ground(ask.store, ask.daypart_number)
        for name in self.moving:
            score[:n] += self.wide.alone(name, signals.wide[name][number])
        if self.near.terms:
            step = self.own.scratch.array("step", self.lean_near.shape, np.float32)
            for name, row in zip(self.near.terms, step, strict=True):
                sharpened(signals.near[name][number], out=row[:n])
            step[:, n:] = 0.0
            self._add_reached(score, step, self.lean_near, (self.between @ told)[:, None])
        return score[:n]

    def some(self, signals: Signals, told: np.ndarray, wanted: Ragged) -> np.ndarray:
        """float32[m]: of product rows of each question, m in all; told float32[B, U]: where its user stands."""
        lanes, asks = Lanes.of(wanted), signals.block.asks
        leans = self.table.take(lanes.rows, axis=0).T.copy()
        score = np.empty(len(lanes.rows), np.float32)
        for number, (start, end) in enumerate(pairwise(lanes.bounds)):
            if start < end:
                np.matmul(
                    self._step(told[number]), leans[: -len(self.between) or None, start:end], out=score[start:end]
                )
                ground = self.ground(asks[number].store, asks[number].daypart_number)
                score[start:end] += ground.take(lanes.rows[start:end])
        for name in self.moving:
            score += self.wide.alone(name, lanes.spread(signals.wide[name].at(wanted)))
        if self.near.terms:
            step = np.empty((len(self.near.terms), len(lanes.rows)), np.float32)
            keys = lanes.question * len(self.base) + lanes.rows
            for name, row in zip(self.near.terms, step, strict=True):
                sharpened(signals.near[name].take(keys), out=row)
            between = np.array([self.between @ one for one in told]).T.take(lanes.question, axis=1)
            self._add_reached(score, step, leans[-len(self.between) :], between)
        return score.take(lanes.at)

    def _step(self, told: np.ndarray) -> np.ndarray:
        step = np.empty(len(told) + 1, np.float32)
        step[:-1], step[-1] = told, told @ self.users.pairs @ told
        return step

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The wide terms that a factor model says; what is `here` is in the ground."""
        return tuple(name for name in self.wide.terms if name != "here")

    def _add_reached(self, score: np.ndarray, step: np.ndarray, lean: np.ndarray, told: np.ndarray) -> None:
        """Add in place what the neighbour tables say. step float32[N, m]: the terms, and to be overwritten; told
        float32[N, 1] or [N, m]: leans of the user.
        """
        form, pull = self.near, self.own.scratch.array("pull", step.shape, np.float32)
        step.clip(form.low[:, None], form.high[:, None], step)
        if self.nothing.any():
            step -= self.nothing
        np.matmul(form.pairs, step, out=pull)
        pull += lean
        pull += told
        pull *= step
        for part in pull:
            score += part
