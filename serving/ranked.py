"""`POST /v1/recommendations`: who it is for and what they allow, each alone; then the answer, with all who wait (`answering`)."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import msgspec

from offers.answers import Offer
from serving.answering import Wish
from serving.asked import Asked, Reply, plausible
from serving.catalogue import languages
from serving.impressions import lines_of
from serving.overload import LEAST, TARGET_S, busy
from serving.problems import malformed
from serving.standing import NONE
from serving.told import allowed_told, names_told, wallet_told
from serving.wire import RecommendationAsk

# A caller with less than this left is answered by what was last known: a slow store may take up to its time-out (50 ms).
READ_S = 0.01


async def recommendations(asked: Asked) -> Reply:
    """Rank products for a person in a store at a moment."""
    turn = asked.parts.turn
    if turn.n_waiting >= LEAST and turn.wait_s > TARGET_S:
        raise busy()
    wish, wallet_s = await _wish(asked)
    # Who is in a hurry waits for nobody.
    answer = turn.alone(wish) if wish.in_hurry else await turn.ask(wish)
    if not wish.ask.dry_run:
        asked.parts.impressions.put(lines_of(answer.slate, wish.ask, asked.now))
    asked.parts.metrics.stages.observe(answer.features_s, answer.score_s, answer.encode_s, wallet_s)
    meta = answer.slate.meta
    asked.parts.metrics.recommended(meta.fallback, meta.feature_age_s, meta.degraded)
    return Reply(answer.body)


async def _wish(asked: Asked) -> tuple[Wish, float]:
    """(what is to be answered, seconds that the person's coupons were waited for)."""
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
    wanted = languages(ask.context.locale, asked.headers.get("accept-language", ""), asked.parts.settings.locale)
    in_hurry = asked.patience_s(READ_S) < READ_S
    return Wish(asked.parts, ask, asked.now, moment, wanted, theirs, in_hurry, offers, unasked), wallet_s
