import pytest

from serving.campaign_money import EXACT, budget_in, step_of

MONEY = ("granted", "reserve", "held", "promised", "spent", "overspend", "overspent", "overpaid")


def found(deepest=80, **cents):
    return {"deepest_cents": deepest, **{f"{name}_cents": cents.get(name, 0) for name in MONEY}}


@pytest.mark.parametrize(
    ("scope", "deepest", "step"),
    [("admin", 80, EXACT), ("analyst", 80, 800), ("analyst", 0, EXACT), ("analyst", 1, 10)],
)
def test_a_step_is_ten_of_the_deepest_discounts_but_for_an_administrator(scope, deepest, step):
    assert step_of(found(deepest), scope) == step


@pytest.mark.parametrize(("spent", "told"), [(0, 0), (80, 0), (799, 0), (800, 800), (880, 800), (1600, 1600)])
def test_one_redemption_after_another_shows_ten_at_a_time(spent, told):
    budget = budget_in(found(granted=5001, reserve=7, overspend=3, spent=spent, held=1590, overspent=85), 800)
    assert (budget.spent_cents, budget.held_cents, budget.overspent_cents) == (told, 800, 0)
    assert (budget.granted_cents, budget.reserve_cents, budget.overspend_cents) == (5001, 7, 3)
    assert budget.forecast_cents == told + 800


def test_an_administrator_reads_every_cent():
    budget = budget_in(found(spent=81, held=2, promised=3, overspent=4, overpaid=5), EXACT)
    cents = (
        budget.spent_cents,
        budget.held_cents,
        budget.promised_cents,
        budget.overspent_cents,
        budget.overpaid_cents,
    )
    assert (cents, budget.forecast_cents) == ((81, 2, 3, 4, 5), 86)
