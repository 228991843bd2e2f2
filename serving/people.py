"""What the house knows: of one person, for the administrator; of one campaign, for the analyst."""

from __future__ import annotations

from typing import Any

from serving.asked import Asked, Reply
from serving.problems import not_found, unavailable
from serving.wire_offers import Budget, CampaignCard, Person

_BUDGET = tuple(Budget.__struct_fields__)


async def person(asked: Asked) -> Reply:
    """The profile and counts of one person, from the online store and the ledger."""
    user_id, parts = asked.path["user_id"], asked.parts
    features = await asked.begin(parts.gate.user, user_id)
    if features is None:
        raise unavailable("online_store_unavailable", "the online store does not answer")
    offers = await asked.begin(parts.desk.wallet, user_id, asked.now)
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
    """A campaign's money and counts. Lift stays null until the holdout concludes it, with the reason beside it."""
    campaign_id = asked.path["campaign_id"]
    found = await asked.begin(asked.parts.desk.campaign, campaign_id, asked.now)
    if found is None:
        raise not_found("unknown_campaign", "no campaign has this id")
    lift = found["lift"]
    return Reply(
        CampaignCard(
            campaign_id=campaign_id,
            budget=Budget(**{name: found[name] for name in _BUDGET}),
            n_issued=found["n_issued"],
            n_redeemed=found["n_redeemed"],
            n_holdout=found["n_holdout"],
            stopped=found["stopped"],
            lift=None,
            lift_unavailable=str(lift["reason"]),
        )
    )


def _plain(value: Any) -> Any:
    """A numpy scalar as the Python number it is."""
    return value.item() if hasattr(value, "item") else value
