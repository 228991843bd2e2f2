"""A coupon's row at issue, and the terms its issue entry repeats, so that the chain covers them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from offers.codes import new_code
from offers.drafts import Decision, Terms
from offers.slots import Store, local_day

Token = Callable[[int], bytes]
"""n to n unguessable bytes: `secrets.token_bytes`."""
_TERMS = (
    "product_id",
    "store_id",
    "discount_cents",
    "price_cents",
    "floor_cents",
    "currency",
    "valid_from",
    "valid_until",
    "send_at",
    "window_day",
    "expected_cents",
    "seq",
)
_DIGESTED = ("code", "text")
_NEWER = ("min_quantity", "points")


def terms_of(row: Any) -> list[Any]:
    """The terms as JSON values; `row` is a mapping with the columns of `coupons`. Code and text only as SHA-256: whoever reads
    the journal can't redeem. The first revision kept the first eight, and a longer list begins like a shorter one."""
    plain = [value.timestamp() if isinstance(value, datetime) else value for value in (row[name] for name in _TERMS)]
    hashed = [hashlib.sha256(str(row[name]).encode()).hexdigest() for name in _DIGESTED]
    return plain + hashed + [row[name] for name in _NEWER]


def coupon_row(
    decision: Decision, terms: Terms, campaign_id: str, decision_id: str, stores: Mapping[str, Store], token: Token
) -> dict[str, Any]:
    """The coupon of a decision as a row of `coupons`, but for its sequence number."""
    store = stores.get(terms.store_id)
    plain = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    day = local_day(store, terms.valid_from) if store else terms.valid_from.date()
    return {
        **plain,
        "offer_id": f"off_{token(12).hex()}",
        "code": new_code(token),
        "campaign_id": campaign_id,
        "decision_id": decision_id,
        "user_id": decision.user_id,
        "window_day": day.isoformat(),
        "text": json.dumps(dict(terms.text), ensure_ascii=False),
        "state": "issued",
        **dict.fromkeys(("order_id", "held_until", "order_until", "token_id", "used_day")),
        "units": 0,
        "returned": 0,
    }
