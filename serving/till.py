"""What tills do with a coupon: validate, hold, redeem, release, reverse. The desk decides; a refusal leaves as a 422."""

from __future__ import annotations

from offers.acts import ActKind
from offers.answers import Answer, KeyInFlight, KeyReused
from offers.answers import Ask as DeskAsk
from offers.book import Line
from serving.asked import Asked, Reply, plausible
from serving.auth import bound_store
from serving.identified import as_owner
from serving.problems import Problem
from serving.troubles import of_ledger
from serving.wire_till import BasketLine

_TOLD = ("request_id", "reason", "text", "paid_cents")
"""What a refusal's body may hold beside its code and detail."""


async def validate(asked: Asked) -> Reply:
    """What redeeming would pay now. Nothing changes."""
    answer = await asked.begin(asked.parts.desk.validate, asked.path["code"], await _told(asked), asked.now)
    return reply(asked, answer)


async def hold(asked: Asked) -> Reply:
    """Set the discount aside for one order."""
    return await _entry(asked, "hold")


async def redeem(asked: Asked) -> Reply:
    """Pay the discount to one order."""
    return await _entry(asked, "redeem")


async def release(asked: Asked) -> Reply:
    """Let the order's hold go."""
    return await _entry(asked, "release")


async def reverse(asked: Asked) -> Reply:
    """Take back a redemption: the purchase was returned or voided."""
    return await _entry(asked, "reverse")


async def _entry(asked: Asked, kind: ActKind) -> Reply:
    return reply(asked, await carried_out(asked, kind, await _told(asked)))


async def carried_out(asked: Asked, kind: ActKind, told: DeskAsk) -> Answer:
    """The desk's answer to an act with a key. Raises Problem 409."""
    # Two tills may count their acts alike: a key belongs to the API key it came with.
    key = f"{asked.key.holder}:{asked.idempotency_key}"
    try:
        return await of_ledger(asked.parts.desk.begin(kind, asked.path["code"], told, key, asked.now))
    except KeyReused:
        detail = "this Idempotency-Key was used with another body; use a new key for a new act"
        raise Problem(409, "idempotency_key_reused", detail) from None
    except KeyInFlight:
        detail = "a call with this Idempotency-Key still runs; ask again in a moment"
        raise Problem(409, "idempotency_key_in_flight", detail, headers={"Retry-After": "1"}) from None


async def _told(asked: Asked) -> DeskAsk:
    """The desk's question. `actor` is the id of the key, so that every entry names who asked."""
    ask, lines = asked.body, asked.body.lines
    return DeskAsk(
        store_id=bound_store(asked.key, ask.store_id),
        order_id=ask.order_id,
        lines=None if lines is None else basket(lines),
        user_id=await as_owner(asked, ask.user_id, asked.path["code"]),
        till_time=None if ask.till_time is None else plausible(ask.till_time, "/till_time"),
        till_id=ask.till_id,
        actor=asked.key.key_id,
        own_store_id=asked.key.store_id,
        request_id=asked.headers.get("x-request-id"),
    )


def basket(lines: tuple[BasketLine, ...]) -> tuple[Line, ...]:
    """The wire's lines as the rules'."""
    return tuple(Line(x.product_id, x.quantity, x.unit_price_cents, x.discount_cents) for x in lines)


def reply(asked: Asked, answer: Answer) -> Reply:
    """200 with the entry or quote, or Problem 422 with the reason as its code and the cashier's words beside it.

    A refusal's body names the request that was first refused, so that a replay is the same bytes.
    """
    headers = {"Idempotent-Replayed": "true"} if answer.replay else {}
    if answer.ok:
        return Reply(answer.body, headers)
    reason = str(answer.body["reason"])
    asked.parts.metrics.refusals.labels(reason).inc()
    extra = {name: answer.body[name] for name in _TOLD if name in answer.body}
    raise Problem(422, reason, str(answer.body["detail"]), headers=headers, extra=extra)
