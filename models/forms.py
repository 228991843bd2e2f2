"""The score as two quadratic forms: one of the products a user has bought (the usual), one of all others (the new).

Of the new form, what every product has whoever asks is reckoned once, at load, and what its place adds once for each place. A
question then moves the few terms that it gives: the form is the sum of what stood still, each step times what leans on it, and
the steps among themselves. Of several questions, the products owned are scored in one pass over all; what is as long as the
vocabulary is done for one question after the other, so that it stays in the processor's caches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from models.block import Block
from models.form import Form
from models.form_grounds import FormGrounds
from models.neighbours import sharpened
from models.parts import PLACES_KEPT, Parts
from models.reasons import Ground
from models.scratch import OwnScratch
from models.signals import Signals
from models.start import StartGrounds
from models.term_names import NEAR_TERMS, USER_TERMS, WIDE_TERMS
from models.terms import Ask


@dataclass(frozen=True)
class Forms:
    """The blend of one artifact, ready to score. U user terms, N neighbour terms, both of the new form."""

    usual: Form
    new: Form
    users: Form
    """The user terms of the new form."""
    near: Form
    """Its neighbour terms."""
    wide: Form
    """Its wide terms, which have no pairs."""
    base: np.ndarray
    """float32[n]: the new form of each product that nothing reaches, user terms at their centres, wide terms left out."""
    lean_users: np.ndarray
    """float32[U + 1, n]: what a step of each user term from its centre adds to that, for each product; and ones."""
    lean_near: np.ndarray
    """float32[N, n]: the same for a step of each neighbour term from nothing."""
    between: np.ndarray
    """float32[N, U]: what a step of the one adds to the lean of the other."""
    nothing: np.ndarray
    """float32[N, 1]: where a neighbour term stands of a product that nothing reaches."""
    ground: Callable[[int | None, int | None], np.ndarray] = field(repr=False)
    """(store, daypart) -> float32[n]: `base`, and what the place adds to it; the latest few are kept."""
    own: OwnScratch = field(repr=False, default_factory=OwnScratch)

    @classmethod
    def of(cls, parts: Parts) -> Forms:
        """Build both forms, and reckon of the new what is the same for everybody."""
        usual = Form.of(parts.options.usual_terms, parts.arrays["usual_range"], parts.arrays["usual_matrix"])
        new = Form.of(parts.options.new_terms, parts.arrays["new_range"], parts.arrays["new_matrix"])
        users, near, wide = (np.isin(new.terms, names) for names in (USER_TERMS, NEAR_TERMS, WIDE_TERMS))
        z = new.standing(parts.table(new.terms))
        z[:, users] = 0.0
        z[:, wide] = -new.centre[wide]
        lean = (2.0 * z @ new.pairs + new.linear).T
        base: np.ndarray = np.einsum("nt,nt->n", z @ new.pairs + new.linear, z) + new.matrix[-1, -1]
        alone = new.part(WIDE_TERMS)

        @lru_cache(maxsize=PLACES_KEPT)
        def ground(store: int | None, daypart: int | None) -> np.ndarray:
            return base + alone.alone("here", parts.here(store, daypart)) if "here" in alone.terms else base

        return cls(
            usual,
            new,
            new.part(USER_TERMS),
            new.part(NEAR_TERMS),
            alone,
            base,
            np.vstack([lean[users], np.ones_like(base)]),
            np.ascontiguousarray(lean[near]),
            2.0 * new.pairs[np.ix_(near, users)],
            np.zeros((near.sum(), 1), np.float32).clip(new.low[near, None], new.high[near, None]),
            ground,
        )

    def answered(self, asks: Sequence[Ask]) -> list[tuple[np.ndarray, Ground, int]]:
        """(float32[n]: the logit of every product, what the reasons share, the question's place there) of each question."""
        found: list[Any] = [None] * len(asks)
        for known in (True, False):
            which = [place for place, ask in enumerate(asks) if (len(ask.rows) > 0) == known]
            if which:
                some = [asks[place] for place in which]
                grounds = FormGrounds.of(some, self.usual, self.new) if known else StartGrounds(Block.of(some))
                scores = self.scores(grounds) if isinstance(grounds, FormGrounds) else grounds.scores
                for number, place in enumerate(which):
                    found[place] = (scores[number], grounds, number)
        return found

    def scores(self, grounds: FormGrounds) -> list[np.ndarray]:
        """float32[n] for each question: all as new, then over it what is owned as usual."""
        owned, signals = grounds.block.owned, grounds.signals
        usual = self.usual.score(grounds.usual_values, owned.bounds)
        users = np.array([signals.user[name] for name in self.users.terms], np.float32)
        told = np.ascontiguousarray(self.users.standing(users.reshape(-1, len(grounds.asks)).T))
        found = [self._as_new(signals, number, one) for number, one in enumerate(told)]
        for score, rows, start, end in zip(found, owned.each(), owned.bounds, owned.bounds[1:], strict=False):
            score[rows] = usual[start:end]
        return found

    def _as_new(self, signals: Signals, number: int, told: np.ndarray) -> np.ndarray:
        """float32[n] of one question; told float32[U]: where its user stands."""
        ask, step = signals.block.asks[number], np.empty(len(told) + 1, np.float32)
        step[:-1], step[-1] = told, told @ self.users.pairs @ told
        score: np.ndarray = step @ self.lean_users
        score += self.ground(ask.store, ask.daypart_number)
        for name in self.wide.terms:
            if name != "here":  # which is in the ground
                score += self.wide.alone(name, signals.wide[name][number])
        if self.near.terms:
            self._add_reached(score, [signals.near[name][number] for name in self.near.terms], self.between @ told)
        return score

    def _add_reached(self, score: np.ndarray, near: list[np.ndarray], told: np.ndarray) -> None:
        """Add in place what the neighbour tables say of the products that they reach. told float32[N]: leans of the user."""
        form, scratch, shape = self.near, self.own.scratch, self.lean_near.shape
        step, pull = (scratch.array(name, shape, np.float32) for name in ("step", "pull"))
        for reach, row in zip(near, step, strict=True):
            sharpened(reach, out=row)
        step.clip(form.low[:, None], form.high[:, None], step)
        if self.nothing.any():
            step -= self.nothing
        np.matmul(form.pairs, step, out=pull)
        pull += self.lean_near
        pull += told[:, None]
        pull *= step
        for part in pull:
            score += part
