"""What the house knows: of one person, for the administrator; of one campaign, for the analyst."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.history import History
from offers.audit import By
from offers.database import transaction
from offers.errors import PlanError
from offers.lift import REASONS
from offers.lift_report import TOO_FEW, LiftReport, newest
from offers.lift_told import in_tens
from serving.asked import Asked, Reply
from serving.identified import wallet_of
from serving.known_as import features_of, why_untold
from serving.looks import Told, look
from serving.online_port import Portrait, UserFeatures
from serving.problems import not_found, unavailable
from serving.wire_offers import Budget, CampaignCard, LiftCard, Person
from serving.wire_privacy import Allowed

N_PRODUCTS = 5
"""Favourite and latest products that are named."""
_BUDGET = tuple(Budget.__struct_fields__)
_COUNTS = ("n_issued", "n_redeemed", "n_holdout")


async def person(asked: Asked) -> Reply:
    """The profile and counts of one person, from the online store and the ledger. The look is written down first."""
    parts = asked.parts
    told = await asked.begin(_look, asked)
    theirs = told.rows
    features = await asked.begin(features_of, parts.gate, theirs, parts.settings.history_limit)
    portrait = await asked.begin(parts.gate.portrait, theirs[0])
    if features is None or portrait is None:
        raise unavailable(*why_untold(parts.gate))
    found = card(told, features, portrait, len(await wallet_of(asked, tuple(told.names))))
    if is_unknown(told, found):
        raise not_found("unknown_user", "nobody with this id is known here")
    return Reply(found)


def card(told: Told, features: UserFeatures, portrait: Portrait, n_open_offers: int) -> Person:
    """A person in short, the same over HTTP and at the command line."""
    history, profile = features.history, {**features.profile, **portrait.values}
    return Person(
        user_id=told.names[0],
        profile={name: _plain(value) for name, value in sorted(profile.items())},
        profile_as_of=portrait.as_of,
        n_visits=history.n_visits,
        n_products=len(history),
        favourite_product_ids=_first(history, history.decayed),
        latest_product_ids=_first(history, history.last_at_s),
        features_as_of=features.as_of,
        n_open_offers=n_open_offers,
        identities=told.identities,
        allowed=Allowed(**told.allowed),
        said=told.said,
    )


def is_unknown(told: Told, found: Person) -> bool:
    """Whether nothing was ever bought, said, offered or told of under any id of theirs."""
    has_row = found.features_as_of is not None or found.profile_as_of is not None
    return not (has_row or found.n_open_offers or found.said or told.is_linked)


def _first(history: History, column: np.ndarray) -> list[str]:
    """Products with most in a column; ties by id."""
    return [product for _, product in sorted(zip((-column).tolist(), history.product_ids, strict=True))[:N_PRODUCTS]]


def _look(asked: Asked) -> Told:
    parts = asked.parts
    with transaction(parts.engine, write=True) as connection:
        default, by = parts.settings.consent_default, By(asked.key.key_id)
        return look(connection, parts.persons.references, default, asked.path["user_id"], by, asked.now)


async def campaign(asked: Asked) -> Reply:
    """A campaign's money and counts. Lift stays null until `daypart lift` concluded it, with the reason beside it."""
    campaign_id = asked.path["campaign_id"]
    found = await asked.begin(asked.parts.desk.campaign, campaign_id, asked.now)
    if found is None:
        raise not_found("unknown_campaign", "no campaign has this id")
    counts = {name: in_tens(found[name], found["n_people"]) for name in _COUNTS}
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
            counts_hidden=TOO_FEW if None in counts.values() else None,
            stopped=found["stopped"],
            lift=lift,
            lift_unavailable=unavailable,
        )
    )


def _lift(report: LiftReport | None, otherwise: str) -> tuple[LiftCard | None, str | None]:
    """The newest look's figures, or why there are none."""
    if report is None:
        return None, otherwise
    found = report.everyone
    if found.lift is None or found.low is None or found.high is None or found.smallest_effect is None:
        return None, REASONS.get(str(found.reason), otherwise)
    assert found.n_treated is not None
    assert found.n_holdout is not None
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
    """A numpy scalar as the Python number it is; NaN, which JSON hasn't got, as None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
