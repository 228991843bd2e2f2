"""What to try next: the printed curl lines, and the same words as variables in `demo.env` for the tours of README and docs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import console
from bench.client import Client
from settings import Settings


def basket_for(offer: dict[str, Any], order_id: str, quantity: int = 1) -> dict[str, Any]:
    """A till's basket that redeems the offer, a quarter of an hour into its window (the till's clock decides)."""
    line = {"product_id": offer["product_id"], "quantity": quantity, "unit_price_cents": offer["price_cents"]}
    till_time = datetime.fromisoformat(offer["valid_from"]) + timedelta(minutes=15)
    return {"store_id": offer["store_id"], "order_id": order_id, "lines": [line], "till_time": till_time.isoformat()}


def write_tour(settings: Settings, client: Client, offers: Sequence[dict[str, Any]]) -> None:
    """Write `home/demo.env` (mode 0600, as it holds keys) and print the lines. Without an offer there is nothing to redeem."""
    if not offers:
        console.out.print("\nNo coupon was issued, so there is none to redeem; the reasons stand above.")
        return
    offer, second = offers[0], offers[min(1, len(offers) - 1)]
    words = {
        "URL": client.url,
        "APP_KEY": client.keys["app"],
        "POS_KEY": client.keys["pos"],
        "SCHEDULER_KEY": client.keys["scheduler"],
        "ANALYST_KEY": client.keys["analyst"],
        "ADMIN_KEY": client.keys["admin"],
        "USER_ID": offer["user_id"],
        "STORE_ID": offer["store_id"],
        "PRODUCT_ID": offer["product_id"],
        "COUPON": offer["coupon_code"],
        "BASKET": json.dumps(basket_for(offer, "order-1")),
        # Of docs/ledger.md, which buys two of a product and brings one back.
        "COUPON_2": second["coupon_code"],
        "CAMPAIGN": second["campaign_id"],
        "BASKET_2": json.dumps(basket_for(second, "order-2", 2)),
        "ONE_BACK": json.dumps({"order_id": "order-2", "lines": [{"product_id": second["product_id"]}]}),
    }
    path = settings.home / "demo.env"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items()), "utf-8")
    say = console.out.print
    say("\n[bold]Try, in a second terminal:[/bold]")
    for line in (
        f". {shlex.quote(str(path))}",
        _curl("/v1/recommendations", "APP_KEY", '"{\\"user_id\\": \\"$USER_ID\\", \\"limit\\": 5}"'),
        _curl("/v1/users/$USER_ID/offers", "APP_KEY"),
        _curl("/v1/coupons/$COUPON/validate", "POS_KEY", '"$BASKET"'),
        _curl("/v1/coupons/$COUPON/redeem", "POS_KEY", '"$BASKET"', "-H 'Idempotency-Key: first-try' "),
    ):
        say(f"  {line}", markup=False)


def _curl(path: str, key: str, body: str = "", more: str = "") -> str:
    sent = f" -H 'Content-Type: application/json' {more}-d {body}" if body else ""
    return f'curl -s $URL{path} -H "Authorization: Bearer ${key}"{sent}'
