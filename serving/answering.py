"""Recommendations answered together: one read of everybody's history, one scoring, then each answer by itself. What is down is
worked around and named in the answers of those whom it concerns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from time import perf_counter

import msgspec

from embedded.filled import Filled
from models.history import History
from offers.answers import Offer
from serving.freshness import AHEAD, STALE, age_s, is_stale
from serving.known_as import pasts_of
from serving.online_port import Past
from serving.parts import Parts
from serving.persons import Names
from serving.recommend import Known, Wanted, slates
from serving.wire import RecommendationAsk, Slate, SlateMeta

MOST_TOGETHER = 16
"""Some 10 ms of answering, which is how long nobody else has a turn."""
INCOMPLETE, HURRIED = "history_incomplete", "short_deadline"
LOST = ("stale_assortment", "no_assortment")


class Wish(msgspec.Struct, frozen=True, gc=False):
    """One request whose person, rights and coupons are known. Those answered together have the same `parts`."""

    parts: Parts
    ask: RecommendationAsk
    now: datetime
    moment: datetime
    """As the person's day has it: `now`, unless they say otherwise."""
    languages: Sequence[str]
    theirs: Names = ()
    """All of the person's ids, their name first."""
    in_hurry: bool = False
    """What was last known of them must do."""
    offers: Sequence[Offer] = ()
    unasked: Sequence[str] = ()
    """Warnings of what could not be asked before: each degrades the answer."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What goes out, and what it took: a share of what those took who were answered together."""

    slate: Slate
    body: bytes
    features_s: float = math.nan
    score_s: float = math.nan
    encode_s: float = math.nan


def answer_together(wishes: Sequence[Wish]) -> list[Answer]:
    """One answer each, in order."""
    began = perf_counter()
    known = what_is_known(wishes)
    read = perf_counter()
    answers = answers_for(wishes, known)
    scored = perf_counter()
    bodies = [msgspec.json.encode(answer) for answer in answers]
    n = len(wishes)
    spent = ((read - began) / n, (scored - read) / n, (perf_counter() - scored) / n)
    return [Answer(answer, body, *spent) for answer, body in zip(answers, bodies, strict=True)]


def what_is_known(wishes: Sequence[Wish]) -> list[Known]:
    """Read the online store for these people and their stores. A part that can't say shows in `fallback` and `warnings`."""
    parts = wishes[0].parts
    asked = [
        wish.theirs or (wish.ask.user_id,) for wish in wishes if wish.ask.user_id is not None and not wish.in_hurry
    ]
    rows = iter(pasts_of(parts.gate, asked, parts.settings.history_limit))
    filled = parts.gate.filled
    stale = is_stale(filled.others_at, wishes[0].now, parts.settings.features_fresh_s)
    return [
        _known(wish, None if wish.ask.user_id is None or wish.in_hurry else next(rows), filled, stale)
        for wish in wishes
    ]


def _known(wish: Wish, read: Past | None, filled: Filled, stale: bool) -> Known:
    parts, store_id, user_id = wish.parts, wish.ask.context.store_id, wish.ask.user_id
    shelf, warning = parts.shelves.of(parts.gate, store_id, wish.in_hurry)
    warnings = [*([] if warning is None else [warning]), *wish.unasked]
    degraded = parts.gate.is_down or warning in LOST or bool(wish.unasked)
    if stale and (user_id or store_id):
        warnings.append(STALE)
    if wish.in_hurry and (user_id or store_id):
        warnings.append(HURRIED)
    if user_id is not None and (parts.visits.are_missed or parts.visits.others_miss or not filled.histories):
        warnings.append(INCOMPLETE)
        degraded = True
    if user_id is None:
        return Known(History.empty(), shelf, None, "cold_start", degraded, warnings, wish.offers)
    past, is_last_known = parts.gate.settled(user_id, read)
    if past is None:
        fallback = "popularity" if store_id in parts.bundle.ranker.store_ids.row else "global_popularity"
        return Known(History.empty(), shelf, None, fallback, True, warnings, wish.offers)
    if past.lacks and INCOMPLETE not in warnings:
        warnings.append(INCOMPLETE)
    degraded |= past.lacks or is_last_known
    fallback_or_none = "last_known" if is_last_known else None if len(past.history) else "cold_start"
    return Known(past.history, shelf, past.as_of, fallback_or_none, degraded, warnings, wish.offers)


def answers_for(wishes: Sequence[Wish], known: Sequence[Known]) -> list[Slate]:
    """The answers, of what is known of each."""
    bundle = wishes[0].parts.bundle
    wanted = [
        Wanted(wish.ask, about, wish.moment, bundle.catalogue.names_for(wish.languages))
        for wish, about in zip(wishes, known, strict=True)
    ]
    found = []
    for wish, about, items in zip(wishes, known, slates(bundle, wanted), strict=True):
        age = None if about.features_as_of is None else age_s(about.features_as_of, wish.now)
        ahead = _ahead(wish, about.features_as_of) if age is None and about.features_as_of is not None else ()
        meta = SlateMeta(
            model_version=bundle.version,
            feature_age_s=age,
            degraded=about.degraded,
            fallback=about.fallback,
            warnings=[*about.warnings, *ahead, *_unknown_words(wish), *(() if items else ("empty_list",))],
        )
        found.append(Slate(recommendation_id=token_hex(16), items=items, meta=meta))
    return found


def _ahead(wish: Wish, as_of: datetime) -> tuple[str]:
    wish.parts.ahead.seen(f"by {(as_of - wish.now).total_seconds():.0f} s")
    return (AHEAD,)


def _unknown_words(wish: Wish) -> list[str]:
    """A filter that names what we don't have is not wrong, but somebody will wonder why the list is short."""
    bundle, wanted = wish.parts.bundle, wish.ask.filter
    products, kinds, found = bundle.ranker.product_ids.row, bundle.catalogue.categories, []
    if any(product not in products for product in wanted.include or ()):
        found.append("unknown_product")
    if any(kind not in kinds for kind in wanted.categories or ()):
        found.append("unknown_category")
    return found
