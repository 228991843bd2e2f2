"""What the house knows: of one person, for the administrator; of one campaign, for the analyst."""

from __future__ import annotations

from typing import Any

from offers.errors import PlanError
from offers.lift import REASONS
from offers.lift_report import LiftReport, newest
from offers.moments import MIN_PEOPLE
from serving.asked import Asked, Reply
from serving.identified import names, wallet_of
from serving.known_as import features_of
from serving.problems import not_found, unavailable
from serving.wire_offers import Budget, CampaignCard, LiftCard, Person

_BUDGET = tuple(Budget.__struct_fields__)
_COUNTS = ("n_issued", "n_redeemed", "n_holdout")


async def person(asked: Asked) -> Reply:
    """The profile and counts of one person, from the online store and the ledger."""
    theirs, parts = await names(asked, asked.path["user_id"]), asked.parts
    user_id = theirs[0]
    features = await asked.begin(features_of, parts.gate, theirs, parts.settings.history_limit)
    if features is None:
        raise unavailable("online_store_unavailable", "the online store does not answer")
    offers = await wallet_of(asked, theirs)
    if features.as_of is None and not len(features.history) and not offers:
        raise not_found("unknown_user", "nobody with this id is known here")
    return Reply(
        Person(
            user_id=user_id,
            profile={name: _plain(value) for name, value in sorted(features.profile.items())},
            n_visits=features.history.n_visits,
            n_products=len(features.history),
            features_as_of=features.as_of,
            n_open_offers=len(offers),
        )
    )


async def campaign(asked: Asked) -> Reply:
    """A campaign's money and counts. Lift stays null until `daypart lift` concluded it, with the reason beside it."""
    campaign_id = asked.path["campaign_id"]
    found = await asked.begin(asked.parts.desk.campaign, campaign_id, asked.now)
    if found is None:
        raise not_found("unknown_campaign", "no campaign has this id")
    counts = {name: _count(found[name], found["n_people"]) for name in _COUNTS}
    try:
        report = await asked.begin(newest, asked.parts.settings.home, campaign_id)
        lift, unavailable = _lift(report, str(found["lift"]["reason"]))
    except PlanError:
        lift, unavailable = None, f"the report is damaged: run daypart lift {campaign_id} again"
    return Reply(
        CampaignCard(
            campaign_id=campaign_id,
            budget=Budget(**{name: found[name] for name in _BUDGET}),
            **counts,
            counts_hidden=None if counts == {name: found[name] for name in _COUNTS} else "too_few_people",
            stopped=found["stopped"],
            lift=lift,
            lift_unavailable=unavailable,
        )
    )


def _count(n: int, n_people: int) -> int | None:
    """A count that stands for people; None where it is of fewer than ten, or the campaign is for fewer than ten. 0 is nobody."""
    return n if n == 0 or min(n, n_people) >= MIN_PEOPLE else None


def _lift(report: LiftReport | None, otherwise: str) -> tuple[LiftCard | None, str | None]:
    """The newest look's figures, or why there are none."""
    if report is None:
        return None, otherwise
    found = report.everyone
    if found.lift is None or found.low is None or found.high is None or found.smallest_effect is None:
        return None, REASONS.get(str(found.reason), otherwise)
    shares = {name: getattr(found, name) for name in ("relative", "relative_low", "relative_high")}
    return LiftCard(
        through=report.through,
        lift_cents=found.lift,
        low_cents=found.low,
        high_cents=found.high,
        always_low_cents=found.always_low,
        always_high_cents=found.always_high,
        verdict=found.verdict,
        smallest_effect_cents=found.smallest_effect,
        return_on_spend=report.return_on_spend,
        n_treated=found.n_treated,
        n_holdout=found.n_holdout,
        **shares,
    ), None


def _plain(value: Any) -> Any:
    """A numpy scalar as the Python number it is."""
    return value.item() if hasattr(value, "item") else value
