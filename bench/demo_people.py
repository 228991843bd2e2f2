"""Whom the demo shows, and how: as the app, the push scheduler and the till would see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

import console
from bench.client import Client
from river import steps
from settings import Settings

N_SHOWN = 5
RECENT = 28


def offers_due(client: Client, now: datetime) -> dict[str, dict[str, Any]]:
    """One offer per user, pulled as the push scheduler does, page by page."""
    due: dict[str, dict[str, Any]] = {}
    window = {
        "from": (now - timedelta(days=1)).isoformat(),
        "to": (now + timedelta(days=2)).isoformat(),
        "limit": "500",
    }
    page = client.get("/v1/offers/due", "scheduler", **window)
    while True:
        due |= {offer["user_id"]: offer for offer in page["offers"]}
        if not page["more"]:
            return due
        page = client.get("/v1/offers/due", "scheduler", **window, cursor=page["next_cursor"])


def choose(settings: Settings, offers: dict[str, dict[str, Any]], first: Sequence[str] = ()) -> list[str]:
    """Who is shown: four with a coupon and one without, behind those in `first`."""
    known = pl.read_parquet(settings.features / "user_profile.parquet", columns=["user_id"])["user_id"].unique().sort()
    with_coupon = [user for user in known if user in offers]
    without = [user for user in known if user not in offers]
    step = max(1, len(with_coupon) // N_SHOWN)
    wanted = [*first, *with_coupon[::step][: N_SHOWN - 1], *without[:1]]
    return list(dict.fromkeys([*wanted, *with_coupon, *without]))[: max(N_SHOWN, len(wanted))]


def show(
    settings: Settings, client: Client, user_id: str, offer: dict[str, Any] | None, campaign: str, for_date: date
) -> None:
    """Print one person: the slate the service answers, and the coupon in both languages or the reason why none."""
    ask: dict[str, Any] = {"user_id": user_id, "limit": 5}
    if offer:
        ask["context"] = {"store_id": offer["store_id"]}
    slate = client.post("/v1/recommendations", "app", ask)
    console.out.print(f"\n[bold]{user_id}[/bold] · store {offer['store_id'] if offer else '–'}")
    rows = [
        (
            i["rank"],
            i["name"],
            "–" if i["price_cents"] is None else f"{i['price_cents'] / 100:.2f}",
            f"{i['score']:.1%}",
            _why(i),
        )
        for i in slate["items"]
    ]
    console.table(("", "product", "price", "chance", "because"), rows)
    if offer:
        console.out.print(f"  coupon {offer['coupon_code']}: {offer['text']['en']}")
        console.out.print(f"  优惠券: {offer['text']['zh']}")
        console.out.print(f"  because {_expected(settings, campaign, for_date, user_id)}")
    else:
        reason = steps.decision(settings, campaign, for_date, user_id)
        console.out.print(f"  no coupon: {reason}; came on {days_came(settings, user_id)} of the last {RECENT} days")


def days_came(settings: Settings, user_id: str) -> int:
    """Of the last `RECENT` days before the newest features."""
    rows = pl.scan_parquet(settings.features / "user_visits.parquet").filter(pl.col.user_id == user_id)
    seen = rows.sort("event_timestamp").tail(1).select("event_timestamp", "at_s").explode("at_s").collect()
    since = pl.col.event_timestamp.dt.epoch("s") - RECENT * 86_400
    return len(seen.filter(pl.col.at_s >= since))


def _expected(settings: Settings, campaign: str, for_date: date, user_id: str) -> str:
    """What the plan foretold of the arm that was sent."""
    with steps.open_desk(settings) as desk:
        made = desk.decision(campaign, for_date, user_id)
    if made is None or not made["sent_arm"]:
        return "an earlier plan sent it"
    arm = made["arms"][made["sent_arm"]]
    worth = f"worth {arm.value_cents / 100:+.2f} in expected margin"
    if made["propensity"] < 0.5:
        # What the plan itself would have sent is certain, but for the holdout and the days that explore.
        worth = f"tried by chance, to learn from the answer ({worth})"
    return (
        f"they come that day with {arm.p_come:.0%} and then want it at that hour with {arm.fit:.0%}; in the window they buy it"
        f" with {arm.p_untouched:.0%} untouched, with {arm.p_buy:.0%} at −{arm.discount_cents / 100:.2f}: {worth}"
    )


def _why(item: dict[str, Any]) -> str:
    return "; ".join(f"{r['code']} ({r['detail']})" if r["detail"] else r["code"] for r in item["reasons"][:2])
