from offers import limits
from offers.issued_terms import coupon_row, terms_of
from offers.ledger import RULES
from tests.offers.desk_world import SOHO, decision, seeded_token


def row(**changes):
    made = decision("ann")
    return {**coupon_row(made, made.terms, "c", "dec_1", {"soho": SOHO}, seeded_token(1)), "seq": 1, **changes}


def test_the_terms_cover_all_that_a_coupon_promises_but_its_user():
    covered = {name for name in row() if terms_of(row(**{name: other(row()[name])})) != terms_of(row())}
    # What entries move, and who it is for: an erasure must be able to reach that.
    moved = {"state", "order_id", "held_until", "order_until", "token_id", "used_day", "units", "returned"}
    assert set(row()) - covered == moved | {"user_id", "offer_id", "campaign_id", "decision_id"}


def other(value):
    if value is None or isinstance(value, str):
        return f"{value}x"
    return value + 1 if isinstance(value, int) else value.replace(second=1)


def test_neither_code_nor_text_stands_in_the_journal():
    told = str(terms_of(row()))
    assert row()["code"] not in told
    assert "latte −" not in told


def test_the_day_of_a_window_is_the_stores():
    late = decision(
        "ann", valid_from=row()["valid_from"].replace(day=5, hour=4), valid_until=row()["valid_until"].replace(day=5)
    )
    made = coupon_row(late, late.terms, "c", "dec_1", {"soho": SOHO}, seeded_token(1))
    assert made["window_day"] == "2025-11-04"
    assert coupon_row(late, late.terms, "c", "dec_1", {}, seeded_token(1))["window_day"] == "2025-11-05"


def test_the_limits_of_money_are_decided_last():
    last = [rule.broken for rule in RULES[-4:]]
    assert last == [limits.below_margin_floor, limits.limit_reached, limits.budget_exhausted, limits.campaign_stopped]
