"""What a cashier reads out when the rules say no: one sentence a reason, in English and Chinese."""

from __future__ import annotations

from typing import Any

from offers.acts import Act
from offers.answers import Ask
from offers.basket import paid_cents
from offers.book import Coupon
from offers.commands import Refusal
from offers.eligibility import in_order

WORDS = {
    "unknown_coupon": ("This code isn't one of ours. Please check it.", "没有这个券码,请核对。"),
    "wrong_user": ("This coupon belongs to another customer.", "这张券属于其他顾客。"),
    "already_redeemed": ("This coupon has been used already.", "这张券已经使用过了。"),
    "released": ("This coupon is no longer active.", "这张券已失效。"),
    "not_yet_valid": ("This coupon isn't valid yet.", "这张券还没到使用时间。"),
    "expired": ("This coupon's time is over.", "这张券已过期。"),
    "wrong_store": ("This coupon is for another of our stores.", "这张券限其他门店使用。"),
    "store_closed": ("The store is closed at that time.", "该时间门店未营业。"),
    "wrong_product": ("The coupon's product isn't in this order.", "订单里没有这张券对应的商品。"),
    "out_of_stock": ("The coupon's product is sold out.", "这张券对应的商品已售完。"),
    "below_margin_floor": ("It can't be combined with the other discounts here.", "不能与本单其他优惠同享。"),
    "limit_reached": ("The limit of coupons for today is reached.", "今天的用券次数已用完。"),
    "budget_exhausted": ("This promotion has run out.", "活动名额已用完。"),
    "campaign_stopped": ("This promotion has ended.", "活动已结束。"),
}


HELD = (
    "This coupon is being used for another order. Please try again in a few minutes.",
    "这张券正在另一单中使用,请几分钟后再试。",
)


PAID = ("This order has this coupon's discount already. Take it off once.", "本单已享受这张券的优惠,请勿重复抵扣。")


def refusal_text(reason: str, *, held: bool = False, paid: bool = False) -> dict[str, str]:
    """The sentence by locale; `held` when the coupon isn't used yet but set aside for another order, `paid` when it was this
    very order that used it."""
    english, chinese = HELD if held else PAID if paid else WORDS[reason]
    return {"en": english, "zh": chinese}


def refused_body(refusal: Refusal, coupon: Coupon | None, act: Act) -> dict[str, Any]:
    """The answer to an act that the rules refused.

    A till that lost its answer and its key learns by `paid_cents` that this very order has the discount, and how much of it.
    """
    used = coupon if refusal.reason == "already_redeemed" else None
    held, paid = used is not None and in_order(used, act.now), used is not None and _paid_by(used, act.ask)
    text = refusal_text(refusal.reason, held=held, paid=paid)
    body: dict[str, Any] = {"reason": refusal.reason, "detail": refusal.detail, "text": text}
    if used is not None and paid:
        body["paid_cents"] = 0 if used.points else paid_cents(used)
    # Kept with the answer, so that a replay brings the same bytes.
    return body | ({"request_id": act.ask.request_id} if act.ask.request_id else {})


def _paid_by(coupon: Coupon, ask: Ask) -> bool:
    same_store = ask.store_id in (None, coupon.store_id)
    return coupon.state == "redeemed" and coupon.order_id == ask.order_id and same_store
