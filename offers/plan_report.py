"""What a plan tells whoever asked for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from offers.drafts import Decision, Issued
from offers.spending import Spending

SAMPLE = 10
NO_MONEY = "no money is left to promise, so nothing is sent; raise budget.granted_cents or wait"


@dataclass(frozen=True)
class PlanReport:
    """What a plan did. Money in cents; value and bound are expected incremental margin, fractions of a cent allowed."""

    campaign_id: str
    for_date: date
    n_considered: int
    n_known: int
    """Users decided for this date by an earlier plan and left alone."""
    n_again: int
    """Users decided before and weighed again, as money or stock had left them without an offer."""
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
    n_explored: int
    """People for whom chance drew what was sent, or nothing; value, cost and bound count that as it is expected."""
    reasons_not: Mapping[str, int]
    kinds: Mapping[str, int]
    """People by how offers move them most likely (`models.response_kinds`); empty while nothing was learned."""
    notes: Sequence[str]
    """What whoever reads the report should know first."""
    sample: Sequence[tuple[str, str, Mapping[str, str]]]
    """A few issued: (user_id, product_id, text by locale)."""


def report_of(
    campaign_id: str,
    decisions: Sequence[Decision],
    issued: Sequence[Issued],
    n_known: int,
    budget: int,
    spending: Spending,
    for_date: date,
    notes: Sequence[str],
    kinds: Iterable[str | None] = (),
) -> PlanReport:
    """Of what was decided and became of it. budget: cents when the plan began; n_known: users left alone; notes: more to tell;
    kinds: of the users considered."""
    choice, tried = spending.choice, spending.tried
    reasons = Counter(decision.reason for decision in decisions if decision.reason is not None)
    for part in issued:
        reasons.update(part.refused)
    sent = [decision for decision in decisions if decision.terms is not None]
    return PlanReport(
        campaign_id=campaign_id,
        for_date=for_date,
        n_considered=len(decisions),
        n_known=n_known,
        n_again=sum(decision.again > 0 for decision in decisions),
        n_issued=sum(part.n_issued for part in issued),
        value_cents=choice.value_cents + tried.value_cents,
        cost_cents=choice.cost_cents + tried.cost_cents,
        budget_cents=budget,
        bound_cents=choice.bound_cents + tried.value_cents,
        gap=choice.gap,
        price=choice.price,
        store_prices=spending.store_prices,
        exact=choice.exact,
        n_explored=sum(arm is not None for arm in tried.arm),
        reasons_not=dict(sorted(reasons.items())),
        kinds=dict(sorted(Counter(kind for kind in kinds if kind is not None).items())),
        notes=(*(() if budget > 0 else (NO_MONEY,)), *notes),
        sample=[(d.user_id, d.terms.product_id, d.terms.text) for d in sent[:SAMPLE] if d.terms],
    )
