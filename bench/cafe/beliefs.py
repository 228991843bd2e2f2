"""What the chain believes of every member untouched, made anew every Monday: chance to come, hours, fit of products, earnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bench.cafe.books import Books, Shop, baskets, by_hour, tally
from bench.cafe.draw import Bools, Floats, Ints
from bench.cafe.earnings import earnings
from bench.cafe.fits import Fits
from bench.cafe.rhythms import Rhythms
from bench.cafe.visiting import VisitChance
from models.ranker import Ranker
from models.response_classes import fit_prior
from offers.slots import open_hours

# The last days of the books, on which the models of habits are fitted; asked as of the day before them.
JUDGED_DAYS = 21
HISTORY_LIMIT = 512


@dataclass(frozen=True)
class Beliefs:
    """N members; parts are the ranker's dayparts."""

    home: Ints
    """int64[n], the store of most visits."""
    at_home: Floats
    """float64[n], share of visits there."""
    p_come: Floats
    """float64[n, 7], by weekday of the coming week."""
    density: Floats
    """float64[n, 7, 24], hour of a visit."""
    fit: Floats
    """float64[n, parts, P], chance that a visit holds the product."""
    fit_weight: Floats
    """float64[n, parts, P, K], how sure that is: weights of `models.response_classes.FITS`."""
    visit_cents: Floats
    """float64[n, parts], expected margin of a visit."""
    rest_cents: Floats
    """float64[n, parts, P], of what else is in a basket with the product."""


class Believer:
    """The models of habits, fitted once on the books before any offer, asked every week."""

    def __init__(self, users: Sequence[str], shop: Shop, ranker: Ranker, first: date) -> None:
        self.users, self.shop, self.ranker, self.first = users, shop, ranker, first
        self.part_of_hour: Ints = ranker.parts.options.daypart_of_hour
        self.n_parts = len(ranker.parts.options.daypart_names)
        self.is_open: Bools = np.array([open_hours(store) for store in shop.stores])

    def fit(self, books: Books) -> None:
        """Learn from the books: each model foretells their last weeks from those before."""
        cut, n_products = books.came.shape[1] - JUDGED_DAYS, len(self.shop.product_ids)
        home, _ = self._places(books)
        self.visiting = VisitChance.fitted(books.visits(), books.counts)
        self.rhythms = Rhythms.fitted(by_hour(books, books.came.shape[1]), home, self.is_open)
        before, every = (
            tally(books, self.part_of_hour, self.n_parts, n_products, 0, until) for until in (cut, books.came.shape[1])
        )
        who, _, hour, held = baskets(books, n_products, cut)
        self.fits = Fits.learned(before, (who, self.part_of_hour[hour], held), every)

    def believe(self, books: Books, answered: Floats | float = 0.0) -> Beliefs:
        """For the week that begins when the books end; `answered` as `Rhythms.density` takes it."""
        at, shop = books.came.shape[1], self.shop
        home, at_home = self._places(books)
        counts, visits = tally(books, self.part_of_hour, self.n_parts, len(shop.product_ids), 0, at)
        fit = np.clip(self.fits.fits(counts, visits), 0.002, 0.95)
        visit_cents, rest = earnings(books, self.part_of_hour, shop.price - shop.cost, len(home), self.n_parts)
        return Beliefs(
            home=home,
            at_home=at_home,
            p_come=self.visiting.chance(books.visits(), books.counts, at),
            density=self.rhythms.density(by_hour(books, at), home, answered)[:, [0] * 5 + [1] * 2],
            fit=fit,
            fit_weight=fit_prior(fit, np.broadcast_to(self.fits.strength(visits)[:, :, None], fit.shape)),
            visit_cents=visit_cents,
            rest_cents=rest,
        )

    def _places(self, books: Books) -> tuple[Ints, Floats]:
        lines = np.zeros((len(self.users), len(self.shop.store_ids)))
        np.add.at(lines, (books.member, books.store), 1.0)
        return lines.argmax(axis=1), (lines.max(axis=1) + 9.0) / (lines.sum(axis=1) + 10.0)
