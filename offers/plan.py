"""The plan: one offer or nothing for every user on one date, the most incremental margin the budget buys.

Users are weighed one by one (`candidates`), the money and the stock are spread over all of them at once (`spending`), and
the decisions go to the desk in batches. A user decided before for the date is left alone, so a plan may be repeated or resumed;
planned `again`, those whom money or stock left without an offer are weighed once more (`offers.pacing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from models.ranker import Ranker
from models.response_model import Response
from models.when import When
from offers.audience import everybody, read_audience
from offers.campaign import Campaign
from offers.campaign_fit import check_fit
from offers.candidates import Candidate
from offers.chance import dice
from offers.considering import consider
from offers.deciding import decision_of
from offers.desk import Desk
from offers.drafts import Decision
from offers.errors import PlanError
from offers.expected import expect
from offers.lift_report import stopped_by
from offers.market import Market, read_market
from offers.means import Means, read_means, read_user_limits
from offers.pacing import changed, left_alone, once_more, told, waiting
from offers.persons import Persons, spare
from offers.plan_report import PlanReport, report_of
from offers.responses import read_responses
from offers.spending import Spending, spend
from settings import Settings

BATCH = 500
NOBODY = Persons()
"""Everybody has one id."""
Progress = Callable[[int, int], None]
"""(users done, users in all)."""


def plan(
    settings: Settings,
    ranker: Ranker,
    campaign: Campaign,
    for_date: date,
    now: datetime,
    desk: Desk,
    progress: Progress | None = None,
    when: When | None = None,
    response: Response | None = None,
    allows: Callable[[str], bool] = everybody,
    persons: Persons = NOBODY,
    again: bool = False,
) -> PlanReport:
    """Plan `for_date` (each store's own day) and issue. No `when`: counted visits; no `response`: the prior's slope. allows: who
    may be sent offers; persons: whose the ids are; again: as `pacing` says. Raises CampaignError, PlanError, LedgerError."""
    _check_stops(settings, campaign, now, desk)
    market = _market(settings, ranker, campaign, for_date, now)
    audience = read_audience(settings.features, now)
    desk.open(campaign, list(market.stores.values()), now, settings.budget_cents)
    waits = waiting(desk.journal, campaign.id, for_date, persons) if again else {}
    without, n_doubles = left_alone(audience.snapshots, persons, desk.decided(campaign.id, for_date), waits)
    clocks = {name: market.stores[name] for name in market.stores if campaign.stores.takes(name) and market.shelf(name)}
    expected = expect(settings.features, when, audience.usual(without), clocks, for_date, now)
    responses = read_responses(settings.features, response, now, ranker.parts.options.daypart_of_hour)
    candidates = list[Candidate]()
    for person in audience.people(without):
        name = persons.name(person.user_id)
        about = (for_date, now, expected.of(person.user_id), responses, allows(name))
        candidates.append(consider(replace(person, user_id=name), ranker, market, campaign, *about))
        (progress or _silent)(len(candidates), len(audience) - len(without))
    means, candidates = _limited(desk, campaign, market, once_more(candidates, waits), for_date, now, persons)
    spending = spend(candidates, means, campaign.plan.explore_share, dice(campaign.id, for_date, ""))
    shared = (campaign, market, for_date, settings.currency)
    decisions = _decisions(candidates, spending, shared, _versions(ranker, when, response))
    kept = changed(decisions)
    issued = [desk.issue(campaign.id, kept[at : at + BATCH], now) for at in range(0, len(kept), BATCH)]
    notes = (*told(decisions, kept, again), *expected.notes, responses.note)
    n_known, kinds = len(audience) - n_doubles - len(candidates), [candidate.kind for candidate in candidates]
    return report_of(campaign.id, decisions, issued, n_known, means.cents, spending, for_date, notes, kinds)


def _market(settings: Settings, ranker: Ranker, campaign: Campaign, for_date: date, now: datetime) -> Market:
    """What there is to offer, found to fit the campaign."""
    goods = (ranker.product_ids, settings.assumed_cost_share, campaign.products)
    market = read_market(settings.lake, settings.features, *goods, now)
    check_fit(settings, campaign, market, for_date, now)
    return market


def _check_stops(settings: Settings, campaign: Campaign, now: datetime, desk: Desk) -> None:
    """PlanError for a campaign that is stopped by hand, or by a rule of its own."""
    if campaign.stopped:
        # Its account is told too: a stop pays nothing more, whatever was sent.
        desk.open(campaign, [], now, settings.budget_cents)
        raise PlanError(f"campaign {campaign.id} is stopped; set stopped = false in its file to plan it")
    if told := stopped_by(settings.home, campaign.id, campaign.stop):
        raise PlanError(f"campaign {campaign.id} stops by its own rules: {told}; change [stop] in its file to plan it")


def _limited(
    desk: Desk,
    campaign: Campaign,
    market: Market,
    candidates: list[Candidate],
    for_date: date,
    now: datetime,
    persons: Persons,
) -> tuple[Means, list[Candidate]]:
    """What may be used, and the candidates by user id with what each may still have."""
    candidates = sorted(candidates, key=lambda candidate: candidate.user_id)
    usual = {candidate.store_id for candidate in candidates if candidate.store_id is not None}
    with desk.journal.read() as connection:
        means = read_means(connection, campaign.id, market, usual, for_date, now)
        left = read_user_limits(connection, campaign, [candidate.user_id for candidate in candidates], now)
        candidates = spare(connection, candidates, persons, campaign.plan.holdout_share)
    return means, [candidate.within(left.get(candidate.user_id)) for candidate in candidates]


def _decisions(
    candidates: list[Candidate], spending: Spending, shared: tuple[Campaign, Market, date, str], version: str
) -> list[Decision]:
    """One a candidate. shared: what is the same for all of them, as `decision_of` takes it."""
    rows = zip(candidates, *spending.rows, strict=True)
    return [decision_of(candidate, arm, *shared, version, chance, refused) for candidate, arm, chance, refused in rows]


def _versions(ranker: Ranker, when: When | None, response: Response | None) -> str:
    """Of the models that decided."""
    return "+".join(model.version for model in (ranker, when, response) if model is not None)


def _silent(done: int, total: int) -> None:
    """Nobody watches."""
