"""`POST /v1/recommendations`: one online read, one scoring, one answer; parts that are down are worked around and named."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from secrets import token_hex
from time import perf_counter

import msgspec

from models.history import History
from offers.answers import Offer
from serving.asked import Asked, Reply, plausible
from serving.catalogue import languages
from serving.impressions import rows_of
from serving.known_as import past_of
from serving.parts import Parts
from serving.persons import Names
from serving.problems import malformed
from serving.recommend import Known, slate
from serving.standing import NONE
from serving.told import allowed_told, names_told, wallet_told
from serving.wire import RecommendationAsk, Slate, SlateMeta

# A caller with less than this left is answered by what was last known: a slow store may take up to its time-out (50 ms).
READ_S = 0.01
LOST = ("stale_assortment", "no_assortment")


async def recommendations(asked: Asked) -> Reply:
    """Rank products for a person in a store at a moment."""
    ask: RecommendationAsk = asked.body
    if ask.user_id is None and ask.anonymous_id is None:
        raise malformed("name a user_id or an anonymous_id", "/user_id", "missing_user")
    local = ask.context.local_time
    moment = asked.now if local is None else plausible(local, "/context/local_time")
    theirs, could_ask, allowed = await names_told(asked, ask.user_id), True, NONE
    if theirs:
        allowed, could_ask = await allowed_told(asked, theirs)
        if "recommend" not in allowed:
            # A stranger in the answer and in what is written down of it.
            ask, theirs = msgspec.structs.replace(ask, user_id=None), ()
    if theirs[:1] != (ask.user_id,) and theirs:
        ask = msgspec.structs.replace(ask, user_id=theirs[0])
    # The ledger is asked first, so that its thread works while the loop reads the features.
    holders, at = asked.parts.holders, [perf_counter()]
    if theirs and holders.is_due():
        asked.begin(holders.look)
    holds = theirs and "offers" in allowed and holders.may_hold(theirs)
    wallet = asyncio.ensure_future(wallet_told(asked, theirs)) if holds else None
    known = what_is_known(asked.parts, ask, theirs, hurry=asked.patience_s(READ_S) < READ_S)
    if not could_ask:
        known = replace(known, degraded=True, warnings=[*known.warnings, "consent_unavailable"])
    at.append(perf_counter())
    known = await _with_offers(known, wallet)
    at.append(perf_counter())
    answer = answer_for(asked.parts, ask, known, moment, asked.now, _language(asked))
    at.append(perf_counter())
    if not ask.dry_run:
        asked.parts.impressions.put(rows_of(answer, ask, asked.now))
    body = msgspec.json.encode(answer)
    features_s, wallet_s, score_s, encode_s = (after - before for before, after in pairwise([*at, perf_counter()]))
    asked.parts.metrics.stages.observe(features_s, score_s, encode_s, wallet_s)
    asked.parts.metrics.recommended(answer.meta.fallback, answer.meta.feature_age_s, answer.meta.degraded)
    return Reply(body)


def what_is_known(parts: Parts, ask: RecommendationAsk, theirs: Names = (), hurry: bool = False) -> Known:
    """Read the online store for this person and store. A part that can't say shows in `fallback` and `warnings`.

    theirs: all of the person's ids; hurry: what was last known of them must do.
    """
    shelf, warning = parts.shelves.of(parts.gate, ask.context.store_id)
    warnings = [] if warning is None else [warning]
    if ask.user_id is None:
        return Known(History.empty(), shelf, None, "cold_start", parts.gate.is_down or warning in LOST, warnings)
    read = None if hurry else past_of(parts.gate, theirs or (ask.user_id,), parts.settings.history_limit)
    past, is_last_known = parts.gate.settled(ask.user_id, read)
    degraded = parts.gate.is_down or is_last_known or warning in LOST
    if past is None:
        told = ask.context.store_id in parts.bundle.ranker.store_ids.row
        return Known(History.empty(), shelf, None, "popularity" if told else "global_popularity", True, warnings)
    fallback = "last_known" if is_last_known else None if len(past.history) else "cold_start"
    return Known(past.history, shelf, past.as_of, fallback, degraded, warnings)


def answer_for(
    parts: Parts, ask: RecommendationAsk, known: Known, moment: datetime, now: datetime, wanted: Sequence[str]
) -> Slate:
    """The whole answer. `moment` decides the daypart, `now` the age of the features."""
    bundle = parts.bundle
    items = slate(bundle, ask, known, moment, bundle.catalogue.names_for(wanted))
    warnings = [*known.warnings, *_unknown_words(parts, ask)]
    if not items:
        warnings.append("empty_list")
    age = None if known.features_as_of is None else max(0.0, (now - known.features_as_of).total_seconds())
    meta = SlateMeta(
        model_version=bundle.version,
        feature_age_s=age,
        degraded=known.degraded,
        fallback=known.fallback,
        warnings=warnings,
    )
    return Slate(recommendation_id=token_hex(16), items=items, meta=meta)


def _unknown_words(parts: Parts, ask: RecommendationAsk) -> list[str]:
    """A filter that names what we don't have is not wrong, but somebody will wonder why the list is short."""
    products, kinds = parts.bundle.ranker.product_ids.row, parts.bundle.catalogue.categories
    found = []
    if any(product not in products for product in ask.filter.include or ()):
        found.append("unknown_product")
    if any(kind not in kinds for kind in ask.filter.categories or ()):
        found.append("unknown_category")
    return found


async def _with_offers(known: Known, wallet: asyncio.Future[list[Offer] | None] | None) -> Known:
    if wallet is None:
        return known
    if (offers := await wallet) is None:
        return replace(known, degraded=True, warnings=[*known.warnings, "offers_unavailable"])
    return replace(known, offers=offers)


def _language(asked: Asked) -> list[str]:
    wish = asked.headers.get("accept-language", "")
    return languages(asked.body.context.locale, wish, asked.parts.settings.locale)
