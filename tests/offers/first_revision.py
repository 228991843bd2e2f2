"""Rows as the first revision of the ledger wrote them: a grant, two coupons, both redeemed, one taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offers.columns import micros
from tests.offers.desk_world import AT, FROM, PLANNED, SEND, UNTIL

GENESIS = "0" * 64
CODES = ("00000000000000G" + "G", "00000000000000H" + "H")


def coupon(n: int, state: str) -> dict[str, Any]:
    return {
        "offer_id": f"off_{n}", "seq": n, "code": CODES[n - 1], "campaign_id": "c", "decision_id": f"dec_{n}",
        "user_id": f"u{n}", "product_id": "latte", "store_id": "soho", "discount_cents": 100, "price_cents": 450,
        "floor_cents": 300, "expected_cents": 20, "currency": "USD", "text": "{}", "send_at": micros(SEND),
        "valid_from": micros(FROM), "valid_until": micros(UNTIL), "window_day": "2025-11-04", "state": state,
        "order_id": f"o{n}", "used_day": "2025-11-04",
    }  # fmt: skip


def rows(link_hash: Callable[[Any], str], plain_json: Callable[[Any], str]) -> dict[str, list[dict[str, Any]]]:
    terms = ["latte", "soho", 100, 450, 300, "USD", FROM.timestamp(), UNTIL.timestamp()]
    lines = [["latte", 1, None, 0]]
    steps = [
        ("grant", None, 1000, None, "campaign file"), ("issue", 1, 20, terms, "planner"), ("issue", 2, 20, terms, "planner"),
        ("redeem", 1, 100, lines, "k1"), ("redeem", 2, 100, lines, "k1"), ("reverse", 2, 100, [], "k1"),
    ]  # fmt: skip
    entries, link = [], GENESIS
    for seq, (kind, n, cents, detail, actor) in enumerate(steps, 1):
        at = AT if kind in ("redeem", "reverse") else PLANNED
        row = {
            "campaign_id": "c", "seq": seq, "kind": kind, "offer_id": f"off_{n}" if n else None,
            "decision_id": f"dec_{n}" if n else None, "order_id": f"o{n}" if kind in ("redeem", "reverse") else None,
            "store_id": "soho" if n else None, "till_id": None, "actor": actor, "amount_cents": cents, "at": at,
            "judged_at": at, "held_until": None, "detail": plain_json(detail), "prev_hash": link,
        }  # fmt: skip
        link = link_hash({**row, "token_id": None, "day": None, "units": None, "reason": None})
        entries.append({**row, "at": micros(at), "judged_at": micros(at), "hash": link})
    account = {
        "campaign_id": "c", "granted_cents": 1000, "reserve_cents": 150, "spent_cents": 100, "max_per_user_day": 1,
        "hold_s": 300, "stopped": 0, "head_seq": len(entries), "head_hash": link,
    }  # fmt: skip
    decisions = [
        {"decision_id": f"dec_{n}", "campaign_id": "c", "for_date": "2025-11-04", "user_id": f"u{n}", "arms": "[]",
         "planned_arm": 1, "sent_arm": 1, "propensity": 0.95, "holdout": 0, "reason": None, "model_version": "m",
         "feature_version": "f", "made_at": micros(PLANNED)}
        for n in (1, 2)
    ]  # fmt: skip
    events = [{"offer_id": f"off_{n}", "event": event(n), "made_at": micros(AT)} for n in (1, 2)]
    return {
        "accounts": [account], "coupons": [coupon(1, "redeemed"), coupon(2, "reversed")], "decisions": decisions,
        "entries": entries, "outbox": events,
    }  # fmt: skip


def event(n: int) -> str:
    import json

    return json.dumps(
        {"event_id": f"redemption:off_{n}", "event_type": "redemption", "occurred_at": AT.isoformat(), "product_id": "latte",
         "store_id": "soho", "order_id": f"o{n}", "quantity": 1, "unit_price_cents": 450, "discount_cents": 100,
         "coupon_id": f"off_{n}"}
    )  # fmt: skip


def entries_of(journal: Any) -> list[Any]:
    with journal.read() as connection:
        return connection.exec_driver_sql("SELECT * FROM entries WHERE offer_id IS NOT NULL").all()
