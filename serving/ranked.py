"""`POST /v1/recommendations`: who it is for and what they allow, each alone; then the answer, with all who wait (`answering`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

import msgspec

from offers.answers import Offer
from serving.answering import Wish
from serving.asked import Asked, Reply, plausible
from serving.catalogue import languages
from serving.freshness import AHEAD
from serving.overload import LEAST, TARGET_S, busy
from serving.persons import Names
from serving.problems import malformed
from serving.shown_rows import lines_of
from serving.standing import NONE
from serving.told import allowed_told, names_told, wallet_told
from serving.wire import RecommendationAsk

# A caller with less than this left is answered by what was last known, or with less than what the store takes of late (`Pace`).
READ_S = 0.01


async def recommendations(asked: Asked) -> Reply:
    """Rank products for a person in a store at a moment."""
    turn = asked.parts.turn
    if turn.n_waiting >= LEAST and turn.wait_s > TARGET_S:
        raise busy()
    try:
        wish, wallet_s = await _wish(asked)
        # Who is in a hurry waits for nobody.
        answer = turn.alone(wish) if wish.in_hurry else await turn.ask(wish)
    except asyncio.CancelledError:
        if not asked.is_late():
            raise
        # Others were read meanwhile, and that took longer than this one would wait: late by an answer is better than none.
        wish, wallet_s = _remembered(asked), 0.0
        answer = turn.alone(wish)
    if not wish.ask.dry_run:
        asked.parts.impressions.put(lines_of(answer.slate, wish.ask, asked.now))
    asked.parts.metrics.stages.observe(answer.features_s, answer.score_s, answer.encode_s, wallet_s)
    meta = answer.slate.meta
    asked.parts.metrics.recommended(meta.fallback, meta.feature_age_s, meta.degraded, AHEAD in meta.warnings)
    return Reply(answer.body)


async def _wish(asked: Asked) -> tuple[Wish, float]:
    """(what is to be answered, seconds that the person's coupons were waited for)."""
    user_id = asked.body.user_id
    if user_id is None and asked.body.anonymous_id is None:
        raise malformed("name a user_id or an anonymous_id", "/user_id", "missing_user")
    theirs, could_ask, allowed = await names_told(asked, user_id), True, NONE
    if theirs:
        allowed, could_ask = await allowed_told(asked, theirs)
        theirs = theirs if "recommend" in allowed else ()
    offers: Sequence[Offer] = ()
    unasked = [] if could_ask else ["consent_unavailable"]
    began, holders = perf_counter(), asked.parts.holders
    if theirs and holders.is_due():
        asked.begin(holders.look)
    if theirs and "offers" in allowed and holders.may_hold(theirs):
        if (told := await wallet_told(asked, theirs)) is None:
            unasked.append("offers_unavailable")
        offers = told or ()
    wallet_s = perf_counter() - began
    needed_s = max(READ_S, asked.parts.gate.pace.needed_s)
    return _of(asked, theirs, asked.patience_s(needed_s) < needed_s, offers, unasked), wallet_s


def _remembered(asked: Asked) -> Wish:
    """The same by what is remembered alone."""
    user_id, parts = asked.body.user_id, asked.parts
    theirs = () if user_id is None else parts.persons.remembered(user_id)
    if not theirs:
        return _of(asked, (), True, (), ())
    if (allowed := parts.standing.remembered(theirs)) is None:
        return _of(asked, (), True, (), ["consent_unavailable"])
    return _of(asked, theirs if "recommend" in allowed else (), True, (), ["offers_unavailable"])


def _of(asked: Asked, theirs: Names, in_hurry: bool, offers: Sequence[Offer], unasked: Sequence[str]) -> Wish:
    """theirs: the ids of the person, their name first; none for one who is a stranger, in the answer and in what is written
    down of it."""
    ask: RecommendationAsk = asked.body
    local, name = ask.context.local_time, theirs[0] if theirs else None
    moment = asked.now if local is None else plausible(local, "/context/local_time")
    if name != ask.user_id:
        ask = msgspec.structs.replace(ask, user_id=name)
    wanted = languages(ask.context.locale, asked.headers.get("accept-language", ""), asked.parts.settings.locale)
    return Wish(asked.parts, ask, asked.now, moment, wanted, theirs, in_hurry, offers, unasked)
