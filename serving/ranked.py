"""`POST /v1/recommendations`: one online read, one scoring, one answer; parts that are down are worked around and named."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from time import perf_counter
from uuid import uuid4

import msgspec

from models.history import History
from offers.answers import Offer
from offers.database import LedgerError
from serving.admitting import micros
from serving.asked import Asked, Reply, plausible
from serving.catalogue import languages
from serving.identified import names, wallet_of
from serving.impressions import rows_of
from serving.known_as import past_of
from serving.parts import Parts
from serving.persons import Names
from serving.problems import malformed
from serving.recommend import Known, slate
from serving.standing import NONE, Purposes
from serving.wire import RecommendationAsk, Slate, SlateMeta

# The wallet is an ornament of the answer: a slow ledger must not hold it up.
WALLET_WAIT_S = 0.25


async def recommendations(asked: Asked) -> Reply:
    """Rank products for a person in a store at a moment."""
    ask: RecommendationAsk = asked.body
    if ask.user_id is None and ask.anonymous_id is None:
        raise malformed("name a user_id or an anonymous_id", "/user_id", "missing_user")
    local = ask.context.local_time
    moment = asked.now if local is None else plausible(local, "/context/local_time")
    theirs = await _names(asked, ask.user_id)
    if theirs and "recommend" not in await _allowed(asked, theirs):
        # A stranger in the answer and in what is written down of it.
        ask, theirs = msgspec.structs.replace(ask, user_id=None), ()
    if theirs[:1] != (ask.user_id,) and theirs:
        ask = msgspec.structs.replace(ask, user_id=theirs[0])
    # The ledger is asked first, so that its thread works while the loop reads the features.
    holders, at = asked.parts.holders, [perf_counter()]
    if theirs and holders.is_due():
        asked.begin(holders.look)
    wallet = asyncio.ensure_future(wallet_of(asked, theirs)) if theirs and holders.may_hold(theirs) else None
    known = what_is_known(asked.parts, ask, theirs)
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
    asked.parts.metrics.recommended(answer.meta.fallback, answer.meta.feature_age_s)
    return Reply(body)


def what_is_known(parts: Parts, ask: RecommendationAsk, theirs: Names = ()) -> Known:
    """Read the online store for this person (`theirs`: all their ids) and store. A part that can't say shows in `fallback` and
    `warnings`."""
    shelf, warning = parts.shelves.of(parts.gate, ask.context.store_id)
    warnings = [] if warning is None else [warning]
    if ask.user_id is None:
        return Known(History.empty(), shelf, None, "cold_start", parts.gate.is_down, warnings)
    features = past_of(parts.gate, theirs or (ask.user_id,), parts.settings.history_limit)
    if features is None:
        return Known(History.empty(), shelf, None, "popularity", True, warnings)
    fallback = None if len(features.history) else "cold_start"
    return Known(features.history, shelf, features.as_of, fallback, parts.gate.is_down, warnings)


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
    return Slate(recommendation_id=uuid4().hex, items=items, meta=meta)


def _unknown_words(parts: Parts, ask: RecommendationAsk) -> list[str]:
    """A filter that names what we don't have is not wrong, but somebody will wonder why the list is short."""
    products, kinds = parts.bundle.ranker.product_ids.row, parts.bundle.catalogue.categories
    found = []
    if any(product not in products for product in ask.filter.include or ()):
        found.append("unknown_product")
    if any(kind not in kinds for kind in ask.filter.categories or ()):
        found.append("unknown_category")
    return found


async def _names(asked: Asked, user_id: str | None) -> Names:
    """The ids of the person, their name first; a registry that doesn't answer knows nobody by two."""
    if user_id is None:
        return ()
    try:
        async with asyncio.timeout(WALLET_WAIT_S):
            return await names(asked, user_id)
    except TimeoutError:
        return (user_id,)


async def _allowed(asked: Asked, theirs: Names) -> Purposes:
    """What a person allows; one whose word can't be had in time is a stranger."""
    standing = asked.parts.standing
    if (known := standing.recall(theirs)) is not None:
        return known
    try:
        async with asyncio.timeout(WALLET_WAIT_S):
            return await asked.begin(standing.allows, theirs, micros(asked.now))
    except TimeoutError:
        return NONE


async def _with_offers(known: Known, wallet: asyncio.Future[list[Offer]] | None) -> Known:
    if wallet is None:
        return known
    try:
        async with asyncio.timeout(WALLET_WAIT_S):
            return replace(known, offers=await wallet)
    except (LedgerError, TimeoutError):
        return replace(known, warnings=[*known.warnings, "offers_unavailable"])


def _language(asked: Asked) -> list[str]:
    wish = asked.headers.get("accept-language", "")
    return languages(asked.body.context.locale, wish, asked.parts.settings.locale)
