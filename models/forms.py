"""The score as two quadratic forms: one of the products a user has bought (the usual), one of all others (the new).

Of the new form, what every product has whoever asks is reckoned once, at load. A question then moves the few terms that it gives:
the form is the sum of what stood still, each step times what leans on it, and the steps among themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.columns import Signals, signals_of, values
from models.form import Form
from models.form_grounds import FormGrounds
from models.neighbours import sharpened
from models.parts import Parts
from models.start import start
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
    """float32[n]: the new form of each product, with all three at their centres."""
    lean_users: np.ndarray
    """float32[U, n]: what a step of each user term from its centre adds to that, for each product."""
    lean_near: np.ndarray
    """float32[N, n]: the same for the neighbour terms."""
    between: np.ndarray
    """float32[N, U]: what a step of the one adds to the lean of the other."""

    @classmethod
    def of(cls, parts: Parts) -> Forms:
        """Build both forms, and reckon of the new what is the same for everybody."""
        usual = Form.of(parts.options.usual_terms, parts.arrays["usual_range"], parts.arrays["usual_matrix"])
        new = Form.of(parts.options.new_terms, parts.arrays["new_range"], parts.arrays["new_matrix"])
        users, near, wide = (np.isin(new.terms, names) for names in (USER_TERMS, NEAR_TERMS, WIDE_TERMS))
        z = new.standing(parts.table(new.terms))
        z[:, users] = 0.0
        z[:, near | wide] = -new.centre[near | wide]
        lean = (2.0 * z @ new.pairs + new.linear).T
        return cls(
            usual,
            new,
            new.part(USER_TERMS),
            new.part(NEAR_TERMS),
            new.part(WIDE_TERMS),
            np.einsum("nt,nt->n", z @ new.pairs + new.linear, z) + new.matrix[-1, -1],
            np.ascontiguousarray(lean[users]),
            np.ascontiguousarray(lean[near]),
            2.0 * new.pairs[np.ix_(near, users)],
        )

    def score(self, ask: Ask) -> np.ndarray:
        """float32[n]: the logit of every product."""
        if not len(ask.rows):
            return start(ask)
        signals = signals_of(ask)
        score = self._as_new(signals)
        score[ask.rows] = self.usual.score(values(self.usual.terms, signals, ask.rows))
        return score

    def grounds(self, ask: Ask) -> FormGrounds:
        """What all reasons share."""
        return FormGrounds(ask, self.usual, self.new)

    def _as_new(self, signals: Signals) -> np.ndarray:
        users, near, wide = self.users, self.near, self.wide
        told = users.standing(np.array([signals.user[name] for name in users.terms], dtype=np.float32))
        score: np.ndarray = told @ self.lean_users
        score += self.base
        score += told @ users.pairs @ told
        for place, name in enumerate(wide.terms):
            score += wide.linear[place] * np.clip(signals.wide[name], wide.low[place], wide.high[place])
        if near.terms:
            step = sharpened(np.stack([signals.near[name] for name in near.terms]))
            np.clip(step, near.low[:, None], near.high[:, None], out=step)
            pull = near.pairs @ step
            pull += self.lean_near
            pull += (self.between @ told)[:, None]
            score += np.einsum("tn,tn->n", step, pull)
        return score
