"""The composition root of the offline verbs: opens the rooms that never meet, in the river's order, and closes them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import Report
from river.refreshing import Refreshed, refresh_features
from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk
    from offers.plan_report import PlanReport
    from offers.reconcile import Reconciled

__all__ = [
    "Refreshed", "decision", "open_desk", "plan_offers", "reconcile_till", "refresh_features",
    "verify_ledger",
]  # fmt: skip


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


def plan_offers(
    settings: Settings, campaign_id: str, for_date: date, now: datetime, report: Report, again: bool = False
) -> PlanReport:
    """Read the shelf and the campaign, plan the date, issue into the journal; again: `offers.pacing`. Raises what those rooms
    raise."""
    from models import response_model, when
    from models.ranker import NAME, Ranker
    from models.shelf import load_current
    from offers.campaign_file import load_campaign
    from offers.persons import Persons
    from offers.plan import plan
    from people.consent import permission
    from people.directory import resolved
    from river.erasing import finish

    campaign = load_campaign(settings.campaigns, campaign_id)
    ranker = Ranker.from_artifact(load_current(settings.shelf, NAME))
    timing, response = when.in_use(settings.shelf), response_model.in_use(settings.shelf)
    progress = partial(report, "offers")
    finish(settings, now)
    with open_desk(settings) as desk:
        with desk.journal.read() as connection:
            persons = resolved(connection)
            may = permission(connection, persons, "offers", settings.consent_default)
        people = (may.of, Persons(persons))
        return plan(settings, ranker, campaign, for_date, now, desk, progress, timing, response, *people, again)


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
    """A till's file beside the ledger. Raises TillTableError, DataError, LedgerError."""
    from offers.reconcile import reconcile
    from offers.till_table import COLUMNS, read_till
    from training.parquet_columns import check_parquet

    if file.suffix == ".parquet" and file.is_file():
        check_parquet(file, COLUMNS)
    rows = read_till(file)
    with open_desk(settings) as desk:
        return reconcile(desk.journal, rows, begin, end)


def decision(settings: Settings, campaign_id: str, for_date: date, user_id: str) -> str:
    """Why a person got no offer for a date: the plan's code and its sentence; "not considered" when it never saw them."""
    from offers.candidates import REASONS
    from people.directory import names_of

    with open_desk(settings) as desk:
        with desk.journal.read() as connection:
            names = names_of(connection, user_id)
        decisions = (desk.decision(campaign_id, for_date, name) for name in names)
        found = next((one for one in decisions if one is not None), None)
    if found is None:
        return "not considered"
    reason = found["reason"]
    return f"{reason} ({REASONS.get(reason, 'refused by the rules')})" if reason else "an offer was sent"
