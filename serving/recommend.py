"""From what is known of people to their slates: score all, strike out, take the best, say why. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

import msgspec
import numpy as np
from msgspec import UNSET

from models.best import Best, Sought
from models.history import History
from models.novelty import dialled, with_quota
from models.ranker import Question
from models.response import sigmoid
from models.scores import Scores, best_together, reasons_together
from offers.answers import Offer
from serving.bundle import Bundle
from serving.eligible import Shelf, struck
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
    chosen = _chosen(bundle, wanted, scores)
    whys = reasons_together(scores, [best.rows for best in chosen])
    chances = iter((np.rint(sigmoid(np.concatenate([best.scores for best in chosen])) * MILLION) / MILLION).tolist())
    return [_items(bundle, one, best, chances, why) for one, best, why in zip(wanted, chosen, whys, strict=True)]


def _question(bundle: Bundle, wanted: Wanted) -> Question:
    store_id, moment = wanted.ask.context.store_id, wanted.moment
    return Question(wanted.known.history, store_id, bundle.hour_of_week(store_id, moment), int(moment.timestamp()))


def _chosen(bundle: Bundle, wanted: Sequence[Wanted], scores: Sequence[Scores]) -> list[Best]:
    """The products of each slate, best first."""
    asks = [one.ask for one in wanted]
    away = [struck(bundle, one.known.shelf, one.ask.filter, one.ask.context.cart) for one in wanted]
    plain = [ask.filter.novelty is None and not _guests(bundle, ask) for ask in asks]
    found = iter(
        best_together(
            [each for each, is_plain in zip(scores, plain, strict=True) if is_plain],
            [Sought(ask.limit, gone) for ask, gone, is_plain in zip(asks, away, plain, strict=True) if is_plain],
        )
    )
    return [
        next(found) if is_plain else _mixed(bundle, ask, each, gone)
        for ask, each, gone, is_plain in zip(asks, scores, away, plain, strict=True)
    ]


def _guests(bundle: Bundle, ask: RecommendationAsk) -> float:
    """The share of places for what nobody had bought yet."""
    return 0.0 if ask.filter.novelty == 0 or not bundle.ranker.has_unsold else bundle.exploration_share


def _mixed(bundle: Bundle, ask: RecommendationAsk, scores: Scores, away: np.ndarray) -> Best:
    """With so many new products as asked for, and guests."""
    standing: np.ndarray = scores.score + away
    rows = dialled(standing, scores.ask.rows, ask.filter.novelty, ask.limit)
    rows = with_quota(rows, standing, bundle.ranker.unsold, _guests(bundle, ask))
    return Best(rows, scores.score.take(rows))


def _items(
    bundle: Bundle, wanted: Wanted, best: Best, chances: Iterator[float], whys: Sequence[Sequence[tuple[str, str]]]
) -> list[Item]:
    """chances: of the products of this slate, and then of others."""
    known, names = wanted.known, wanted.names
    coupons = open_coupons(known.offers, wanted.ask.context.store_id)
    ids, row_of, places = bundle.ranker.product_ids.ids, bundle.ranker.product_ids.row, best.rows.tolist()
    told = zip(places, islice(chances, len(places)), known.shelf.prices(best.rows), whys, strict=True)
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
