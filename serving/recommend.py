"""From what is known of people to their slates: score all, strike out, take the best, say why. Values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
from msgspec import UNSET

from models.history import History
from models.novelty import dialled, with_quota
from models.ranker import Question
from models.scores import Scores, reasons_together
from offers.answers import Offer
from serving.bundle import Bundle
from serving.eligible import Shelf, ranking
from serving.wire import Item, ItemOffer, Reason, RecommendationAsk

NAMING = "similar_to_usual"
"""The code of reasons whose detail is a product's id: they speak of it by name."""
MILLION = 1e6
"""A score is told in whole millionths: divided last, so that it reads as six decimals."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """What the parts around the model could tell for one request."""

    history: History
    shelf: Shelf
    features_as_of: datetime | None = None
    fallback: str | None = None
    degraded: bool = False
    warnings: Sequence[str] = ()
    offers: Sequence[Offer] = ()


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """Whose slate, and what is known of them. `moment` decides the daypart, `names` the language: what row r is called."""

    ask: RecommendationAsk
    known: Known
    moment: datetime
    names: Sequence[str]


def slates(bundle: Bundle, wanted: Sequence[Wanted]) -> list[list[Item]]:
    """For each the best `ask.limit` products that may be shown, rank 1 first; ties by product id.

    `bundle.exploration_share` of the places go to what nobody had bought yet, unless only the usual is asked for (novelty 0).
    """
    scores = bundle.ranker.score_together([_question(bundle, one) for one in wanted])
    rows = [_chosen(bundle, *pair) for pair in zip(wanted, scores, strict=True)]
    whys = reasons_together(scores, rows)
    return [_items(bundle, *each) for each in zip(wanted, scores, rows, whys, strict=True)]


def _question(bundle: Bundle, wanted: Wanted) -> Question:
    store_id, moment = wanted.ask.context.store_id, wanted.moment
    return Question(wanted.known.history, store_id, bundle.hour_of_week(store_id, moment), int(moment.timestamp()))


def _chosen(bundle: Bundle, wanted: Wanted, scores: Scores) -> np.ndarray:
    """int64[k]: the product rows of a slate, best first."""
    ask, novelty = wanted.ask, wanted.ask.filter.novelty
    standing = ranking(scores.score, bundle, wanted.known.shelf, ask.filter, ask.context.cart)
    share = 0.0 if novelty == 0 else bundle.exploration_share
    rows = dialled(standing, scores.ask.rows, novelty, ask.limit)
    return with_quota(rows, standing, bundle.ranker.unsold, share)


def _items(
    bundle: Bundle, wanted: Wanted, scores: Scores, rows: np.ndarray, whys: Sequence[Sequence[tuple[str, str]]]
) -> list[Item]:
    known, names = wanted.known, wanted.names
    coupons = open_coupons(known.offers, wanted.ask.context.store_id)
    ids, row_of, places = bundle.ranker.product_ids.ids, bundle.ranker.product_ids.row, rows.tolist()
    chances = (np.rint(scores.probability(rows) * MILLION) / MILLION).tolist()
    told = zip(places, chances, known.shelf.prices(rows), whys, strict=True)
    return [
        Item(
            product_id=ids[row],
            name=names[row],
            rank=place,
            score=chance,
            price_cents=price,
            reasons=[Reason(code, names[row_of[detail]] if code == NAMING else detail) for code, detail in why],
            offer=coupons.get(ids[row], UNSET) if coupons else UNSET,
        )
        for place, (row, chance, price, why) in enumerate(told, 1)
    ]


def open_coupons(offers: Sequence[Offer], store_id: str | None) -> dict[str, ItemOffer]:
    """product_id → the open coupon that ends first there; with a store, only coupons of that store."""
    found: dict[str, ItemOffer] = {}
    for offer in sorted(offers, key=lambda o: (o.valid_until, o.offer_id)):
        if store_id in (None, offer.store_id):
            found.setdefault(
                offer.product_id,
                ItemOffer(offer.offer_id, offer.coupon_code, offer.discount_cents, offer.valid_from, offer.valid_until),
            )
    return found
