"""What tills do with a coupon: validate, hold, redeem, release, reverse. The desk decides; a refusal leaves as a 422."""

from __future__ import annotations

from typing import Any

from offers.answers import Answer, KeyReused
from offers.answers import Ask as DeskAsk
from offers.book import Line
from serving.asked import Asked, Reply, plausible
from serving.auth import bound_store
from serving.problems import Problem


async def validate(asked: Asked) -> Reply:
    """What redeeming would pay now. Nothing changes."""
    answer = await asked.begin(asked.parts.desk.validate, asked.path["code"], _told(asked), asked.now)
    return _reply(asked, answer)


async def hold(asked: Asked) -> Reply:
    """Set the discount aside for one order."""
    return await _entry(asked, asked.parts.desk.hold)


async def redeem(asked: Asked) -> Reply:
    """Pay the discount to one order."""
    return await _entry(asked, asked.parts.desk.redeem)


async def release(asked: Asked) -> Reply:
    """Let the order's hold go."""
    return await _entry(asked, asked.parts.desk.release)


async def reverse(asked: Asked) -> Reply:
    """Take back a redemption: the purchase was returned or voided."""
    return await _entry(asked, asked.parts.desk.reverse)


async def _entry(asked: Asked, command: Any) -> Reply:
    # Two tills may count their acts alike: a key belongs to the API key it came with.
    told, key = _told(asked), f"{asked.key.key_id}:{asked.idempotency_key}"
    try:
        return _reply(asked, await asked.begin(command, asked.path["code"], told, key, asked.now))
    except KeyReused:
        detail = "this Idempotency-Key was used with another body; use a new key for a new act"
        raise Problem(409, "idempotency_key_reused", detail) from None


def _told(asked: Asked) -> DeskAsk:
    """The desk's question. `actor` is the id of the key, so that every entry names who asked."""
    ask, lines = asked.body, asked.body.lines
    return DeskAsk(
        store_id=bound_store(asked.key, ask.store_id),
        order_id=ask.order_id,
        lines=None
        if lines is None
        else tuple(Line(x.product_id, x.quantity, x.unit_price_cents, x.discount_cents) for x in lines),
        user_id=ask.user_id,
        till_time=None if ask.till_time is None else plausible(ask.till_time, "/till_time"),
        till_id=ask.till_id,
        actor=asked.key.key_id,
    )


def _reply(asked: Asked, answer: Answer) -> Reply:
    """200 with the entry or quote, or Problem 422 with the reason as its code and the cashier's words beside it."""
    headers = {"Idempotent-Replayed": "true"} if answer.replay else {}
    if answer.ok:
        return Reply(answer.body, headers)
    reason = str(answer.body["reason"])
    asked.parts.metrics.refusals.labels(reason).inc()
    extra = {"reason": reason, "text": answer.body["text"]}
    raise Problem(422, reason, str(answer.body["detail"]), headers=headers, extra=extra)
