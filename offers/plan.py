"""The plan: one offer or nothing for every user on one date, the most incremental margin the budget buys.

Users are weighed one by one (`candidates`), the money and the stock are spread over all of them at once (`spending`), and
the decisions go to the desk in batches. A user decided before for the date is left alone, so a plan may be repeated or resumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models.ranker import Ranker
from models.when import When
from offers.audience import read_audience
from offers.campaign import Campaign
from offers.campaign_fit import check_fit
from offers.candidates import Candidate, consider
from offers.deciding import decision_of
from offers.desk import Desk
from offers.drafts import Decision, Issued
from offers.errors import PlanError
from offers.expected import expect
from offers.market import read_market
from offers.means import read_means
from offers.spending import Spending, spend
from settings import Settings

BATCH = 500
SAMPLE = 10
NO_MONEY = "no money is left to promise, so nothing is sent; raise budget.granted_cents or wait"
Progress = Callable[[int, int], None]
"""(users done, users in all)."""


@dataclass(frozen=True)
class PlanReport:
    """What a plan did. Money in cents; value and bound are expected incremental margin, fractions of a cent allowed."""

    campaign_id: str
    for_date: date
    n_considered: int
    n_known: int
    """Users decided for this date by an earlier plan and left alone."""
    n_issued: int
    value_cents: float
    cost_cents: int
    budget_cents: int
    """What could be promised when the plan began: granted less reserve, spent, held and promised."""
    bound_cents: float
    gap: float
    price: float
    """Value the last cent of the budget buys; 0 when it doesn't bind."""
    store_prices: Mapping[str, float]
    """Value the last cent of a store's own budget buys beyond that, of stores whose budget binds."""
    exact: bool
    """Whether it is proven that no plan is worth more."""
    reasons_not: Mapping[str, int]
    notes: Sequence[str]
    """What whoever reads the report should know first."""
    sample: Sequence[tuple[str, str, Mapping[str, str]]]
    """A few issued: (user_id, product_id, text by locale)."""


def plan(
    settings: Settings,
    ranker: Ranker,
    campaign: Campaign,
    for_date: date,
    now: datetime,
    desk: Desk,
    progress: Progress | None = None,
    when: When | None = None,
) -> PlanReport:
    """Plan `for_date` (each store's own calendar day) and issue; without a `when` visits are counted.

    Raises CampaignError, PlanError, LedgerError.
    """
    if campaign.stopped:
        # Its account is told too: a stop pays nothing more, whatever was sent.
        desk.open(campaign, [], now, settings.budget_cents)
        raise PlanError(f"campaign {campaign.id} is stopped; set stopped = false in its file to plan it")
    chosen, share = campaign.products, settings.assumed_cost_share
    market = read_market(settings.lake, settings.features, ranker.product_ids, share, chosen, now)
    check_fit(settings, campaign, market, for_date, now)
    audience = read_audience(settings.features, now)
    desk.open(campaign, list(market.stores.values()), now, settings.budget_cents)
    decided = desk.decided(campaign.id, for_date)
    candidates: list[Candidate] = []
    n_known = len(decided & audience.snapshots.keys())
    n_new = len(audience) - n_known
    clocks = {name: store for name, store in market.stores.items() if campaign.stores.takes(name)}
    usual_of = {user: audience.stores.get(user) for user in audience.snapshots.keys() - decided}
    expected = expect(settings.features, when, usual_of, clocks, for_date, now)
    for person in audience.people(decided):
        candidates.append(consider(person, ranker, market, campaign, for_date, now, expected.of(person.user_id)))
        if progress:
            progress(len(candidates), n_new)
    candidates.sort(key=lambda candidate: candidate.user_id)
    usual = {candidate.store_id for candidate in candidates if candidate.store_id is not None}
    with desk.journal.read() as connection:
        means = read_means(connection, campaign.id, market, usual, for_date, now)
    spending = spend(candidates, means)
    version = ranker.version if when is None else f"{ranker.version}+{when.version}"
    decisions = [
        decision_of(candidate, arm, campaign, market, for_date, settings.currency, version)
        for candidate, arm in zip(candidates, spending.planned, strict=True)
    ]
    issued = [
        desk.issue(campaign.id, decisions[start : start + BATCH], now) for start in range(0, len(decisions), BATCH)
    ]
    return _report(campaign, decisions, issued, n_known, means.cents, spending, for_date, expected.notes)


def _report(
    campaign: Campaign,
    decisions: Sequence[Decision],
    issued: Sequence[Issued],
    n_known: int,
    budget: int,
    spending: Spending,
    for_date: date,
    notes: Sequence[str],
) -> PlanReport:
    choice = spending.choice
    reasons = Counter(decision.reason for decision in decisions if decision.reason is not None)
    for part in issued:
        reasons.update(part.refused)
    sent = [decision for decision in decisions if decision.terms is not None]
    return PlanReport(
        campaign_id=campaign.id,
        for_date=for_date,
        n_considered=len(decisions),
        n_known=n_known,
        n_issued=sum(part.n_issued for part in issued),
        value_cents=choice.value_cents,
        cost_cents=choice.cost_cents,
        budget_cents=budget,
        bound_cents=choice.bound_cents,
        gap=choice.gap,
        price=choice.price,
        store_prices=spending.store_prices,
        exact=choice.exact,
        reasons_not=dict(sorted(reasons.items())),
        notes=(*(() if budget > 0 else (NO_MONEY,)), *notes),
        sample=[(d.user_id, d.terms.product_id, d.terms.text) for d in sent[:SAMPLE] if d.terms],
    )
