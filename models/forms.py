"""The score as two quadratic forms: one of the products a user has bought (the usual), one of all others (the new).

Of several questions, the products owned are scored in one pass over all. Of all others a slate asks only for those that may be
among the best: see `ceiling.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.block import Block
from models.ceiling import Ceiling
from models.form import Form
from models.form_grounds import FormGrounds
from models.new_form import NewForm
from models.parts import Parts
from models.reasons import Ground
from models.start import StartGrounds
from models.terms import Ask


@dataclass(frozen=True)
class Forms:
    """The blend of one artifact, ready to score."""

    usual: Form
    new: NewForm
    ceiling: Ceiling

    @classmethod
    def of(cls, parts: Parts) -> Forms:
        """Build both forms, and reckon of the new what is the same for everybody."""
        usual = Form.of(parts.options.usual_terms, parts.arrays["usual_range"], parts.arrays["usual_matrix"])
        form = Form.of(parts.options.new_terms, parts.arrays["new_range"], parts.arrays["new_matrix"])
        new = NewForm.of(parts, form)
        return cls(usual, new, Ceiling.of(parts, new))

    def answered(self, asks: Sequence[Ask]) -> list[tuple[Ground, int]]:
        """(what the scores and reasons of those asked together share, the question's place there) of each question."""
        found: list[Any] = [None] * len(asks)
        for known in (True, False):
            which = [place for place, ask in enumerate(asks) if (len(ask.rows) > 0) == known]
            if which:
                block = Block.of([asks[place] for place in which])
                grounds = FormGrounds(block, self.usual, self.new, self.ceiling) if known else StartGrounds(block)
                for number, place in enumerate(which):
                    found[place] = (grounds, number)
        return found
