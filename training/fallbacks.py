"""What a fit fell back on for want of data, in plain words: told by `daypart train`, its report, and `daypart evaluate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from training.blend import LEAST_POSITIVES
from training.cases import Known
from training.catalogue import Catalogue
from training.near import LEAST_BUYERS
from training.odd_data import single_visit_users
from training.search import LEAST_ASKED
from training.tuning import Tuned

_BOUGHT = {"usual": "repeat purchases", "new": "first purchases of a product"}


def fallbacks(
    known: Known, catalogue: Catalogue, moments: Sequence[datetime | None], tuned: Tuned, judged: bool
) -> tuple[str, ...]:
    """One sentence each, empty when nothing was missing.

    moments: of the inner windows (`cuts.Window.moment`); judged: whether one more was wanted, to compare with the baselines.
    """
    return (*_of_data(known, catalogue, tuned), *_of_windows(known, moments, tuned, judged), *_of_blend(tuned, judged))


def _of_data(known: Known, catalogue: Catalogue, tuned: Tuned) -> Iterator[str]:
    histories, terms = known.histories, {*tuned.recipe.usual_terms, *tuned.recipe.new_terms}
    if len(histories.users) < 2:
        yield "fewer than two known users: popularity and habit only, no factors"
    elif len(histories.products) < 2:
        yield "fewer than two products sold to known users: nothing to rank but what sells, no factors"
    elif "cold" in terms and not any(catalogue.categories):
        yield "no product has a category: LightFM was not fitted, so a product that never sold has no taste to be matched by"
    buyers = np.bincount(histories.rows, minlength=1)
    if buyers.max() < LEAST_BUYERS:
        yield f"no product has {LEAST_BUYERS} buyers: no neighbours, so what goes together counts for nothing"
    if not catalogue.stores:
        yield "no store is known: what sells is reckoned for the whole chain, and days in the zone of the times"


def _of_windows(known: Known, moments: Sequence[datetime | None], tuned: Tuned, judged: bool) -> Iterator[str]:
    n_users, n_once = len(known.histories.users), len(single_visit_users(known.lines))
    if not moments:
        yield f"no past day could be asked about ({n_once:,} of {n_users:,} users came on one day only): nothing was tuned"
        return
    wanted = tuned.recipe.windows + judged
    if all(moment is None for moment in moments):
        yield "too few users shopped on both sides of any date: tuned on each user's own last visits instead"
    elif len(moments) < wanted:
        yield f"tuned on {len(moments)} windows of the past, where {wanted} were wanted"


def _of_blend(tuned: Tuned, judged: bool) -> Iterator[str]:
    how, n_searched = tuned.blend.how, tuned.n_windows - (judged and bool(tuned.validation))
    kept = [f"{half}: fewer than {LEAST_POSITIVES} {_BOUGHT[half]}" for half in _BOUGHT if half not in how.split()]
    if kept:
        by_default = "all by default" if how == "defaults" else f"{how}, the rest by default"
        yield f"too few repeat or new purchases to learn every weight from: {by_default} ({'; '.join(kept)})"
    if tuned.recipe.trials > 1 and not tuned.trials:
        few = f"a window has fewer than {LEAST_ASKED} users to judge by, a fifth of all being kept for that"
        why = "fewer than two windows to compare on" if n_searched < 2 else few
        yield f"hyperparameters were not searched: {why}; the recipe's own stand"
    if judged and not tuned.validation:
        yield "no user came twice: the model could not be compared with the baselines"
    elif judged and tuned.validation.get("blend") != how:
        yield f"the comparison is of a model with fewer windows to learn from ({tuned.validation['blend']}), not of this one"
