"""The composition root of the offline verbs: opens the rooms that never meet, in the river's order, and closes them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import Report
from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk
    from offers.plan_report import PlanReport
    from offers.reconcile import Reconciled
    from training.features import FeatureReport


@dataclass(frozen=True)
class Refreshed:
    """What one run of `daypart features` took in and brought online."""

    n_absorbed: int
    """Events from tills, apps, shown slates and the ledger's outbox that went into the lake."""
    n_quarantined: int
    """Of those, rows that the lake refused (a product it does not know, say); see `lake/quarantine`."""
    features: FeatureReport
    online: Mapping[str, int]
    """Rows brought online, by view."""
    withdrawn: Mapping[str, int]
    """Offers not sent yet that the new stock and opening hours rule out, by reason."""


@contextmanager
def open_desk(settings: Settings) -> Iterator[Desk]:
    """The desk on the settings' ledger, closed afterwards. Raises LedgerError."""
    from offers.desk import Desk
    from offers.journal import Journal

    settings.home.mkdir(parents=True, exist_ok=True)
    journal = Journal(settings.ledger_url)
    try:
        yield Desk(journal)
    finally:
        journal.close()


def refresh_features(settings: Settings, through: datetime, now: datetime, report: Report) -> Refreshed:
    """Feedback re-enters: accepted events, redemptions and impressions go into the lake; then features, then online."""
    from river.feedback import absorb_impressions, absorb_records
    from river.persons import forget_aliases, settle_persons
    from river.withdrawing import withdraw_unsent
    from training import features
    from training.parts import locked

    # One refresh at a time: the sources, the registry and the online store are brought on together.
    with locked(settings.home):
        with open_desk(settings) as desk:
            absorbed = [*absorb_records(settings, desk, now), *absorb_impressions(settings, now)]
            settle_persons(settings, desk)
        made = features.compute(settings, through, progress=report)
        features.apply(settings)
        online = features.materialise(settings, through, progress=report)
        forget_aliases(settings)
        withdrawn = withdraw_unsent(settings, now)
    return Refreshed(sum(a.accepted for a in absorbed), sum(a.quarantined for a in absorbed), made, online, withdrawn)


def plan_offers(settings: Settings, campaign_id: str, for_date: date, now: datetime, report: Report) -> PlanReport:
    """Read the shelf and the campaign, plan the date, issue into the journal. Raises what those rooms raise."""
    from models.ranker import NAME, Ranker
    from models.shelf import load_current
    from models.when import in_use
    from offers.campaign_file import load_campaign
    from offers.plan import plan

    campaign = load_campaign(settings.campaigns, campaign_id)
    ranker = Ranker.from_artifact(load_current(settings.shelf, NAME))
    with open_desk(settings) as desk:

        def progress(done: int, total: int) -> None:
            report("offers", done, total)

        return plan(settings, ranker, campaign, for_date, now, desk, progress, in_use(settings.shelf))


def create_key(settings: Settings, scope: str, store_id: str | None, now: datetime) -> str:
    """A new API key's secret. Raises KeyFault, LedgerError."""
    from serving import keys
    from serving.tables import prepare

    with open_desk(settings) as desk:
        prepare(desk.journal.engine)
        return keys.create(desk.journal.engine, scope, now, store_id=store_id)


def show_user(settings: Settings, user_id: str) -> dict[str, Any]:
    """One person, by any of their ids, as the service sees them now: profile, newest products, open coupons."""
    from embedded import lease_online_store
    from river.persons import name_of
    from serving.online import FeastOnline

    user_id = name_of(settings, user_id)
    with lease_online_store(settings) as store:
        known = FeastOnline(settings, store).user(user_id)
    history = known.history
    latest = sorted(zip(history.last_at_s.tolist(), history.product_ids, strict=True), reverse=True)[:10]
    return {
        "user_id": user_id,
        "known": known.as_of is not None,
        "features_as_of": known.as_of,
        **{name: known.profile[name] for name in sorted(known.profile)},
        "n_visits": history.n_visits,
        "n_products": len(history.product_ids),
        "latest_products": [product for _, product in latest],
    }


def verify_ledger(settings: Settings) -> dict[str, Any]:
    """Every difference between what is stored and the replay of the journal and of who is who, and the heads of the journal's
    chains. Raises LedgerError."""
    from offers.verify import heads, verify
    from people.proof import differences

    with open_desk(settings) as desk:
        with desk.journal.read() as connection:
            people = differences(connection)
        return {"differences": [*verify(desk.journal), *people], "heads": heads(desk.journal)}


def reconcile_till(settings: Settings, file: Path, begin: datetime | None, end: datetime | None) -> Reconciled:
    """A till's file beside the ledger. Raises TillTableError, LedgerError."""
    from offers.reconcile import reconcile
    from offers.till_table import read_till

    rows = read_till(file)
    with open_desk(settings) as desk:
        return reconcile(desk.journal, rows, begin, end)


def release_reserve(settings: Settings, campaign_id: str, cents: int, why: str, now: datetime) -> int:
    """Let new coupons have some of a campaign's reserve; what is left of it. Raises LedgerError."""
    with open_desk(settings) as desk:
        return desk.release_reserve(campaign_id, cents, "operator", why, now)


def decision(settings: Settings, campaign_id: str, for_date: date, user_id: str) -> str:
    """Why a person got no offer for a date: the plan's code and its sentence; "not considered" when it never saw them."""
    from offers.candidates import REASONS

    with open_desk(settings) as desk:
        found = desk.decision(campaign_id, for_date, user_id)
    if found is None:
        return "not considered"
    reason = found["reason"]
    return f"{reason} ({REASONS.get(reason, 'refused by the rules')})" if reason else "an offer was sent"
